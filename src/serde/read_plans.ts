/** Finds the plan of a message that is read; the one of the message before it is likely to do again. */
import { NotPreparedError } from "../kafka/serialization_error.ts";
import type { ReadingContext } from "./context.ts";
import { isFresh, type MakePlan, Plans } from "./plans.ts";
import type { ReadPlan, ReadPlanner, SchemaName } from "./read_plan.ts";

/** The plans of a deserializer, by topic, field and the writer's schema. */
export class ReadPlans {
  readonly #planner: ReadPlanner<unknown>;
  readonly #plans: Plans<ReadPlan>;
  #last: ReadPlan | null = null;
  #topic: string | undefined;
  #field: string | undefined;

  /** @param ttlMs How long the latest version is believed. */
  constructor(planner: ReadPlanner<unknown>, ttlMs: number) {
    this.#planner = planner;
    this.#plans = new Plans(ttlMs);
  }

  /** The plan, if there is one that is not too old; else null. */
  fresh(name: SchemaName, context: ReadingContext | undefined): ReadPlan | null {
    if (this.#isForLast(name, context)) return this.#last;
    return this.#remember(context, this.#plans.fresh(planKey(name, context)));
  }

  /**
   * The plan, if it need not be waited for.
   *
   * @throws {NotPreparedError} if it does.
   */
  atOnce(name: SchemaName, context: ReadingContext | undefined): ReadPlan {
    if (this.has(name, context)) return this.#last!;
    throw new NotPreparedError("Cannot deserialize at once: the message's schema has to be asked for first");
  }

  /** Whether the plan need not be waited for. */
  has(name: SchemaName, context: ReadingContext | undefined): boolean {
    if (this.#isForLast(name, context)) return true;
    const plan = this.#plans.atOnce(planKey(name, context), this.#make(name, context));
    return this.#remember(context, plan) !== null;
  }

  /** The plan. */
  async get(name: SchemaName, context: ReadingContext | undefined): Promise<ReadPlan> {
    return await this.#plans.get(planKey(name, context), this.#make(name, context));
  }

  /** Forgets them, and what the planner has learned. */
  clear(): void {
    this.#last = null;
    this.#plans.clear();
    this.#planner.clear();
  }

  #isForLast(name: SchemaName, context: ReadingContext | undefined): boolean {
    const last = this.#last;
    return last !== null && last.id === name.id && last.guid === name.guid &&
      context?.topic === this.#topic && context?.field === this.#field &&
      areSame(last.messageIndexes, name.messageIndexes) && isFresh(last);
  }

  #remember(context: ReadingContext | undefined, plan: ReadPlan | null): ReadPlan | null {
    this.#last = plan;
    this.#topic = context?.topic;
    this.#field = context?.field;
    return plan;
  }

  #make({ id, guid, messageIndexes }: SchemaName, context: ReadingContext | undefined): MakePlan<ReadPlan> {
    // Only what a plan is made of: by the time that it is made anew, the message is gone.
    const name = { id, guid, messageIndexes };
    const place = context && { topic: context.topic, field: context.field };
    return async (before) => await this.#planner.plan(name, place, before, () => this.#plans.date());
  }
}

function areSame(one: readonly number[] | null, other: readonly number[] | null): boolean {
  if (one === other) return true;
  if (one === null || other === null || one.length !== other.length) return false;
  return one.every((index, at) => index === other[at]);
}

/** What tells the plans of two messages apart. */
export function planKey({ id, guid, messageIndexes }: SchemaName, context: ReadingContext | undefined): string {
  // A topic may have any character, so it comes last.
  return `${id ?? guid}:${messageIndexes ?? ""}:${context?.field ?? ""}:${context?.topic ?? ""}`;
}

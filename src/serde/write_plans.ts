/** Finds the plan of a message that is written; the one of the message before it is likely to do again. */
import { NotPreparedError } from "../kafka/serialization_error.ts";
import type { WritingContext } from "./context.ts";
import { isFresh, type MakePlan, Plans } from "./plans.ts";
import type { WritePlan, WritePlanner } from "./write_plan.ts";

/** The plans of a serializer, by topic and field. */
export class WritePlans {
  readonly #planner: WritePlanner<unknown>;
  readonly #plans: Plans<WritePlan>;
  #last: WritePlan | null = null;
  #topic: string | undefined;
  #field: string | undefined;

  /** @param ttlMs How long the latest version is believed. */
  constructor(planner: WritePlanner<unknown>, ttlMs: number) {
    this.#planner = planner;
    this.#plans = new Plans(ttlMs);
  }

  /** The plan, if there is one that is not too old; else null. */
  fresh(context: WritingContext | undefined): WritePlan | null {
    if (this.#isForLast(context)) return this.#last;
    return this.#remember(context, this.#plans.fresh(keyOf(context)));
  }

  /**
   * The plan, if it need not be waited for.
   *
   * @throws {NotPreparedError} if it does.
   */
  atOnce(context: WritingContext | undefined): WritePlan {
    if (this.#isForLast(context)) return this.#last!;
    const plan = this.#remember(context, this.#plans.atOnce(keyOf(context), this.#make(context)));
    if (plan !== null) return plan;
    throw new NotPreparedError("Cannot serialize at once: the schema's id has to be asked for first");
  }

  /** The plan. */
  async get(context: WritingContext | undefined): Promise<WritePlan> {
    return await this.#plans.get(keyOf(context), this.#make(context));
  }

  /** Forgets them, and what the planner has learned. */
  clear(): void {
    this.#last = null;
    this.#plans.clear();
    this.#planner.clear();
  }

  #isForLast(context: WritingContext | undefined): boolean {
    const last = this.#last;
    return last !== null && context?.topic === this.#topic && context?.field === this.#field && isFresh(last);
  }

  #remember(context: WritingContext | undefined, plan: WritePlan | null): WritePlan | null {
    this.#last = plan;
    this.#topic = context?.topic;
    this.#field = context?.field;
    return plan;
  }

  #make(context: WritingContext | undefined): MakePlan<WritePlan> {
    // Only what a plan is made of: by the time that it is made anew, the message is gone.
    const place = context && { topic: context.topic, field: context.field };
    return async (before) => await this.#planner.plan(place, before, () => this.#plans.date());
  }
}

function keyOf(context: WritingContext | undefined): string {
  return context === undefined ? "" : `${context.field}:${context.topic}`;
}

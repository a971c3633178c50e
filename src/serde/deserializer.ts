/**
 * What the deserializers of all formats are: one finds a plan for a schema's id, and after that nothing has to be
 * waited for.
 */
import type { Deserializer } from "../kafka/serialization.ts";
import { NotPreparedError, SerializationError } from "../kafka/serialization_error.ts";
import { perform, type Work } from "../kafka/work.ts";
import type { SchemaType } from "../schema_registry/schema.ts";
import { performAtOnce } from "./at_once.ts";
import type { DeserializerConfig } from "./config.ts";
import type { ReadingContext } from "./context.ts";
import { readingFailure } from "./failures.ts";
import { latestTtlMs } from "./latest.ts";
import { type ReadPlan, ReadPlanner, type ReadPlannerOptions, UnplannedError } from "./read_plan.ts";
import { planKey, ReadPlans } from "./read_plans.ts";
import { sideBySide } from "./side_by_side.ts";
import { messageOf, type RuleOptions, ruleRegistryOf } from "./rule_options.ts";
import { executeRules } from "./rules/engine.ts";
import { migrate } from "./rules/migrations.ts";
import type { FoundSchemaId } from "./schema_id.ts";
import { dualSchemaIdDeserializer, type SchemaIdDeserializer } from "./wire.ts";

/** How many schemas are asked for at a time. Anybody who can write to a topic chooses how many a batch names. */
const maxLookups = 32;

/** The options that the deserializers of all formats have. */
export interface DeserializerOptions<T> extends DeserializerConfig, RuleOptions {
  /**
   * Makes a value of what the format gives. Default: it stays that.
   *
   * Source: `from_dict` in confluent-kafka-python.
   */
  readonly fromDict?: ((plain: unknown, context: ReadingContext | undefined) => T) | null;
}

/** What the deserializer of a format hands to {@link SchemaDeserializer}. */
export type DeserializerParts<T> =
  & Omit<ReadPlannerOptions<unknown>, "config" | "ruleRegistry">
  & { readonly options: DeserializerOptions<T> };

/**
 * Deserializes messages with the schemas of a Schema Registry that they name: `AvroDeserializer`, `JsonDeserializer`
 * and `ProtobufDeserializer` are made of it.
 *
 * The first message of a topic with a schema waits until that is known. From then on {@link deserializeSync} works too,
 * which never waits, and throws a `NotPreparedError` where it would have to. Null stays null, and nothing is asked for
 * it.
 *
 * @example Deserialize many messages without a promise for each
 * ```ts
 * import type { SchemaDeserializer } from "@kafka-ffi/kafka/avro";
 *
 * async function deserializeAll<T>(deserializer: SchemaDeserializer<T>, all: readonly Uint8Array[]): Promise<T[]> {
 *   const context = { topic: "orders", field: "value" } as const;
 *   await deserializer.prepareAll(all.map((data) => ({ data, context })));
 *   return all.map((data) => deserializer.deserializeSync(data, context));
 * }
 * ```
 */
export class SchemaDeserializer<T = unknown> implements Deserializer<T> {
  readonly #plans: ReadPlans;
  readonly #type: SchemaType;
  readonly #fromDict: DeserializerOptions<T>["fromDict"];
  readonly #idDeserializer: SchemaIdDeserializer;
  /** Why {@link prepareAll} could not find a message's schema, by its bytes. */
  readonly #unprepared = new WeakMap<Uint8Array, unknown>();

  /** Makes a deserializer of a format and what is to be done with it. */
  constructor({ options, ...parts }: DeserializerParts<T>) {
    const { registry, format } = parts;
    const planner = new ReadPlanner({ ...parts, config: options, ruleRegistry: ruleRegistryOf(registry, options) });
    this.#plans = new ReadPlans(planner, latestTtlMs(registry));
    this.#type = format.type;
    this.#fromDict = options.fromDict;
    this.#idDeserializer = options["schema.id.deserializer"] ?? dualSchemaIdDeserializer;
  }

  /**
   * Gives the value of a message's bytes. Bytes within it are views of them, which a message that was read shares with
   * others.
   *
   * @param context May be left out where the name of the subject needs no topic.
   * @throws {SerializationError} if the bytes are no message of the schema, a rule refuses it, or there is no such
   * schema; with the `SchemaRegistryError` as the cause if that is the registry's word.
   */
  deserialize(data: Uint8Array, context?: ReadingContext): Promise<T> {
    if (data === null || data === undefined) return Promise.resolve(null as never);
    let found: FoundSchemaId | null = null;
    let plan: ReadPlan | null = null;
    // An async function costs more than the promise of a value that is there already.
    try {
      found = this.#idDeserializer(data, context, this.#type);
      plan = this.#plans.fresh(found, context);
      if (plan !== null && !hasSteps(plan)) {
        return Promise.resolve(this.#shaped(read(plan, data, found.payloadStart), context));
      }
    } catch (error) {
      return Promise.reject(failureOf(error, context, plan, found));
    }
    return this.#deserializeInSteps(plan, found, data, context);
  }

  /**
   * Gives the value of a message's bytes at once.
   *
   * @throws {NotPreparedError} if the plan for the schema, or a rule, has to be waited for: {@link deserialize} does
   * that, and for the plan {@link prepare}.
   */
  deserializeSync(data: Uint8Array, context?: ReadingContext): T {
    if (data === null || data === undefined) return null as never;
    let found: FoundSchemaId | null = null;
    let plan: ReadPlan | null = null;
    try {
      found = this.#idDeserializer(data, context, this.#type);
      plan = this.#plans.atOnce(found, context);
      const plain = hasSteps(plan)
        ? performAtOnce(readBySteps(plan, data, found.payloadStart, context))
        : read(plan, data, found.payloadStart);
      return this.#shaped(plain, context);
    } catch (error) {
      const reason = plan === null && error instanceof NotPreparedError ? this.#unprepared.get(data) ?? error : error;
      throw failureOf(reason, context, plan, found);
    }
  }

  /**
   * Finds out what has to be known to deserialize messages with the same schema as this one, of which only the id is
   * looked at, so that {@link deserializeSync} need not wait for it. Nothing is waited for where it is known.
   *
   * @throws {SerializationError} if the message names no schema, or the registry gives no answer that can be used.
   */
  async prepare(data: Uint8Array, context?: ReadingContext): Promise<void> {
    if (data === null || data === undefined) return;
    let found: FoundSchemaId | null = null;
    try {
      found = this.#idDeserializer(data, context, this.#type);
      if (this.#plans.fresh(found, context) === null) await this.#plans.get(found, context);
    } catch (error) {
      throw failureOf(error, context, null, found);
    }
  }

  /**
   * Finds out what has to be known to deserialize many messages, of which only the ids are looked at: what is not known is asked
   * for side by side, and each once.
   *
   * A message that names no schema, or one that the registry does not give, fails when it is deserialized; then
   * {@link deserializeSync} gives the registry's error for these same bytes.
   *
   * @returns A promise that is never rejected; nothing if nothing has to be waited for.
   */
  prepareAll(
    messages: Iterable<{ readonly data: Uint8Array; readonly context?: ReadingContext }>,
  ): void | Promise<void> {
    const lookups = new Map<string, Lookup>();
    for (const { data, context } of messages) {
      const name = this.#nameIn(data, context);
      if (name === null || this.#plans.has(name, context)) continue;
      const key = planKey(name, context);
      const lookup = lookups.get(key);
      if (lookup === undefined) lookups.set(key, { name, context, all: [data] });
      else lookup.all.push(data);
    }
    if (lookups.size > 0) return this.#lookUpAll(lookups.values());
  }

  /** By what a message names its schema; null if it does not, which it is told when it is deserialized. */
  #nameIn(data: Uint8Array, context: ReadingContext | undefined): FoundSchemaId | null {
    try {
      return data === null || data === undefined ? null : this.#idDeserializer(data, context, this.#type);
    } catch {
      return null;
    }
  }

  async #lookUpAll(lookups: Iterable<Lookup>): Promise<void> {
    await sideBySide(lookups, maxLookups, async ({ name, context, all }) => {
      try {
        await this.#plans.get(name, context);
      } catch (error) {
        for (const data of all) this.#unprepared.set(data, error);
      }
    });
  }

  /** Forgets what was found out. The client has caches of its own, which its `clearCaches` clears. */
  clearCaches(): void {
    this.#plans.clear();
  }

  /** The way with something to wait for. */
  async #deserializeInSteps(
    fresh: ReadPlan | null,
    found: FoundSchemaId,
    data: Uint8Array,
    context: ReadingContext | undefined,
  ): Promise<T> {
    let plan = fresh;
    try {
      plan ??= await this.#plans.get(found, context);
      const plain = hasSteps(plan)
        ? await perform(readBySteps(plan, data, found.payloadStart, context))
        : read(plan, data, found.payloadStart);
      return this.#shaped(plain, context);
    } catch (error) {
      throw failureOf(error, context, plan, found);
    }
  }

  #shaped(plain: unknown, context: ReadingContext | undefined): T {
    return this.#fromDict ? this.#fromDict(plain, context) : plain as T;
  }
}

/** A schema that has to be asked for, and the messages that name it. */
interface Lookup {
  readonly name: FoundSchemaId;
  readonly context: ReadingContext | undefined;
  readonly all: Uint8Array[];
}

function read(plan: ReadPlan, data: Uint8Array, start: number): unknown {
  const value = plan.decode(data, start);
  if (plan.validate !== null) plan.validate(value);
  return value;
}

/** The same with rules, and with the steps from the writer's version to the reader's. */
function* readBySteps(
  plan: ReadPlan,
  data: Uint8Array,
  start: number,
  context: ReadingContext | undefined,
): Work<unknown> {
  const message = messageOf(context);
  let value: unknown;
  if (plan.encodingRules === null) {
    value = plan.decode(data, start);
  } else {
    const payload = yield* executeRules(plan.encodingRules, message, data.subarray(start));
    if (!(payload instanceof Uint8Array)) {
      throw new SerializationError("Cannot go on: the rules for the payload gave no bytes");
    }
    value = plan.decode(payload, 0);
  }
  if (plan.migration !== null) {
    const { steps, toPlain, fromPlain } = plan.migration;
    value = fromPlain(yield* migrate(steps, message, toPlain(value)));
  }
  plan.checkBefore?.(value);
  if (plan.domainRules !== null) value = yield* executeRules(plan.domainRules, message, value);
  plan.validate?.(value);
  return value;
}

function hasSteps(plan: ReadPlan): boolean {
  return plan.encodingRules !== null || plan.migration !== null || plan.domainRules !== null;
}

function failureOf(
  error: unknown,
  context: ReadingContext | undefined,
  plan: ReadPlan | null,
  found: FoundSchemaId | null,
): SerializationError {
  const schemaId = found?.id ?? null;
  if (!(error instanceof UnplannedError)) {
    return readingFailure(error, context, { subject: plan?.subject ?? null, schemaId });
  }
  return readingFailure(error.cause, context, { subject: error.subject, schemaId });
}

/**
 * What the serializers of all formats are: one finds a plan for a topic, and after that nothing has to be waited for.
 */
import type { Serializer } from "../kafka/serialization.ts";
import { SerializationError } from "../kafka/serialization_error.ts";
import { perform, type Work } from "../kafka/work.ts";
import { performAtOnce } from "./at_once.ts";
import type { SerializerConfig } from "./config.ts";
import type { WritingContext } from "./context.ts";
import { type SchemaFacts, writingFailure } from "./failures.ts";
import { latestTtlMs } from "./latest.ts";
import { NoRoomError, Output } from "./output.ts";
import { messageOf, type RuleOptions, ruleRegistryOf } from "./rule_options.ts";
import { executeRules } from "./rules/engine.ts";
import { Slab } from "./slab.ts";
import { prefixSchemaIdSerializer, type SchemaIdSerializer } from "./wire.ts";
import { type WriteForm, type WritePlan, WritePlanner, type WritePlannerOptions } from "./write_plan.ts";
import { WritePlans } from "./write_plans.ts";

/** The options that the serializers of all formats have. */
export interface SerializerOptions<T> extends SerializerConfig, RuleOptions {
  /**
   * Gives a value as the format takes it. Default: it is that already.
   *
   * Source: `to_dict` in confluent-kafka-python.
   */
  readonly toDict?: ((value: T, context: WritingContext | undefined) => unknown) | null;
}

/** What the serializer of a format hands to {@link SchemaSerializer}. */
export type SerializerParts<T> =
  & Omit<WritePlannerOptions<unknown>, "config" | "ruleRegistry">
  & { readonly options: SerializerOptions<T> };

/**
 * Serializes values with schemas of a Schema Registry: `AvroSerializer`, `JsonSerializer` and `ProtobufSerializer` are
 * made of it.
 *
 * The first value for a topic waits until its subject, schema, id and rules are known: a few requests, however many ask
 * at the same time. From then on {@link serializeSync} and {@link encodeInto} work too, which never wait, and throw a
 * `NotPreparedError` where they would have to. Null and undefined stay null, and nothing is asked for them.
 *
 * The rules of a schema run where the registry says which schema is written (`"use.latest.version"`,
 * `"use.latest.with.metadata"`, `"use.schema.id"`), as in confluent-kafka-python.
 *
 * @example Serialize many values without a promise for each
 * ```ts
 * import type { SchemaSerializer } from "@kafka-ffi/kafka/avro";
 *
 * async function serializeAll<T>(serializer: SchemaSerializer<T>, values: readonly T[]): Promise<Uint8Array[]> {
 *   const context = { topic: "orders", field: "value" } as const;
 *   await serializer.prepare(context);
 *   return values.map((value) => serializer.serializeSync(value, context));
 * }
 * ```
 */
export class SchemaSerializer<T = unknown> implements Serializer<T> {
  readonly #plans: WritePlans;
  readonly #toDict: SerializerOptions<T>["toDict"];
  readonly #idSerializer: SchemaIdSerializer;
  readonly #slab = new Slab();
  /** Over the caller's memory that was written to last, which is likely to come again; null while it is in use. */
  #target: Output | null = null;

  /** Makes a serializer of a format and what is to be done with it. */
  constructor({ options, ...parts }: SerializerParts<T>) {
    const { registry } = parts;
    const planner = new WritePlanner({ ...parts, config: options, ruleRegistry: ruleRegistryOf(registry, options) });
    this.#plans = new WritePlans(planner, latestTtlMs(registry));
    this.#toDict = options.toDict;
    this.#idSerializer = options["schema.id.serializer"] ?? prefixSchemaIdSerializer;
  }

  /**
   * Gives the bytes of a value. They are a view of memory that messages share: copy them where they are kept for long,
   * or where their `buffer` is used.
   *
   * @param context May be left out where the name of the subject needs no topic.
   * @throws {SerializationError} if the value does not fit the schema or a rule refuses it; or if the registry does,
   * with its `SchemaRegistryError` as the cause.
   */
  serialize(value: T, context?: WritingContext): Promise<Uint8Array<ArrayBuffer>> {
    if (value === null || value === undefined) return Promise.resolve(null as never);
    let plan: WritePlan | null = null;
    // An async function costs more than the promise of a value that is there already.
    try {
      plan = this.#plans.fresh(context);
      if (plan !== null && !hasRules(plan)) {
        const body = this.#bodyOf(plan, value, context);
        return Promise.resolve(this.#bytesOf(formOf(plan, body), body, context));
      }
    } catch (error) {
      return Promise.reject(writingFailure(error, context, factsOf(plan)));
    }
    return this.#serializeInSteps(plan, value, context);
  }

  /**
   * Gives the bytes of a value at once.
   *
   * @throws {NotPreparedError} if the plan for the topic, or a rule, has to be waited for: {@link serialize} does that,
   * and for the plan {@link prepare}.
   */
  serializeSync(value: T, context?: WritingContext): Uint8Array<ArrayBuffer> {
    if (value === null || value === undefined) return null as never;
    let plan: WritePlan | null = null;
    try {
      plan = this.#plans.atOnce(context);
      if (hasRules(plan)) return performAtOnce(this.#bytesByRules(plan, value, context));
      const body = this.#bodyOf(plan, value, context);
      return this.#bytesOf(formOf(plan, body), body, context);
    } catch (error) {
      throw writingFailure(error, context, factsOf(plan));
    }
  }

  /**
   * Writes the bytes of a value into the caller's memory at once, and gives their number. A value that is null has
   * none: do not ask for it.
   *
   * @param offset Where in the target they begin.
   * @throws {NotPreparedError} as {@link serializeSync} does.
   * @throws {RangeError} if the target has no room for them. What is behind the offset may have been written to.
   */
  encodeInto(
    value: T,
    context: WritingContext | undefined,
    target: Uint8Array<ArrayBuffer>,
    offset: number,
  ): number {
    let plan: WritePlan | null = null;
    try {
      plan = this.#plans.atOnce(context);
      if (hasRules(plan)) {
        return copyInto(performAtOnce(this.#bytesByRules(plan, value, context)), target, offset);
      }
      const body = this.#bodyOf(plan, value, context);
      return this.#writeInto(formOf(plan, body), body, context, target, offset);
    } catch (error) {
      if (error instanceof NoRoomError) throw error;
      throw writingFailure(error, context, factsOf(plan));
    }
  }

  /**
   * Finds out what has to be known to serialize values of a topic's field, so that {@link serializeSync} need not wait
   * for it.
   *
   * @throws {SerializationError} if the registry gives no answer, or one that cannot be used.
   */
  async prepare(context?: WritingContext): Promise<void> {
    try {
      await this.#plans.get(context);
    } catch (error) {
      throw writingFailure(error, context, null);
    }
  }

  /** Forgets what was found out. The client has caches of its own, which its `clearCaches` clears. */
  clearCaches(): void {
    this.#plans.clear();
  }

  /** The way with something to wait for. */
  async #serializeInSteps(
    fresh: WritePlan | null,
    value: T,
    context: WritingContext | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    let plan = fresh;
    try {
      plan ??= await this.#plans.get(context);
      if (hasRules(plan)) return await perform(this.#bytesByRules(plan, value, context));
      const body = this.#bodyOf(plan, value, context);
      return this.#bytesOf(formOf(plan, body), body, context);
    } catch (error) {
      throw writingFailure(error, context, factsOf(plan));
    }
  }

  /** The value as the format takes it, which the schema allows. */
  #bodyOf(plan: WritePlan, value: T, context: WritingContext | undefined): unknown {
    const body: unknown = this.#toDict ? this.#toDict(value, context) : value;
    if (plan.validate !== null) plan.validate(body);
    return body;
  }

  *#bytesByRules(
    plan: WritePlan,
    value: T,
    context: WritingContext | undefined,
  ): Work<Uint8Array<ArrayBuffer>> {
    const message = messageOf(context);
    let body: unknown = this.#toDict ? this.#toDict(value, context) : value;
    plan.checkBefore?.(body);
    if (plan.domainRules !== null) body = yield* executeRules(plan.domainRules, message, body);
    plan.validate?.(body);
    const form = formOf(plan, body);
    if (plan.encodingRules === null) return this.#bytesOf(form, body, context);
    const encoded = this.#bytesOf({ schemaId: null, encode: form.encode }, body, context);
    const payload = yield* executeRules(plan.encodingRules, message, encoded);
    return this.#bytesOf({ schemaId: form.schemaId, encode: writeBytes }, payload, context);
  }

  #bytesOf(form: Form, body: unknown, context: WritingContext | undefined): Uint8Array<ArrayBuffer> {
    const output = this.#slab.take();
    const start = output.at;
    try {
      this.#write(form, body, context, output);
    } catch (error) {
      this.#slab.drop(output, start);
      throw error;
    }
    return this.#slab.finish(output, start);
  }

  #writeInto(
    form: Form,
    body: unknown,
    context: WritingContext | undefined,
    target: Uint8Array<ArrayBuffer>,
    offset: number,
  ): number {
    const output = this.#outputOver(target);
    output.at = offset;
    try {
      this.#write(form, body, context, output);
    } catch (error) {
      if (!(error instanceof NoRoomError)) throw error;
      // An encoder asks for more room than most values need: near the end it may yet do.
      return copyInto(this.#bytesOf(form, body, context), target, offset);
    }
    this.#target = output;
    return output.at - offset;
  }

  #write({ schemaId, encode }: Form, body: unknown, context: WritingContext | undefined, output: Output): void {
    if (schemaId !== null) writeShort(this.#idSerializer(schemaId, context), output);
    encode(body, output);
  }

  #outputOver(target: Uint8Array<ArrayBuffer>): Output {
    const output = this.#target;
    this.#target = null;
    return output?.bytes === target ? output : new Output(target);
  }
}

/** How a value is written; without an id only its payload is. */
type Form = Pick<WriteForm, "encode"> & { readonly schemaId: WriteForm["schemaId"] | null };

function formOf(plan: WritePlan, body: unknown): WriteForm {
  return plan.formFor === null ? plan : plan.formFor(body);
}

function copyInto(bytes: Uint8Array, target: Uint8Array, offset: number): number {
  if (bytes.length > target.length - offset) throw new NoRoomError();
  target.set(bytes, offset);
  return bytes.length;
}

/** Writes what the rules for the payload have made of it. */
function writeBytes(payload: unknown, output: Output): void {
  if (!(payload instanceof Uint8Array)) {
    throw new SerializationError("Cannot go on: the rules for the payload gave no bytes");
  }
  output.write(payload);
}

function hasRules(plan: WritePlan): boolean {
  return plan.domainRules !== null || plan.encodingRules !== null;
}

function factsOf(plan: WritePlan | null): SchemaFacts | null {
  return plan === null ? null : { subject: plan.subject, schemaId: plan.schemaId.id };
}

/** A loop is faster than `set`, which has to be set up for each call. */
function writeShort(bytes: Uint8Array, output: Output): void {
  output.reserve(bytes.length);
  const { bytes: target, at } = output;
  for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!;
  output.at = at + bytes.length;
}

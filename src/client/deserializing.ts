/** What becomes of a message that was read: its key and value in the reader's own types, or what the policy says. */
import { HandlerError } from "../kafka/error.ts";
import type { Header, Message } from "../kafka/message.ts";
import type { DeserializationContext, Deserializer, MessageField } from "../kafka/serialization.ts";
import {
  type DeserializationError,
  KeyDeserializationError,
  NotPreparedError,
  SerializationError,
  ValueDeserializationError,
} from "../kafka/serialization_error.ts";
import { describe } from "../native/scratch.ts";
import type { Client } from "./client.ts";
import { checkSerde } from "./serdes.ts";
import { isPromise } from "../kafka/promise.ts";

/**
 * What becomes of a message that cannot be deserialized: the reading call fails with the error (`"throw"`), the message is left
 * out (`"skip"`), or it is handed over as it was read, with the error (`"raw"`).
 *
 * `"raw"` is only there for a reader whose types allow for bytes, as in `Consumer<string | Uint8Array, Order | Uint8Array>`.
 */
export type DeserializationAnswer<K = unknown, V = unknown> =
  | "throw"
  | "skip"
  | (Uint8Array extends K ? Uint8Array extends V ? "raw" : never : never);

/** The options of a reader that say what keys and values are; `K` and `V` are inferred from them. */
export interface DeserializingOptions<K = Uint8Array, V = Uint8Array> {
  /**
   * Turns the bytes of keys into what `message.key` is, such as one of {@link Serdes}. Default: keys are bytes.
   *
   * Source: `key.deserializer` of `DeserializingConsumer` in confluent-kafka-python.
   */
  readonly keyDeserializer?: Deserializer<K>;
  /** Turns the bytes of values into what `message.value` is. Default: values are bytes. */
  readonly valueDeserializer?: Deserializer<V>;
  /**
   * Says what becomes of a message that cannot be deserialized, or decides for each. Default: `"throw"`.
   *
   * - `"throw"`: the reading call is rejected with a {@link KeyDeserializationError} or {@link ValueDeserializationError}. The
   *   messages before it come first, in a call of their own. The error stands for its message: who reads on gets what comes
   *   after it, and the message counts as done then; who stops there gets it again next time.
   * - `"skip"`: the message is not handed over, and counts as done. `onError` is told.
   * - `"raw"`: the message is handed over with its key and value as bytes and the error as its `error`. The types have to allow
   *   for it: `Consumer<string | Uint8Array, Order | Uint8Array>`.
   *
   * A function may be asynchronous, to send the message elsewhere first; reading waits for it. It is told once of each message,
   * before the reader comes to it. When it throws itself, `onError` is told and its answer is `"throw"`.
   */
  readonly onDeserializationError?:
    | DeserializationAnswer<K, V>
    | ((
      error: DeserializationError,
      message: Message,
    ) => DeserializationAnswer<K, V> | Promise<DeserializationAnswer<K, V>>);
}

/** A message of types that only its reader knows. */
export type AnyMessage = Message<unknown, unknown>;

/** The message for the reader; null if it is skipped; or the error that the reading call is to throw. */
export type Outcome = AnyMessage | null | DeserializationError;

/** Makes a message with another key and value; `error` says why these are still bytes. */
export type Remake = (raw: Message, key: unknown, value: unknown, error?: DeserializationError) => AnyMessage;

/** Thrown where a deserializer has to prepare for a message first. */
const unprepared = new NotPreparedError();

/** A reader's deserializers, and its policy. */
export class Deserializing {
  readonly #client: Client;
  readonly #key: Deserializer<unknown> | undefined;
  readonly #value: Deserializer<unknown> | undefined;
  readonly #policy: DeserializingOptions<unknown, unknown>["onDeserializationError"];
  readonly #remake: Remake;

  constructor(client: Client, options: DeserializingOptions<unknown, unknown>, remake: Remake) {
    this.#client = client;
    this.#key = options.keyDeserializer ?? undefined;
    this.#value = options.valueDeserializer ?? undefined;
    this.#policy = options.onDeserializationError;
    this.#remake = remake;
  }

  /**
   * What becomes of a message, or nothing if a deserializer that can prepare for many at once has to for this one: see
   * {@link prepare}.
   */
  attempt(raw: Message): Outcome | Promise<Outcome> | undefined {
    return this.#outcome(raw, !this.#client.blocks);
  }

  /** What becomes of a message: a promise only if something has to be waited for, and never one that is rejected. */
  outcome(raw: Message): Outcome | Promise<Outcome> {
    return this.#outcome(raw, false) as Outcome | Promise<Outcome>;
  }

  /** What becomes of many messages. What has to be known for them is found out together. */
  async outcomes(raws: readonly Message[]): Promise<Outcome[]> {
    const attempts = raws.map((raw) => this.attempt(raw));
    await this.prepare(raws.filter((_, i) => attempts[i] === undefined));
    return await Promise.all(raws.map((raw, i) => attempts[i] === undefined ? this.outcome(raw) : attempts[i]));
  }

  /** Lets the deserializers prepare for messages. The promise is never rejected; there is none if there is nothing to wait for. */
  prepare(raws: readonly Message[]): Promise<void> | undefined {
    const promises = [this.#prepare(this.#key, "key", raws), this.#prepare(this.#value, "value", raws)]
      .filter(isPromise);
    return promises.length === 0 ? undefined : Promise.allSettled(promises).then(() => {});
  }

  #prepare(deserializer: Deserializer<unknown> | undefined, field: MessageField, raws: readonly Message[]): unknown {
    if (raws.length === 0 || deserializer?.prepareAll === undefined) return undefined;
    const messages: { readonly data: Uint8Array; readonly context: DeserializationContext }[] = [];
    for (const raw of raws) {
      const data = raw[field];
      if (data !== null) messages.push({ data, context: new ReadingContext(field, raw) });
    }
    try {
      return messages.length === 0 ? undefined : deserializer.prepareAll(messages);
    } catch {
      // Whatever it is, deserializing says it of the message that it is about.
      return undefined;
    }
  }

  #outcome(raw: Message, mayPrepare: boolean): Outcome | Promise<Outcome> | undefined {
    let key: unknown;
    try {
      key = this.#read(this.#key, raw.key, "key", raw, mayPrepare);
    } catch (cause) {
      return cause === unprepared ? undefined : this.#failed(new KeyDeserializationError(raw, cause));
    }
    if (isPromise(key)) return this.#afterKey(raw, key);
    return this.#valueOf(raw, key, mayPrepare);
  }

  async #afterKey(raw: Message, key: Promise<unknown>): Promise<Outcome> {
    let done: unknown;
    try {
      done = await key;
    } catch (cause) {
      return await this.#failed(new KeyDeserializationError(raw, cause));
    }
    return await this.#valueOf(raw, done, false) as Outcome;
  }

  #valueOf(raw: Message, key: unknown, mayPrepare: boolean): Outcome | Promise<Outcome> | undefined {
    let value: unknown;
    try {
      value = this.#read(this.#value, raw.value, "value", raw, mayPrepare);
    } catch (cause) {
      return cause === unprepared ? undefined : this.#failed(new ValueDeserializationError(raw, cause));
    }
    if (!isPromise(value)) return this.#remake(raw, key, value);
    return Promise.resolve(value).then(
      (value) => this.#remake(raw, key, value),
      (cause) => this.#failed(new ValueDeserializationError(raw, cause)),
    );
  }

  #read(
    deserializer: Deserializer<unknown> | undefined,
    data: Uint8Array | null,
    field: MessageField,
    raw: Message,
    mayPrepare: boolean,
  ): unknown {
    if (data === null || deserializer === undefined) return data;
    const value = deserializeSoon(deserializer, data, new ReadingContext(field, raw), mayPrepare);
    if (!this.#client.blocks || !isPromise(value)) return value;
    Promise.resolve(value).catch(() => {});
    throw new SerializationError("it has to be waited for, and this client blocks");
  }

  /** Asks the policy. */
  #failed(error: DeserializationError): Outcome | Promise<Outcome> {
    const policy = this.#policy;
    if (typeof policy !== "function") {
      // Nobody else would ever hear of it.
      if (policy === "skip") this.#client.reportError(error);
      return this.#answered(error, policy);
    }
    const broken = (cause: unknown): Outcome => {
      this.#client.reportError(new HandlerError("onDeserializationError", cause));
      return error;
    };
    try {
      const answer = policy(error, error.raw);
      if (!isPromise(answer)) return this.#answered(error, answer);
      if (this.#client.blocks) return broken(new TypeError("it gave a promise to a client that blocks"));
      return Promise.resolve(answer).then((answer) => this.#answered(error, answer)).catch(broken);
    } catch (cause) {
      return broken(cause);
    }
  }

  #answered(error: DeserializationError, answer: DeserializationAnswer | undefined): Outcome {
    if (answer === "skip") return null;
    const { raw } = error;
    return answer === "raw" ? this.#remake(raw, raw.key, raw.value, error) : error;
  }
}

/** Whether there is something to deserialize. */
export function hasDeserializers(options: DeserializingOptions<unknown, unknown>): boolean {
  return (options.keyDeserializer ?? options.valueDeserializer ?? null) !== null;
}

/**
 * Checks the options before a client is opened.
 *
 * @throws {TypeError} naming the option that cannot be used.
 */
export function checkDeserializing(options: DeserializingOptions<unknown, unknown>): void {
  checkSerde(options.keyDeserializer, "deserialize", "keyDeserializer");
  checkSerde(options.valueDeserializer, "deserialize", "valueDeserializer");
  const policy: unknown = options.onDeserializationError;
  if (policy === undefined || typeof policy === "function") return;
  if (policy === "throw" || policy === "skip" || policy === "raw") return;
  throw new TypeError(
    `Cannot use ${describe(policy)} as onDeserializationError: "throw", "skip", "raw" or a function is wanted`,
  );
}

function deserializeSoon(
  deserializer: Deserializer<unknown>,
  data: Uint8Array,
  context: DeserializationContext,
  mayPrepare: boolean,
): unknown {
  if (deserializer.deserializeSync === undefined) return deserializer.deserialize(data, context);
  try {
    return deserializer.deserializeSync(data, context);
  } catch (error) {
    if (!(error instanceof NotPreparedError)) throw error;
    if (mayPrepare && deserializer.prepareAll !== undefined) throw unprepared;
    return deserializer.deserialize(data, context);
  }
}

class ReadingContext implements DeserializationContext {
  readonly field: MessageField;
  readonly #message: Message;

  constructor(field: MessageField, message: Message) {
    this.field = field;
    this.#message = message;
  }

  get topic(): string {
    return this.#message.topic;
  }

  get headers(): readonly Header[] {
    return this.#message.headers;
  }

  get partition(): number {
    return this.#message.partition;
  }

  get offset(): number {
    return this.#message.offset;
  }
}

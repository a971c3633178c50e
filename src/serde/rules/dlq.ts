/** The action that sends what a rule refused to a dead letter topic. */
import { settled, type Work } from "../../kafka/work.ts";
import type { MessageData } from "../../kafka/message.ts";
import { ruleFailure } from "./actions.ts";
import { dlqHeaders } from "./dlq_headers.ts";
import { reasonOf, RuleError } from "./error.ts";
import type { RuleAction, RuleContext } from "./types.ts";

/** A record for a dead letter topic. */
export interface DeadLetter {
  /** Where it goes. */
  readonly topic: string;
  /** The value as JSON without what its tags protect, or as it is if it is bytes. Null: it may not be shown. */
  readonly value: Uint8Array | string | null;
  /** The message's own headers, and those of {@link dlqHeaders}. */
  readonly headers: [name: string, value: MessageData][];
}

/** What sends dead letters: a producer of this library fits. */
export interface DeadLetterPort {
  /** Sends one; a promise of it is waited for. */
  send(letter: DeadLetter): unknown;
}

/** What {@link DlqAction} takes. */
export interface DlqOptions {
  /** The topic, where neither the rule nor the schema's metadata has the parameter `dlq.topic`. */
  readonly topic?: string;
}

const REDACTED = "<redacted>";

/**
 * `DLQ`: sends the message as it was before any rule to the topic that the parameter `dlq.topic` names, and then ends
 * it as `ERROR` does. After a success it sends it and lets the message go on.
 *
 * The record's value is JSON. Fields with a tag, of the rule's if it has tags and else any, are redacted: what was
 * protected shall not be open there. Bytes cannot be redacted, so a payload that has not been written yet is left out;
 * one that was read is sent as it came.
 *
 * Source: `DlqAction` in confluent-kafka-python 2.16.
 *
 * @example Keep what a rule refused
 * ```ts
 * import { Producer } from "@kafka-ffi/kafka";
 * import { DlqAction, RuleRegistry } from "@kafka-ffi/kafka/rules";
 * import { CelExecutor } from "@kafka-ffi/kafka/rules/cel";
 *
 * await using producer = new Producer({ "bootstrap.servers": "localhost:9092" });
 * const rules = new RuleRegistry({ executors: [new CelExecutor()], actions: [new DlqAction(producer)] });
 * ```
 */
export class DlqAction implements RuleAction {
  /** The name in rules. */
  readonly type = "DLQ";
  /** A record is sent, which takes time. */
  readonly waits = true;
  readonly #port: DeadLetterPort;
  readonly #topic: string | undefined;

  /** Makes an action that sends with a producer, which stays its owner's to close. */
  constructor(port: DeadLetterPort, { topic }: DlqOptions = {}) {
    this.#port = port;
    this.#topic = topic;
  }

  /**
   * Sends the record, waits for it, and ends the message if the rule failed.
   *
   * @throws {SerializationError} after a failure.
   * @throws {RuleError} if no topic is named, or the record could not be sent.
   */
  *run(context: RuleContext, _value: unknown, error: Error | null): Work<void> {
    const topic = context.parameter("dlq.topic") ?? this.#topic;
    if (!topic) throw new RuleError(`The rule "${context.rule.name}" has no parameter "dlq.topic"`, { cause: error });
    const letter = { topic, value: yield* valueOf(context), headers: headersOf(context, error) };
    try {
      const sent = this.#port.send(letter);
      if (sent instanceof Promise) yield* settled(sent);
    } catch (cause) {
      throw notSent(topic, cause);
    }
    if (error !== null) throw ruleFailure(context, error);
  }
}

function notSent(topic: string, cause: unknown): RuleError {
  return new RuleError(`Cannot send the message to the dead letter topic "${topic}": ${reasonOf(cause)}`, { cause });
}

function headersOf({ rule, mode, subject, message }: RuleContext, error: Error | null): DeadLetter["headers"] {
  return [
    ...message.headers,
    [dlqHeaders.name, rule.name],
    [dlqHeaders.mode, mode],
    [dlqHeaders.subject, subject],
    [dlqHeaders.topic, message.topic],
    ...(error === null ? [] : [[dlqHeaders.exception, reasonOf(error)] as [string, string]]),
  ];
}

function* valueOf(context: RuleContext): Work<DeadLetter["value"]> {
  const { original, mode, walk } = context;
  if (original instanceof Uint8Array) return mode === "READ" ? original : null;
  // Without a walk nobody knows which fields are protected.
  if (!walk) return null;
  const tags = context.rule.tags ?? [];
  const redacted = yield* walk(original, function* (field, value) {
    const isHidden = tags.length > 0 ? tags.some((tag) => field.tags.has(tag)) : field.tags.size > 0;
    return isHidden ? REDACTED : value;
  });
  try {
    return JSON.stringify(redacted, plainly) ?? null;
  } catch {
    // A circle, or what a `toJSON` threw: the headers still say what happened.
    return null;
  }
}

/** What JSON has no form for. */
function plainly(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Uint8Array) return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(""));
  return value;
}

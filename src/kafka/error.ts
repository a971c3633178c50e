/** The error type of this client, and the few kinds of it that a caller would catch apart. */
import { errorCodes } from "./error_codes.ts";
import { codeNameOf, type ErrorCodeName } from "./error_codes.ts";
import type { DeliveryReport } from "./message.ts";

/** The facts of a {@link KafkaError} beside its code. */
export interface KafkaErrorFacts {
  /** Whether the client can no longer be used. */
  readonly isFatal?: boolean;
  /** Whether the same call may succeed when it is made again. */
  readonly isRetriable?: boolean;
  /** Whether the current transaction has to be aborted. */
  readonly txnRequiresAbort?: boolean;
  /** What led to it. */
  readonly cause?: unknown;
}

/**
 * What Kafka or librdkafka reported, with the facts to decide by.
 *
 * Source: `rd_kafka_error_t` and `rd_kafka_resp_err_t`; `KafkaError` and `KafkaException` in confluent-kafka-python.
 */
export class KafkaError extends Error {
  /** The class, for logs. */
  override readonly name: string = "KafkaError";
  /** The number: negative for librdkafka's own, else the broker's. */
  readonly code: number;
  /** The number's name: `_TIMED_OUT`, `UNKNOWN_TOPIC_OR_PART`. A leading underscore marks librdkafka's own. */
  readonly codeName: ErrorCodeName;
  /** Whether the client can no longer be used. */
  readonly isFatal: boolean;
  /** Whether the same call may succeed when it is made again. */
  readonly isRetriable: boolean;
  /** Whether the current transaction has to be aborted. */
  readonly txnRequiresAbort: boolean;

  /** Makes an error of a code and its facts. */
  constructor(message: string, code: number, facts: KafkaErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.codeName = codeNameOf(code);
    this.isFatal = facts.isFatal ?? false;
    this.isRetriable = facts.isRetriable ?? false;
    this.txnRequiresAbort = facts.txnRequiresAbort ?? false;
  }
}

/** How far a message that failed has come. */
export type MessageStatus = "NOT_PERSISTED" | "POSSIBLY_PERSISTED" | "PERSISTED";

/**
 * One or more messages were not delivered.
 *
 * @example Send a failed message again only if it cannot have been written
 * ```ts
 * import { type Message, ProduceError, type Producer } from "@kafka-ffi/kafka";
 *
 * async function sendOnce(producer: Producer, topic: string, value: string): Promise<boolean> {
 *   try {
 *     await producer.send({ topic, value });
 *     return true;
 *   } catch (error) {
 *     if (error instanceof ProduceError && error.status === "NOT_PERSISTED") return false;
 *     throw error;
 *   }
 * }
 * ```
 */
export class ProduceError extends KafkaError {
  /** The class, for logs. */
  override readonly name = "ProduceError";
  /** How far the first message that failed has come. */
  readonly status: MessageStatus;
  /** The report of every message of the call, those that were delivered included, in the order of the call. */
  readonly reports: readonly DeliveryReport<unknown, unknown>[];

  /** Makes an error of a code, its facts and the reports. */
  constructor(
    message: string,
    code: number,
    facts: KafkaErrorFacts & {
      readonly status: MessageStatus;
      readonly reports: readonly DeliveryReport<unknown, unknown>[];
    },
  ) {
    super(message, code, facts);
    this.status = facts.status;
    this.reports = facts.reports;
  }
}

/** Something was asked for that the librdkafka that was found does not have. */
export class UnsupportedFeatureError extends KafkaError {
  /** The class, for logs. */
  override readonly name = "UnsupportedFeatureError";
  /** What was asked for. */
  readonly feature: string;
  /** The librdkafka version that has it, if that is known. */
  readonly needs: string | null;
  /** The librdkafka version that was found. */
  readonly have: string;

  /** Makes an error of what was asked for and the two versions. */
  constructor(feature: string, needs: string | null, have: string) {
    const wanted = needs === null ? "a later librdkafka, or one that is built with it" : `librdkafka ${needs} or later`;
    super(`Cannot use ${feature}: it needs ${wanted}, and this is ${have}`, errorCodes._NOT_IMPLEMENTED);
    this.feature = feature;
    this.needs = needs;
    this.have = have;
  }
}

/** A handler that was given to the client threw, or did not come to an end; `cause` is what it threw. */
export class HandlerError extends KafkaError {
  /** The class, for logs. */
  override readonly name = "HandlerError";
  /** The handler's name: `onDelivery`, `onAssign`. */
  readonly handler: string;

  /** Makes an error of the handler's name, what it threw, and what happened if it did not throw. */
  constructor(handler: string, cause: unknown, what: string = `it threw ${textOf(cause)}`) {
    super(`Cannot rely on the handler ${handler}: ${what}`, errorCodes._FAIL, { cause });
    this.handler = handler;
  }
}

/** What was thrown, as text: not everything that can be thrown has one. */
function textOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    return "an object without a text";
  }
}

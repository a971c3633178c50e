/** Which messages were acknowledged and not sent yet, and the calls that librdkafka is not ready for. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Client } from "../client/client.ts";
import { KafkaError } from "../kafka/error.ts";
import { partitionKey, type TopicPartition } from "../kafka/topic_partition.ts";
import { acknowledge, acknowledgementCode, type PartitionOutcome } from "../native/share.ts";
import { checkPartition } from "../native/partition_list.ts";
import { checkText, describe } from "../native/scratch.ts";
import type { AcknowledgementResult, AcknowledgementType, MessagePosition } from "./options.ts";

const action = "Cannot acknowledge";
const accepted = acknowledgementCode("accept")!;

interface Sent extends TopicPartition {
  readonly offsets: Set<number>;
}

/** Acknowledgements on their way to the broker. */
export type Unsent = ReadonlyMap<string, Sent>;

/** The acknowledgements of one share consumer. */
export class Acknowledgements {
  readonly #client: Client;
  #unsent = new Map<string, Sent>();
  /** Made while a commit runs, during which librdkafka takes none. */
  readonly #kept: { readonly where: MessagePosition; readonly type: number }[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  /** Whether there is anything to send. */
  get isEmpty(): boolean {
    return this.#unsent.size === 0;
  }

  /**
   * Acknowledges one message.
   *
   * @param isBusy Whether librdkafka has to be left alone: then it is done by {@link catchUp}.
   */
  add(where: MessagePosition, type: AcknowledgementType, isBusy: boolean): void {
    const code = acknowledgementCode(type);
    if (code === undefined) {
      throw new TypeError(`${action} by ${describe(type)}: "accept", "release" or "reject" is wanted`);
    }
    if (typeof where !== "object" || where === null) {
      throw new TypeError(`${action} ${describe(where)}: a message is wanted`);
    }
    checkText(where.topic, "topic");
    checkPartition(where.partition);
    if (!Number.isSafeInteger(where.offset) || where.offset < 0) {
      throw new RangeError(`${action} offset ${describe(where.offset)}: a whole number from 0 to 2^53 - 1 is wanted`);
    }
    if (isBusy) {
      this.#kept.push({ where, type: code });
      return;
    }
    const error = this.#add(where, code);
    if (error !== null) throw error;
  }

  /** Accepts messages that nobody has acknowledged. What does not go is told of once: they come again. */
  accept(messages: readonly MessagePosition[]): void {
    let failure: KafkaError | null = null;
    for (const message of messages) {
      const error = this.#add(message, accepted);
      failure ??= error;
    }
    if (failure !== null) this.#client.reportError(failure);
  }

  #add(where: MessagePosition, type: number): KafkaError | null {
    const { native, share } = this.#client;
    const { topic, partition, offset } = where;
    const code = acknowledge(native, share!, where, type);
    if (code !== 0) {
      const reason = code === errorCodes._STATE ? "this share consumer does not hold it" : native.describe(code);
      return new KafkaError(`${action} ${topic} [${partition}] ${offset}: ${reason}`, code);
    }
    const key = partitionKey(where);
    const sent = this.#unsent.get(key);
    if (sent === undefined) this.#unsent.set(key, { topic, partition, offsets: new Set([offset]) });
    else sent.offsets.add(offset);
    return null;
  }

  /** librdkafka takes calls again: makes those that were kept. What it refuses is told of, for nobody waits for it. */
  catchUp(): void {
    for (const { where, type } of this.#kept.splice(0)) {
      const error = this.#add(where, type);
      if (error !== null) this.#client.reportError(error);
    }
  }

  /** Everything so far is being sent. */
  take(): Unsent {
    const unsent = this.#unsent;
    this.#unsent = new Map();
    return unsent;
  }
}

/** What became of acknowledgements, by what the brokers said of their partitions. */
export function resultsOf(unsent: Unsent, outcomes: readonly PartitionOutcome[]): AcknowledgementResult[] {
  return outcomes.map(({ topic, partition, error }) => {
    const offsets = unsent.get(partitionKey({ topic, partition }))?.offsets ?? [];
    return { topic, partition, offsets: [...offsets], error };
  });
}

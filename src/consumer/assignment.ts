/** Answering the group: partitions are taken, and given back, with the user's handlers in between. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Pointer } from "../native/memory.ts";
import type { Client } from "../client/client.ts";
import { settled, type Work } from "../kafka/work.ts";
import { isPromise } from "../kafka/promise.ts";
import { HandlerError, KafkaError } from "../kafka/error.ts";
import {
  partitionKey,
  type PartitionOffset,
  type TopicPartition,
  type TopicPartitionOffset,
} from "../kafka/topic_partition.ts";
import type { RebalanceEvent } from "../native/events.ts";
import { withPartitionList } from "../native/partition_list.ts";
import { describe } from "../native/scratch.ts";
import { currentAssignment } from "./lookups.ts";
import type { ConsumerOptions } from "./options.ts";

/** How long a consumer that closes is given to leave the group before it gets the answer that it may be waiting for. */
const unansweredMs = 300;
/** How long librdkafka's main thread is waited for; it answers at once. */
const stopMs = 1000;

/** What an assignment changes in its consumer. */
export interface AssignmentTarget {
  /** Partitions are about to be taken. */
  taken(partitions: readonly TopicPartition[]): void;
  /** Partitions will be given back: what is being done with them ends now. Undefined if nothing is. */
  ending(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> | undefined;
  /** Partitions are about to be given back: what was read ahead of them is dropped, and what is done may be stored. */
  giving(partitions: readonly TopicPartition[], isLost: boolean): void;
  /** Partitions have been given back. */
  given(partitions: readonly TopicPartition[]): void;
}

/** The group's side of a consumer. */
export class Assignment {
  readonly #client: Client;
  readonly #options: ConsumerOptions;
  readonly #messageQueue: Pointer;
  readonly #target: AssignmentTarget;
  readonly #handlerMs: number;
  #answered = false;
  #isRebalancing = false;
  #handlersUntil = Infinity;
  #isSilent = false;
  /** Whether a handler has been called and has not returned yet, its promise not counted. */
  #isCalling = false;
  /** Whether the handler that was called is not waited for. */
  #isLeftBehind = false;
  #limitAgain: (() => void) | undefined;
  /** Partitions that were given back without the group. */
  readonly #givenBack = new Set<string>();

  constructor(
    client: Client,
    options: ConsumerOptions,
    messageQueue: Pointer,
    target: AssignmentTarget,
    handlerMs: number,
  ) {
    this.#client = client;
    this.#options = options;
    this.#messageQueue = messageQueue;
    this.#target = target;
    this.#handlerMs = handlerMs;
  }

  /** `NONE` before the group is joined, `EAGER`, or `COOPERATIVE`, which the consumer protocol of KIP-848 counts as. */
  get protocol(): string {
    const { native, handle } = this.#client;
    return native.text(native.c.rd_kafka_rebalance_protocol(handle)) ?? "NONE";
  }

  /** Whether the current assignment is lost: the group may have given it to others. */
  get isLost(): boolean {
    const { native, handle } = this.#client;
    return native.c.rd_kafka_assignment_lost(handle) !== 0;
  }

  /**
   * Answers a rebalance. It is always answered, whatever the handlers do: a group that is not answered is silent for ever.
   */
  *rebalance(event: RebalanceEvent): Work<void> {
    const { partitions } = event;
    this.#answered = false;
    this.#isRebalancing = true;
    try {
      if (event.kind === "assign" && this.#handlersUntil < Infinity) {
        // A consumer that closes is given nothing more: librdkafka takes the answer for a refusal, and no revocation follows.
        if (!(yield* this.#endsUnanswered())) this.#answer(event.list, "assign");
        return;
      }
      if (event.kind === "assign") {
        this.#tryTo(() => this.#prepare(partitions));
        const { onAssign } = this.#options;
        const chosen: unknown = onAssign && (yield* this.#handle("onAssign", () => onAssign(copied(partitions))));
        if (!this.#hasAnswer() && !this.#answerWith(partitions, chosen)) this.#answer(event.list, "assign");
        return;
      }
      if (event.kind === "revoke") {
        // Asked before the answer, which resets it.
        const { isLost } = this;
        const ending = this.#target.ending(partitions, isLost);
        if (ending !== undefined) yield* this.#handle("run", () => ending);
        this.#tryTo(() => this.#target.giving(partitions, isLost));
        const { onRevoke, onLost } = this.#options;
        if (isLost && onLost !== undefined) yield* this.#handle("onLost", () => onLost(copied(partitions)));
        else if (onRevoke !== undefined) yield* this.#handle("onRevoke", () => onRevoke(copied(partitions)));
        if (!this.#hasAnswer()) this.#answer(event.list, "unassign");
        this.#tryTo(() => this.#target.given(partitions));
        return;
      }
      this.#client.reportError(event.error!);
      this.#set(null);
    } finally {
      this.#isRebalancing = false;
    }
  }

  /**
   * Whether librdkafka leaves the group without an answer. One that comes in the very moment in which it does is lost, and the
   * call would wait for ever; while it waits for the answer, that cannot happen.
   */
  *#endsUnanswered(): Work<boolean> {
    const { native: { c }, handle } = this.#client;
    for (const end = performance.now() + unansweredMs; performance.now() < end;) {
      if (c.rd_kafka_consumer_closed(handle) !== 0) return true;
      yield this.#client.pause(10);
    }
    return c.rd_kafka_consumer_closed(handle) !== 0;
  }

  /** Does what belongs to a rebalance, but must not keep it from being answered. */
  #tryTo(step: () => void): void {
    try {
      step();
    } catch (cause) {
      if (cause instanceof KafkaError) this.#client.reportError(cause);
      else throw cause;
    }
  }

  #hasAnswer(): boolean {
    return this.#answered || this.#client.isClosed;
  }

  /** Sends each partition's messages to the message queue. It has to be done before the partition is assigned. */
  #prepare(partitions: readonly TopicPartition[]): void {
    const { native, handle } = this.#client;
    const { c, library, scratch } = native;
    this.#awaitStop(partitions);
    this.#target.taken(partitions);
    for (const { topic, partition } of partitions) {
      const queue = c.rd_kafka_queue_get_partition(handle, scratch.reset().text(topic, "topic"), partition);
      if (library.isNull(queue)) continue;
      c.rd_kafka_queue_forward(queue, this.#messageQueue);
      c.rd_kafka_queue_destroy(queue);
    }
  }

  /**
   * A partition that was given back a moment ago may not have been stopped yet, and stopping it would undo the forwarding. A
   * seek is refused there, but librdkafka's main thread answers it only after it has stopped the partition.
   */
  #awaitStop(partitions: readonly TopicPartition[]): void {
    const { native, handle } = this.#client;
    const stopping = partitions.filter((partition) => this.#givenBack.delete(partitionKey(partition)));
    if (stopping.length === 0) return;
    const error = withPartitionList(
      native,
      stopping.map(({ topic, partition }) => ({ topic, partition, offset: 0 })),
      (list) => native.c.rd_kafka_seek_partitions(handle, list, stopMs),
    );
    native.checkError("Cannot assign partitions", error);
  }

  /** Answers an assignment with the offsets that the handler chose, if it chose any that can be used. */
  #answerWith(partitions: readonly TopicPartition[], chosen: unknown): boolean {
    if (chosen === undefined || chosen === null) return false;
    try {
      if (!Array.isArray(chosen)) {
        throw new TypeError(`it returned ${describe(chosen)} where an array of offsets is wanted`);
      }
      const choices = chosen as readonly (TopicPartitionOffset | null | undefined)[];
      const list = partitions.map(({ topic, partition }) => {
        const choice = choices.find((each) => each?.topic === topic && each.partition === partition);
        return { topic, partition, offset: choice?.offset ?? null };
      });
      withPartitionList(this.#client.native, list, (pointer) => this.#answer(pointer, "assign"));
      return true;
    } catch (error) {
      this.#client.reportError(new HandlerError("onAssign", error));
      return false;
    }
  }

  #answer(list: Pointer, answer: "assign" | "unassign"): void {
    const { native, handle } = this.#client;
    const { c, library } = native;
    if (this.protocol === "COOPERATIVE") {
      const call = answer === "assign" ? c.rd_kafka_incremental_assign : c.rd_kafka_incremental_unassign;
      const error = call(handle, list);
      if (!library.isNull(error)) this.#client.reportError(native.takeError("Cannot answer the group", error));
      return;
    }
    const code = c.rd_kafka_assign(handle, answer === "assign" ? list : library.nullPointer);
    if (code !== 0) this.#client.reportError(native.error("Cannot answer the group", code));
  }

  /** From `time` on, by the clock of `performance.now()`, no handler is waited for; one that is just calling us not at all. */
  limitHandlers(time: number): void {
    this.#handlersUntil = time;
    if (this.#isCalling) this.#isLeftBehind = true;
    this.#limitAgain?.();
  }

  /** From now on no handler is called. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Runs a handler; what it throws is reported, and one that takes too long is left behind. */
  *#handle<T>(name: string, handler: () => T | Promise<T>): Work<T | undefined> {
    if (this.#isSilent) return undefined;
    const start = performance.now();
    const report = (cause: unknown): void => this.#client.reportError(new HandlerError(name, cause));
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const result = this.#callHandler(handler);
      if (!isPromise(result)) return result;
      if (this.#isLeftBehind || this.#client.blocks) {
        Promise.resolve(result).catch(report);
        if (this.#client.blocks) throw new TypeError("a promise, and a consumer that blocks cannot wait for one");
        return undefined;
      }
      const late = new Promise<never>((_, reject) => {
        this.#limitAgain = () => {
          clearTimeout(timer);
          const end = Math.min(start + this.#handlerMs, this.#handlersUntil);
          timer = setTimeout(() => {
            const ms = Math.round(performance.now() - start);
            reject(new Error(`it has not settled within ${ms} ms, and the group was answered without it`));
          }, Math.max(0, end - performance.now()));
        };
        this.#limitAgain();
      });
      return yield* settled(Promise.race([result, late]));
    } catch (cause) {
      report(cause);
      return undefined;
    } finally {
      clearTimeout(timer);
      this.#limitAgain = undefined;
    }
  }

  #callHandler<T>(handler: () => T | Promise<T>): T | Promise<T> {
    this.#isCalling = true;
    this.#isLeftBehind = false;
    try {
      return handler();
    } finally {
      this.#isCalling = false;
    }
  }

  /**
   * Whether the group is to be answered by us alone. At the close the answer lets librdkafka end it at any moment, and whatever a
   * handler asks about it afterwards may wait for ever.
   */
  get #isEnding(): boolean {
    return this.#isRebalancing && this.#handlersUntil < Infinity;
  }

  /** Takes exactly these partitions, or none. Within a rebalance it is the answer. */
  set(partitions: readonly TopicPartitionOffset[] | null): void {
    if (this.#isEnding) return;
    const before = currentAssignment(this.#client);
    // A new assignment would do that by itself, but only after it has been prepared.
    if (partitions !== null && before.length > 0) this.#set(null);
    for (const partition of before) this.#givenBack.add(partitionKey(partition));
    if (partitions !== null) this.#prepare(partitions);
    this.#set(partitions);
    this.#answered = this.#isRebalancing;
  }

  #set(partitions: readonly TopicPartitionOffset[] | null): void {
    const { native, handle } = this.#client;
    const { c, library } = native;
    const code = partitions === null
      ? c.rd_kafka_assign(handle, library.nullPointer)
      : withPartitionList(native, partitions, (list) => c.rd_kafka_assign(handle, list));
    native.checkCode("Cannot assign partitions", code);
  }

  /** Takes partitions in addition. */
  add(partitions: readonly TopicPartitionOffset[]): void {
    if (this.#isEnding) return;
    const { native, handle } = this.#client;
    this.#prepare(partitions);
    const error = withPartitionList(native, partitions, (list) => native.c.rd_kafka_incremental_assign(handle, list));
    native.checkError("Cannot assign partitions", error);
    this.#answered = this.#isRebalancing;
  }

  /** Gives partitions back. */
  remove(partitions: readonly TopicPartition[]): void {
    if (this.#isEnding) return;
    const { native, handle } = this.#client;
    const error = withPartitionList(native, partitions, (list) => native.c.rd_kafka_incremental_unassign(handle, list));
    native.checkError("Cannot unassign partitions", error);
    for (const partition of partitions) this.#givenBack.add(partitionKey(partition));
    this.#answered = this.#isRebalancing;
  }
}

/** A list that a handler may take apart. */
function copied(partitions: readonly PartitionOffset[]): PartitionOffset[] {
  return partitions.map((partition) => ({ ...partition }));
}

/** The code with which librdkafka says that a partition is not assigned. */
export const notAssigned: number = errorCodes._STATE;
/** The code of the end of a partition. */
export const partitionEof: number = errorCodes._PARTITION_EOF;

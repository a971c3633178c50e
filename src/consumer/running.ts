/** Running handlers over messages: several partitions side by side, each in order, and account kept of what is done. */
import { isPromise } from "../kafka/promise.ts";
import type { Client } from "../client/client.ts";
import type { Deserializing, Outcome } from "../client/deserializing.ts";
import { Gate, nextTurn } from "../client/wait.ts";
import type { Message } from "../kafka/message.ts";
import { partitionKey, type TopicPartition } from "../kafka/topic_partition.ts";
import { DeserializationError } from "../kafka/serialization_error.ts";
import { describe } from "../native/scratch.ts";
import { Lanes, type Unit } from "./lanes.ts";
import type { PartitionState } from "./positions.ts";
import type { Reading, Worker } from "./reading.ts";
import type { EachBatchOptions, EachMessageOptions, RunAnswer, RunBatchContext, RunContext } from "./run_options.ts";

/** How long handlers that never wait may be called without the event loop getting a turn. */
const maxBusyMs = 10;
/** How soon what was done is stored when nothing else happens. */
const storeWithinMs = 100;

/** The end of a partition's work, which its handlers are told of if they ask. */
class Ending implements RunContext {
  #controller: AbortController | null = null;
  reason: unknown = undefined;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.reason !== undefined) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }

  come(reason: unknown): void {
    this.reason ??= reason;
    this.#controller?.abort(this.reason);
  }
}

/** One unit that is worked on. */
interface Task {
  readonly unit: Unit;
  readonly state: PartitionState;
  readonly epoch: number;
  readonly ending: Ending;
  readonly start: number;
  /** How many of its messages are done. */
  done: number;
}

/** One call of `Consumer.run()`. */
export class Running implements Worker {
  readonly #client: Client;
  readonly #reading: Reading;
  readonly #deserializing: Deserializing | null;
  readonly #options: EachMessageOptions | EachBatchOptions;
  readonly #lanes: Lanes;
  /** How long a handler may take before this consumer gives no more sign of life. */
  readonly #maxHandlerMs: number;
  readonly #tasks = new Set<Task>();
  readonly #endings = new Map<string, Ending>();
  /** Is notified when a task has ended. */
  readonly #ended = new Gate();
  #isStopping = false;
  /** Whether the group was not looked at for so long that what waits may no longer be ours. */
  #isOverdue = false;
  #failure: { readonly error: unknown } | null = null;
  #lastTurn = performance.now();
  #storing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    client: Client,
    reading: Reading,
    deserializing: Deserializing | null,
    options: EachMessageOptions | EachBatchOptions,
  ) {
    const { concurrency = 1, orderBy = "partition" } = options;
    if (("eachMessage" in options) === ("eachBatch" in options)) {
      throw new TypeError("Cannot run: one of eachMessage and eachBatch is wanted");
    }
    const handler = "eachMessage" in options ? options.eachMessage : options.eachBatch;
    if (typeof handler !== "function") throw new TypeError(`Cannot run ${describe(handler)}: a function is wanted`);
    if (orderBy !== "partition" && orderBy !== "key") {
      throw new TypeError(`Cannot order by ${describe(orderBy)}: "partition" or "key" is wanted`);
    }
    const maxMessages = "eachMessage" in options ? 1 : options.maxMessages ?? 1000;
    for (const [name, value] of Object.entries({ concurrency, maxMessages })) {
      if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) continue;
      throw new RangeError(`Cannot use ${describe(value)} as ${name}: the range is 1 to 1000000`);
    }
    this.#client = client;
    this.#reading = reading;
    this.#deserializing = deserializing;
    this.#options = options;
    this.#lanes = new Lanes({ concurrency, maxMessages, orderBy });
    this.#maxHandlerMs = Number(client.setting(["max.poll.interval.ms"], "300000"));
  }

  /** Runs until {@link stop}, the end of the consumer, or an error. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const stop = (): void => this.stop();
    this.#reading.beginWork(this);
    this.#client.hold();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      await this.#flow();
    } catch (error) {
      this.#fail(error);
    }
    // The consumer is closed, or can no longer be used: nobody is left to serve the group, but what runs comes to its end.
    await this.#until(() => this.#tasks.size === 0);
    signal?.removeEventListener("abort", stop);
    clearTimeout(this.#storing);
    this.#reading.endWork(this.#lanes.takeAll());
    this.#client.release();
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Starts nothing more; the run ends when what is being worked on has. */
  stop(): void {
    this.#isStopping = true;
    for (const ending of this.#endings.values()) ending.come(new DOMException("The run was stopped", "AbortError"));
    this.#reading.wake();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop();
  }

  /** Reads and starts handlers, until there is an end and the last handler has come to its own. */
  async #flow(): Promise<void> {
    const { holdings } = this.#reading;
    for (;;) {
      this.#startAll();
      if (this.#reading.isClosing || (this.#isStopping && this.#tasks.size === 0)) return;
      const { isOpen, hold, release } = this.#lanes.demand(this.#isPaused);
      holdings.hold(hold, true);
      holdings.hold(release, false);
      const patienceMs = this.#patience();
      if (patienceMs <= 0) {
        // A reader that hangs loses its partitions: while a handler takes this long, the group gets no sign of life.
        this.#isOverdue = true;
        await this.#ended.wait();
        continue;
      }
      const waitMs = this.#isOverdue ? 0 : patienceMs;
      await this.#reading.round(isOpen && !this.#isStopping, waitMs);
      this.#isOverdue = false;
    }
  }

  /** How long the handler that has taken longest may still take. */
  #patience(): number {
    let start = Infinity;
    for (const task of this.#tasks) start = Math.min(start, task.start);
    return start === Infinity ? Infinity : start + this.#maxHandlerMs - performance.now();
  }

  #startAll(): void {
    for (;;) {
      const task = this.#nextTask();
      if (task === null) return;
      void this.#work(task);
    }
  }

  readonly #isPaused = (partition: TopicPartition): boolean =>
    this.#reading.holdings.positions.find(partition)?.isPaused ?? false;

  #nextTask(): Task | null {
    if (this.#isStopping || this.#isOverdue || this.#reading.isClosing) return null;
    const unit = this.#lanes.next(this.#isPaused);
    if (unit === null) return null;
    const { share } = unit.lane;
    const state = this.#reading.holdings.positions.of(share.topic, share.partition);
    const next = unit.messages.at(-1)!.offset + 1;
    if (state.position === null || state.position < next) state.position = next;
    const task = { unit, state, epoch: state.epoch, ending: this.#endingOf(share), start: performance.now(), done: 0 };
    this.#tasks.add(task);
    return task;
  }

  #endingOf(partition: TopicPartition): Ending {
    const key = partitionKey(partition);
    let ending = this.#endings.get(key);
    if (ending === undefined) this.#endings.set(key, ending = new Ending());
    return ending;
  }

  /** Works on a unit, and then on others, one after another. */
  async #work(first: Task): Promise<void> {
    for (let task: Task | null = first; task !== null; task = this.#nextTask()) {
      try {
        const waiting = this.#attempt(task);
        if (waiting !== undefined) await waiting;
      } catch (error) {
        this.#fail(error);
      }
      this.#end(task);
      if (performance.now() - this.#lastTurn > maxBusyMs) {
        await nextTurn();
        this.#lastTurn = performance.now();
      }
    }
    // Somebody has to look for more to do, or at what waited for this end.
    this.#reading.wake();
  }

  #end(task: Task): void {
    const { unit, ending, state, epoch, done } = task;
    this.#tasks.delete(task);
    this.#lanes.finish(unit);
    // Of a partition that was given back, or read anew from elsewhere, nothing is left here to do.
    const isCurrent = epoch === state.epoch && ending === this.#endings.get(partitionKey(state));
    if (done < unit.messages.length && isCurrent) this.#lanes.putBack(unit, unit.messages.slice(done));
    this.#ended.notify();
    if (this.#lanes.isLow(unit)) this.#reading.wake();
  }

  /** Calls the handler until its messages are done or given up. A handler that never waits costs no promise. */
  #attempt(task: Task): void | Promise<void> {
    if (this.#deserializing !== null) return this.#persist(task, null);
    const { messages } = task.unit;
    let result: unknown;
    try {
      result = this.#call(task, messages);
    } catch (error) {
      return this.#persist(task, Promise.reject(error));
    }
    if (isPromise(result)) return this.#persist(task, result);
    this.#done(task, messages.length);
  }

  /** Waits for a first result, if there is one, and tries again as far as that is wanted. */
  async #persist(task: Task, first: Promise<unknown> | null): Promise<void> {
    const { messages } = task.unit;
    // A policy is asked once about each message.
    const known = new Map<Message, Outcome>();
    let result: Promise<unknown> | null = first;
    while (task.done < messages.length) {
      // What the handler is given now, and up to where that reaches.
      let handed: readonly Message[] = messages;
      let end = messages.length;
      try {
        if (result === null) {
          const ready = await this.#deserialize(messages, task.done, known);
          ({ handed, end } = ready);
          if (ready.error !== null) throw ready.error;
          if (handed.length > 0) await this.#call(task, handed);
        } else await result;
        this.#done(task, end);
      } catch (error) {
        if (isAbort(error, task.ending)) return;
        const answer = await this.#ask(error, handed);
        if (answer === "skip") this.#done(task, end);
        else if (answer !== "retry") throw error;
      }
      if (task.ending.reason !== undefined) return;
      result = null;
    }
  }

  #call(task: Task, messages: readonly Message[]): unknown {
    const options = this.#options;
    if ("eachMessage" in options) return options.eachMessage(messages[0]!, task.ending);
    const context: RunBatchContext = {
      get signal() {
        return task.ending.signal;
      },
      done: (message) => this.#doneWith(task, message),
    };
    return options.eachBatch(messages.slice(), context);
  }

  #doneWith(task: Task, { topic, partition, offset }: TopicPartition & { readonly offset: number }): void {
    const { messages } = task.unit;
    const index = messages.findIndex((message) => message.offset === offset);
    if (index < 0 || topic !== task.state.topic || partition !== task.state.partition) {
      throw new TypeError(`Cannot take ${topic} [${partition}] @${offset} as done: it is not in this batch`);
    }
    this.#done(task, index + 1);
  }

  /** The first `end` messages of a task are done. */
  #done(task: Task, end: number): void {
    if (end <= task.done) return;
    task.done = end;
    const upTo = this.#lanes.done(task.unit, end - 1);
    if (upTo === null) return;
    const { state, epoch } = task;
    const { holdings, storing } = this.#reading;
    holdings.positions.markDone({ state, epoch, offset: upTo.offset + 1, leaderEpoch: upTo.leaderEpoch });
    this.#storing ??= setTimeout(() => {
      this.#storing = undefined;
      if (!this.#client.isClosed) storing.storeDone();
    }, storeWithinMs);
  }

  /** Deserializes messages from one on, up to the first that fails; its error comes when none is before it. */
  async #deserialize(
    messages: readonly Message[],
    from: number,
    known: Map<Message, Outcome>,
  ): Promise<{ readonly handed: readonly Message[]; readonly end: number; readonly error: Error | null }> {
    const raws = messages.slice(from);
    const deserializing = this.#deserializing;
    if (deserializing === null) return { handed: raws, end: messages.length, error: null };
    const unknown = raws.filter((raw) => !known.has(raw));
    (await deserializing.outcomes(unknown)).forEach((outcome, i) => known.set(unknown[i]!, outcome));
    const outcomes = raws.map((raw) => known.get(raw) as Outcome);
    const failed = outcomes.findIndex((outcome) => outcome instanceof DeserializationError);
    if (failed === 0) {
      // Another try is one.
      known.delete(raws[0]!);
      return { handed: raws.slice(0, 1), end: from + 1, error: outcomes[0] as DeserializationError };
    }
    const good = failed < 0 ? outcomes : outcomes.slice(0, failed);
    return { handed: good.filter((outcome) => outcome !== null) as Message[], end: from + good.length, error: null };
  }

  async #ask(error: unknown, messages: readonly Message[]): Promise<RunAnswer> {
    const { onError } = this.#options;
    return onError === undefined ? "stop" : await onError(error, messages);
  }

  /** What waits of these partitions is dropped, and what is worked on comes to its end. */
  ending(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> | undefined {
    for (const partition of partitions) {
      this.#lanes.withdraw(partition);
      this.#tellEnd(partition);
    }
    const isRunning = (): boolean => partitions.some((partition) => this.#lanes.isRunning(partition));
    // Of what is lost nothing can be stored, so there is nothing to wait for.
    if (isLost || !isRunning()) return undefined;
    return this.#until(() => !isRunning());
  }

  #tellEnd(partition: TopicPartition): void {
    const key = partitionKey(partition);
    this.#endings.get(key)?.come(new DOMException(`${key} is given back`, "AbortError"));
    this.#endings.delete(key);
  }

  async #until(isMet: () => boolean): Promise<void> {
    while (!isMet()) await this.#ended.wait();
  }

  put(messages: readonly Message[]): void {
    this.#lanes.put(messages);
  }

  get isIdle(): boolean {
    return this.#lanes.isIdle;
  }

  drop(partition: TopicPartition): void {
    this.#lanes.drop(partition);
  }
}

/** Whether a handler has given up because it was told to. */
function isAbort(error: unknown, { reason }: Ending): boolean {
  return reason !== undefined && (error === reason || (error instanceof Error && error.name === "AbortError"));
}

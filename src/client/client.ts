/** What every client shares: opening, serving events, answering requests, and closing. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Pointer } from "../native/memory.ts";
import { checkConfig, redact, type Role } from "../config/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import { type NativeEvent, pollEvent, readEvent, readStatistics } from "../native/events.ts";
import { createHandle } from "../native/handle.ts";
import { createShareHandle } from "../native/share.ts";
import { type LibraryInfo, type Native, openNative } from "../native/native.ts";
import type { Request } from "../native/queries.ts";
import { Throttling } from "../native/throttling.ts";
import { Handlers } from "./handlers.ts";
import { Login } from "./login.ts";
import type { ClientOptions, WaitOptions } from "./options.ts";
import type { ClientPart } from "./part.ts";
import { type Question, Requests } from "./requests.ts";
import { checkSecurity } from "./security.ts";
import { keepFromMainQueue } from "./share_queues.ts";
import { topicConfigWarning } from "./topic_config.ts";
import { bounded, checkTimeout, maxTimerMs } from "./wait.ts";
import { LoopWaking, NoWaking, type Waking } from "./waking.ts";

/** How long events are served before the event loop gets its turn. */
const maxBusyMs = 10;

/** The shared part of a client: the librdkafka handle with its main queue, its wake-up and its requests. */
export class Client {
  readonly native: Native;
  readonly handle: Pointer;
  /** What a share consumer's own functions take: another handle, which {@link handle} is a part of. */
  readonly share: Pointer | null;
  readonly role: Role;
  /** The properties that were set, in the form in which librdkafka has them. */
  readonly settings: ReadonlyMap<string, string>;
  /** The configuration as it was given, a frozen copy. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly options: ClientOptions;
  /** Whether this client is served by its own calls alone, which wait in C. */
  readonly blocks: boolean;
  /** Errors, logs, statistics and delivery reports. */
  readonly mainQueue: Pointer;
  /** The answers of requests. */
  readonly replyQueue: Pointer;
  #fatal: KafkaError | null = null;
  #isClosed = false;
  #serving = 0;
  /** Whether the end has begun, and until when calls are answered all the same. */
  #isClosing = false;
  #isUsable: (() => boolean) | undefined;
  /** Whether any of that, or a fatal error, is worth a look: the one thing that each call has to ask. */
  #mayRefuse = false;
  readonly #part: ClientPart;
  readonly #waking: Waking;
  readonly #queues: Pointer[] = [];
  /** Calls off the event loop that use the handle. */
  readonly #calls = new Set<Promise<unknown>>();
  /** What was asked and not answered yet. */
  readonly requests: Requests;
  /** Tokens, passwords, and what is known of connections. */
  readonly login: Login;
  readonly #handlers: Handlers;
  readonly #throttling: Throttling | null;

  constructor(
    role: Role,
    config: object,
    defaults: Readonly<Record<string, string>>,
    forced: Readonly<Record<string, string>>,
    options: ClientOptions,
    part: ClientPart,
  ) {
    this.role = role;
    this.options = { ...options };
    this.#handlers = new Handlers(this.options, role, (error) => this.reportError(error));
    this.#part = part;
    this.blocks = part.blocks ?? false;
    const pairs = checkConfig(config as Readonly<Record<string, unknown>>, role, {
      allowNativePlugins: options.allowNativePlugins ?? false,
    });
    this.config = Object.freeze({ ...config });
    this.native = openNative(options.libraryPath);
    const { c, library } = this.native;
    this.requests = new Requests(this.native);
    // Whoever listens wants to hear something.
    const statistics: [string, string][] = options.onStatistics === undefined
      ? []
      : [["statistics.interval.ms", "1000"]];
    this.settings = new Map([...Object.entries(defaults), ...statistics, ...pairs]);
    checkSecurity(this.native, this.settings, options.onTokenRefresh !== undefined);
    const isHeard = options.onThrottle !== undefined && role !== "share consumer";
    this.#throttling = isHeard ? new Throttling(this.native) : null;
    // First, since it may fail: a process without file descriptors left gets an error, and no client that nobody can close.
    this.#waking = this.blocks ? new NoWaking() : new LoopWaking(this.native, () => this.#onWake());
    try {
      const all = new Map([...this.settings, ...Object.entries(forced)]);
      if (role === "share consumer") [this.share, this.handle] = createShareHandle(this.native, all);
      else [this.share, this.handle] = [null, createHandle(this.native, role, all, this.#throttling)];
    } catch (error) {
      this.#throttling?.close();
      this.#waking.close();
      throw error;
    }
    this.mainQueue = this.addQueue(c.rd_kafka_queue_get_main(this.handle));
    this.replyQueue = this.addQueue(c.rd_kafka_queue_new(this.handle));
    // Each call of a share consumer empties its main queue, and only what has a callback in C is heard of.
    if (this.share !== null) keepFromMainQueue(this);
    else c.rd_kafka_set_log_queue(this.handle, library.nullPointer);
    this.login = new Login(this);
    const warnings = [this.login.warning, topicConfigWarning(this)].filter((warning) => warning !== null);
    for (const warning of warnings) this.later(() => this.#handlers.log(warning));
    // What was queued before the wake-up was armed is looked for once.
    this.schedule();
  }

  /** Lets a queue wake this client. The queue is destroyed with the client. */
  addQueue(queue: Pointer): Pointer {
    this.#waking.listen(queue);
    this.#queues.push(queue);
    return queue;
  }

  /** A property that was set, by its name or an alias of it, or else a default. */
  setting(names: readonly string[], otherwise: string): string {
    for (const name of names) {
      const value = this.settings.get(name);
      if (value !== undefined) return value;
    }
    return otherwise;
  }

  /** Facts about the library in use. */
  get info(): LibraryInfo {
    return this.native.info();
  }

  /** The error after which this client can no longer be used. */
  get fatalError(): KafkaError | null {
    return this.#fatal;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the end has begun. */
  get isClosing(): boolean {
    return this.#isClosing || this.#isClosed;
  }

  /** Whether an event is being served, so that a handler of the user's may be what calls. */
  get isServing(): boolean {
    return this.#serving > 0;
  }

  /**
   * Throws if the client is closed or being closed, or has failed for good.
   *
   * @param action What the caller is about to do, for the message.
   */
  check(action: string): void {
    if (this.#mayRefuse) this.#refuse(action);
  }

  #refuse(action: string): void {
    if (this.#isClosed || (this.#isClosing && this.#isUsable?.() !== true)) {
      throw new KafkaError(`${action}: the ${this.role} is closed`, errorCodes._DESTROY);
    }
    if (this.#fatal === null) return;
    const { message, code } = this.#fatal;
    throw new KafkaError(`${action}: the ${this.role} has failed for good: ${message}`, code, {
      isFatal: true,
      cause: this.#fatal,
    });
  }

  /**
   * From now on calls are refused.
   *
   * @param isUsable Whether one is answered all the same, as within a handler that runs for the end.
   */
  refuseCalls(isUsable: (() => boolean) | undefined): void {
    this.#isClosing = true;
    this.#isUsable = isUsable;
    this.#mayRefuse = true;
  }

  /** Keeps the process alive until {@link release} was called as often. */
  hold(): void {
    this.#waking.hold();
  }

  /** Takes one {@link hold} back. Who holds again before the next turn, as an awaited loop does, costs nothing. */
  release(): void {
    this.#waking.release();
  }

  /** Serves the main queue in the next turn of the event loop. */
  schedule(): void {
    this.#waking.schedule();
  }

  #onWake(): void {
    if (this.#isClosed) return;
    this.serve();
    this.#part.onWake();
  }

  /** Serves what the main queue and the reply queue hold now, up to a bound; the rest in the next turn. */
  serve(): void {
    const end = performance.now() + maxBusyMs;
    this.#serving++;
    for (const callback of this.#waking.takeLater()) callback();
    if (this.blocks) this.login.tokens?.look();
    this.#serving--;
    // Answers first: they are few, and somebody waits for them.
    for (const queue of [this.replyQueue, this.mainQueue]) {
      while (!this.#isClosed && this.serveNext(queue, 0) !== null) {
        // The wake-up comes once, for the first event only: what is left is not announced again.
        if (performance.now() > end) return this.schedule();
      }
    }
  }

  /**
   * Serves the next event of a queue, and says what it was, or null if there was none.
   *
   * @param waitMs How long it is waited for, in C: only a client that blocks may.
   */
  serveNext(queue: Pointer, waitMs: number): NativeEvent["type"] | null {
    const pointer = pollEvent(this.native, queue, waitMs);
    if (this.#throttling !== null) this.#handlers.throttled(this.#throttling.take());
    if (pointer === null) return null;
    this.#serving++;
    try {
      const event = readEvent(this.native, this.handle, pointer);
      this.dispatch(event);
      return event.type;
    } finally {
      this.#serving--;
      this.native.c.rd_kafka_event_destroy(pointer);
    }
  }

  /** Calls back in the next turn of the event loop; in a client that blocks, when it is served next. */
  later(callback: () => void): void {
    this.#waking.later(callback);
  }

  /** Lets so much time go by. */
  pause(ms: number): Promise<void> | void {
    if (this.blocks) this.serveNext(this.replyQueue, ms);
    else return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Deals with an event that any queue may hold, or passes it on. */
  dispatch(event: NativeEvent): void {
    switch (event.type) {
      case "error": {
        const error = this.login.error(event.error);
        if (error !== null) this.reportError(error);
        return;
      }
      case "log":
        this.#handlers.log(this.login.log(event.entry));
        return;
      case "token":
        this.login.tokens?.refresh(event.config);
        return;
      case "statistics":
        this.#handlers.statistics(() => readStatistics(this.native, event.event));
        return;
      case "answer": {
        if (!this.requests.answer(event.id, event.event)) this.#part.onEvent(event);
        return;
      }
      default:
        this.#part.onEvent(event);
    }
  }

  /** Tells of an error that no call waits for. */
  reportError(error: KafkaError): void {
    if (error.isFatal) {
      this.#fatal ??= error;
      this.#mayRefuse = true;
    }
    this.#handlers.error(error);
  }

  /** Calls a handler of the user's. What it throws, now or later, is reported and goes no further. */
  run(name: string, handler: () => void | Promise<void>): void {
    this.#handlers.run(name, handler);
  }

  /**
   * Makes a request and reads its answer.
   *
   * @param start Makes the C call that an event of the reply queue answers.
   * @param read Reads the answer while its event lives.
   */
  request<T>(
    action: string,
    timeoutMs: number,
    start: (request: Request) => void,
    read: (event: Pointer) => T,
  ): Promise<T> {
    this.hold();
    return this.#answer({ action, start, read }, timeoutMs).finally(() => this.release());
  }

  #answer<T>(question: Question<T>, timeoutMs: number): Promise<T> {
    const { handle: client, replyQueue: queue } = this;
    return new Promise<T>((resolve, reject) => {
      this.requests.begin(question, { client, queue, timeoutMs }, resolve, reject);
    });
  }

  /** {@link request} with a limit to the wait: what was asked for goes on behind it. */
  ask<T>(
    action: string,
    options: WaitOptions,
    defaultMs: number,
    start: (request: Request) => void,
    read: (event: Pointer) => T,
  ): Promise<T> {
    const timeoutMs = checkTimeout(options.timeoutMs) ?? defaultMs;
    options.signal?.throwIfAborted();
    const answer = this.#answer({ action, start, read }, timeoutMs);
    this.hold();
    // librdkafka ends a request at its own time; ours is only the limit of the wait, a little after it.
    return bounded(answer, action, { ...options, timeoutMs: timeoutMs + 200 }).finally(() => this.release());
  }

  /** Rejects the requests that were not answered. */
  rejectRequests(): void {
    this.requests.rejectAll(
      new KafkaError(`Cannot wait for the answer: the ${this.role} was closed`, errorCodes._DESTROY),
    );
  }

  /**
   * Destroys the handle; what the role keeps of it has to be let go of before. Requests that were not answered are rejected.
   *
   * @param waitMs How long the end is waited for. librdkafka joins its threads, and one that looks up a name in vain ends in
   * its own time; it does so behind our back then.
   */
  async destroy(waitMs: number): Promise<void> {
    if (!this.#letGo()) return;
    // What C is doing with the handle off the event loop is let finish, or it would go on with memory that is freed.
    const ended = Promise.allSettled(this.#calls)
      .then(() => this.native.callAway("rd_kafka_destroy", this.handle))
      .then(() => this.#throttling?.close());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      if (waitMs < maxTimerMs) timer = setTimeout(resolve, Math.max(0, waitMs));
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
  }

  /** Sees to it that the handle lives until a call off the event loop that uses it has returned. */
  during<T>(call: Promise<T>): Promise<T> {
    const end = (): void => void this.#calls.delete(call);
    this.#calls.add(call);
    call.then(end, end);
    return call;
  }

  /** {@link destroy} in the way of this client: one that blocks waits for the end of librdkafka's threads, however long. */
  end(waitMs: number): Promise<void> | void {
    if (!this.blocks) return this.destroy(waitMs);
    if (!this.#letGo()) return;
    this.native.c.rd_kafka_destroy(this.handle);
    this.#throttling?.close();
  }

  /** Lets go of everything but the handle, the first time. */
  #letGo(): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.#mayRefuse = true;
    for (const queue of this.#queues) {
      this.#waking.forget(queue);
      this.native.c.rd_kafka_queue_destroy(queue);
    }
    this.#waking.close();
    this.rejectRequests();
    this.login.close();
    this.#handlers.close();
    return true;
  }

  /** What may be shown of this client: no secret is in it. */
  describe(): Record<string, unknown> {
    return { role: this.role, isClosed: this.#isClosed, config: redact(this.config) };
  }
}

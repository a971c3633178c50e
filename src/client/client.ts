/** What every client shares: opening, serving events, answering requests, and closing. */
import type { Pointer, Wake } from "../native/memory.ts";
import { checkConfig, redact, type Role } from "../config/mod.ts";
import { HandlerError, KafkaError } from "../kafka/error.ts";
import { type LogEntry, type NativeEvent, pollEvent, readEvent } from "../native/events.ts";
import { createHandle } from "../native/handle.ts";
import { type LibraryInfo, type Native, openNative } from "../native/native.ts";
import { answerError, type Request } from "../native/queries.ts";
import type { ClientOptions, WaitOptions } from "./options.ts";
import { bounded, checkTimeout, immediately, maxTimerMs } from "./wait.ts";

const destroyed = -197;

/** How long events are served before the event loop gets its turn. */
const maxBusyMs = 10;
/** The least severe of librdkafka's log levels that goes to the console by itself. */
const warning = 4;
/** How often the console is told of the same matter. */
const repeatMs = 5000;

/** What a client of one role does with what arrives for it. */
export interface ClientPart {
  /** An event of the main queue that the shared part does not handle. It is destroyed afterwards. */
  onEvent(event: NativeEvent): void;
  /** After each time librdkafka has put something into any queue. */
  onWake(): void;
}

/** The shared part of a client: the librdkafka handle with its main queue, its wake-up and its requests. */
export class Client {
  readonly native: Native;
  readonly handle: Pointer;
  readonly role: Role;
  /** The properties that were set, in the form in which librdkafka has them. */
  readonly settings: ReadonlyMap<string, string>;
  /** The configuration as it was given, a frozen copy. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly options: ClientOptions;
  #fatal: KafkaError | null = null;
  #isClosed = false;
  /** Whether the end has begun, and until when calls are answered all the same. */
  #isClosing = false;
  #isUsable: (() => boolean) | undefined;
  /** Whether any of that, or a fatal error, is worth a look: the one thing that each call has to ask. */
  #mayRefuse = false;
  readonly #part: ClientPart;
  readonly #wake: Wake;
  /** What librdkafka copies when a queue is told to wake: kept, since queues are added later too. */
  readonly #wakePayload: { readonly pointer: Pointer };
  readonly #mainQueue: Pointer;
  readonly #replyQueue: Pointer;
  readonly #queues: Pointer[] = [];
  readonly #requests = new Map<number, (event: Pointer | KafkaError) => void>();
  #lastRequest = 0;
  /** When something was last written to the console about a matter, and how often it was not since. */
  readonly #logged = new Map<string, { readonly time: number; count: number }>();
  #holds = 0;
  #isHeld = false;
  #isScheduled = false;

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
    this.#part = part;
    const pairs = checkConfig(config as Readonly<Record<string, unknown>>, role, {
      allowNativePlugins: options.allowNativePlugins ?? false,
    });
    this.config = Object.freeze({ ...config });
    this.native = openNative(options.libraryPath);
    const { c, library } = this.native;
    this.settings = new Map([...Object.entries(defaults), ...pairs]);
    // First, since it may fail: a process without file descriptors left gets an error, and no client that nobody can close.
    this.#wake = library.wake(() => this.#onWake());
    this.#wakePayload = library.block(1);
    try {
      this.handle = createHandle(this.native, role, new Map([...this.settings, ...Object.entries(forced)]));
    } catch (error) {
      this.#wake.close();
      throw error;
    }
    this.#mainQueue = c.rd_kafka_queue_get_main(this.handle);
    this.#replyQueue = c.rd_kafka_queue_new(this.handle);
    c.rd_kafka_set_log_queue(this.handle, library.nullPointer);
    this.#listen(this.#mainQueue);
    this.#listen(this.#replyQueue);
    this.#queues.push(this.#mainQueue, this.#replyQueue);
    // What was queued before the wake-up was armed is looked for once.
    this.schedule();
  }

  /** Lets a queue wake this client. The queue is destroyed with the client. */
  addQueue(queue: Pointer): Pointer {
    this.#listen(queue);
    this.#queues.push(queue);
    return queue;
  }

  #listen(queue: Pointer): void {
    const { c, library } = this.native;
    c.rd_kafka_queue_io_event_enable(queue, this.#wake.fd, this.#wakePayload.pointer, library.word(1));
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
      throw new KafkaError(`${action}: the ${this.role} is closed`, destroyed);
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
    if (this.#holds++ > 0 || this.#isHeld) return;
    this.#isHeld = true;
    this.#wake.ref();
  }

  /** Takes one {@link hold} back. Who holds again before the next turn, as an awaited loop does, costs nothing. */
  release(): void {
    if (--this.#holds > 0) return;
    immediately(() => {
      if (this.#holds > 0 || !this.#isHeld || this.#isClosed) return;
      this.#isHeld = false;
      this.#wake.unref();
    });
  }

  /** Serves the main queue in the next turn of the event loop. */
  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    immediately(() => {
      this.#isScheduled = false;
      if (!this.#isClosed) this.#onWake();
    });
  }

  #onWake(): void {
    if (this.#isClosed) return;
    this.serve();
    this.#part.onWake();
  }

  /** Serves what the main queue and the reply queue hold now, up to a bound; the rest in the next turn. */
  serve(): void {
    const end = performance.now() + maxBusyMs;
    // Answers first: they are few, and somebody waits for them.
    for (const queue of [this.#replyQueue, this.#mainQueue]) {
      while (!this.#isClosed) {
        const event = pollEvent(this.native, queue);
        if (event === null) break;
        try {
          this.dispatch(readEvent(this.native, this.handle, event));
        } finally {
          this.native.c.rd_kafka_event_destroy(event);
        }
        // The wake-up comes once, for the first event only: what is left is not announced again.
        if (performance.now() > end) return this.schedule();
      }
    }
  }

  /** Deals with an event that any queue may hold, or passes it on. */
  dispatch(event: NativeEvent): void {
    switch (event.type) {
      case "error":
        this.reportError(event.error);
        return;
      case "log":
        this.#log(event.entry);
        return;
      case "statistics": {
        const { onStatistics } = this.options;
        if (onStatistics !== undefined) this.run("onStatistics", () => onStatistics(event.json));
        return;
      }
      case "answer": {
        const settle = this.#requests.get(event.id);
        this.#requests.delete(event.id);
        if (settle !== undefined) settle(event.event);
        else this.#part.onEvent(event);
        return;
      }
      default:
        this.#part.onEvent(event);
    }
  }

  #log(entry: LogEntry): void {
    const { onLog } = this.options;
    if (onLog === false) return;
    if (onLog !== undefined) return this.run("onLog", () => onLog(entry));
    if (entry.level > warning) return;
    // A broker that is away is tried many times a second: the console is told once, and how often it was since.
    const before = this.#logged.get(entry.facility);
    const now = performance.now();
    if (before !== undefined && now - before.time < repeatMs) {
      before.count++;
      return;
    }
    this.#logged.set(entry.facility, { time: now, count: 0 });
    const more = before === undefined || before.count === 0 ? "" : ` (and ${before.count} like it before)`;
    console.warn(`kafka ${this.role}: ${entry.facility}: ${entry.message}${more}`);
  }

  /** Tells of an error that no call waits for. */
  reportError(error: KafkaError): void {
    if (error.isFatal) {
      this.#fatal ??= error;
      this.#mayRefuse = true;
    }
    const { onError } = this.options;
    if (onError === undefined) {
      console.error(`kafka ${this.role}: ${error.codeName}: ${error.message}`);
      return;
    }
    try {
      void Promise.resolve(onError(error)).catch((cause) => this.#complain(cause));
    } catch (cause) {
      this.#complain(cause);
    }
  }

  /** What is left when even the error handler throws. */
  #complain(cause: unknown): void {
    console.error(`kafka ${this.role}: ${new HandlerError("onError", cause).message}`);
  }

  /** Calls a handler of the user's. What it throws, now or later, is reported and goes no further. */
  run(name: string, handler: () => void | Promise<void>): void {
    try {
      const result = handler();
      if (result instanceof Promise) result.catch((cause) => this.reportError(new HandlerError(name, cause)));
    } catch (cause) {
      this.reportError(new HandlerError(name, cause));
    }
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
    const id = ++this.#lastRequest;
    const answer = new Promise<T>((resolve, reject) => {
      this.#requests.set(id, (event) => {
        try {
          if (event instanceof KafkaError) throw event;
          const error = answerError(this.native, event, action);
          if (error !== null) throw error;
          resolve(read(event));
        } catch (error) {
          reject(error);
        }
      });
      try {
        start({ client: this.handle, queue: this.#replyQueue, id, timeoutMs });
      } catch (error) {
        this.#requests.delete(id);
        reject(error);
      }
    });
    this.hold();
    return answer.finally(() => this.release());
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
    const answer = this.request(action, timeoutMs, start, read);
    // librdkafka ends a request at its own time; ours is only the limit of the wait, a little after it.
    return bounded(answer, action, { ...options, timeoutMs: timeoutMs + 200 });
  }

  /** Rejects the requests that were not answered. */
  rejectRequests(): void {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const settle of requests) {
      settle(new KafkaError(`Cannot wait for the answer: the ${this.role} was closed`, destroyed));
    }
  }

  /**
   * Destroys the handle; what the role keeps of it has to be let go of before. Requests that were not answered are rejected.
   *
   * @param waitMs How long the end is waited for. librdkafka joins its threads, and one that looks up a name in vain ends in
   * its own time; it does so behind our back then.
   */
  async destroy(waitMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#mayRefuse = true;
    const { c, library } = this.native;
    for (const queue of this.#queues) {
      // librdkafka forgets the descriptor before it is closed, or it would write into whatever gets its number next.
      c.rd_kafka_queue_io_event_enable(queue, -1, library.nullPointer, library.word(0));
      c.rd_kafka_queue_destroy(queue);
    }
    this.#wake.close();
    this.rejectRequests();
    const ended = library.callAway("rd_kafka_destroy", this.handle);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      if (waitMs < maxTimerMs) timer = setTimeout(resolve, Math.max(0, waitMs));
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
  }

  /** What may be shown of this client: no secret is in it. */
  describe(): Record<string, unknown> {
    return { role: this.role, isClosed: this.#isClosed, config: redact(this.config) };
  }
}

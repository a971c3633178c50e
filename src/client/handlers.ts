/** Calling the user's handlers: what one throws, or that it hangs, is told once, and stops nothing else. */
import { isPromise } from "../kafka/promise.ts";
import { errorCodes } from "../kafka/error_codes.ts";
import { HandlerError, KafkaError } from "../kafka/error.ts";
import type { Statistics } from "../kafka/statistics.ts";
import type { LogEntry } from "../native/events.ts";
import type { ThrottleEvent } from "../native/throttling.ts";
import { ConsoleLog } from "./console_log.ts";
import type { ClientOptions } from "./options.ts";

/** How long a handler may take before it counts as one that hangs. */
const defaultHangMs = 30_000;
/** How many calls of one handler are watched at a time: of one that hangs for ever, more tell nothing new. */
const maxWatched = 1000;

/** A call of an asynchronous handler that has not settled. */
interface Call {
  readonly since: number;
  /** Whether it was told that this call hangs: what it throws later is not told as well. */
  isTold: boolean;
}

/** The calls of one handler that have not settled. */
interface Watch {
  readonly calls: Set<Call>;
  isTold: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The handlers of one client. */
export class Handlers {
  readonly #options: ClientOptions;
  readonly #role: string;
  readonly #report: (error: KafkaError) => void;
  readonly #hangMs: number;
  readonly #console: ConsoleLog;
  readonly #watches = new Map<string, Watch>();
  #isStatisticsTold = false;

  /**
   * @param report Tells of what a handler threw; in the end it calls {@link error}.
   * @param hangMs How long a handler may take. Default: 30000.
   */
  constructor(
    options: ClientOptions,
    role: string,
    report: (error: KafkaError) => void,
    hangMs: number = defaultHangMs,
  ) {
    this.#options = options;
    this.#role = role;
    this.#report = report;
    this.#hangMs = hangMs;
    this.#console = new ConsoleLog(role);
  }

  /** Calls a handler of the user's. What it throws, now or later, is reported and goes no further. */
  run(name: string, handler: () => unknown): void {
    this.#call(name, handler, this.#report);
  }

  /** Tells `onError`. When that fails in its turn, only the console is left. */
  error(error: KafkaError): void {
    const { onError } = this.#options;
    if (onError === undefined) this.#write(error);
    else this.#call("onError", () => onError(error), (failure) => this.#write(failure));
  }

  /** Tells `onLog`, or the console what is worth it. */
  log(entry: LogEntry): void {
    const { onLog } = this.#options;
    if (onLog === false) return;
    if (onLog === undefined) this.#console.write(entry);
    else this.run("onLog", () => onLog(entry));
  }

  /** Tells `onStatistics`, which is not called again while it is still at work. */
  statistics(readJson: () => string): void {
    const { onStatistics } = this.#options;
    if (onStatistics === undefined || this.#isAtWork("onStatistics")) return;
    const json = readJson();
    let statistics: Statistics;
    try {
      statistics = JSON.parse(json) as Statistics;
    } catch (cause) {
      // librdkafka escapes nothing: a quote in "client.id" is enough. It would be the same every time.
      if (!this.#isStatisticsTold) {
        this.#report(
          new KafkaError("Cannot read librdkafka's statistics: they are no JSON", errorCodes._BAD_MSG, { cause }),
        );
      }
      this.#isStatisticsTold = true;
      return;
    }
    this.run("onStatistics", () => onStatistics(statistics, json));
  }

  /** Tells `onThrottle`, if there is anything to tell. */
  throttled(events: readonly ThrottleEvent[]): void {
    const { onThrottle } = this.#options;
    if (onThrottle === undefined) return;
    for (const event of events) this.run("onThrottle", () => onThrottle(event));
  }

  /** The client has ended: nobody is told of a handler that hangs on. */
  close(): void {
    for (const { timer } of this.#watches.values()) clearTimeout(timer);
    this.#watches.clear();
  }

  #call(name: string, handler: () => unknown, tell: (error: HandlerError) => void): void {
    try {
      const result = handler();
      if (isPromise(result)) this.#watch(name, result, tell);
    } catch (cause) {
      tell(new HandlerError(name, cause));
    }
  }

  #write(error: KafkaError): void {
    console.error(`kafka ${this.#role}: ${error.codeName}: ${error.message}`);
  }

  #isAtWork(name: string): boolean {
    return (this.#watches.get(name)?.calls.size ?? 0) > 0;
  }

  #watch(name: string, result: PromiseLike<unknown>, tell: (error: HandlerError) => void): void {
    let watch = this.#watches.get(name);
    if (watch === undefined) this.#watches.set(name, watch = { calls: new Set(), isTold: false, timer: undefined });
    const { calls } = watch;
    const call: Call = { since: performance.now(), isTold: false };
    if (calls.size < maxWatched) calls.add(call);
    if (watch.timer === undefined) this.#lookLater(name, watch, tell, this.#hangMs);
    const settle = (): void => {
      calls.delete(call);
      if (calls.size > 0) return;
      clearTimeout(watch.timer);
      watch.timer = undefined;
      watch.isTold = false;
    };
    result.then(settle, (cause: unknown) => {
      settle();
      if (!call.isTold) tell(new HandlerError(name, cause));
    });
  }

  #lookLater(name: string, watch: Watch, tell: (error: HandlerError) => void, ms: number): void {
    const timer = watch.timer = setTimeout(() => {
      watch.timer = undefined;
      const now = performance.now();
      for (const call of watch.calls) {
        const left = call.since + this.#hangMs - now;
        if (left > 0) return this.#lookLater(name, watch, tell, left);
        call.isTold = true;
        if (watch.isTold) continue;
        watch.isTold = true;
        const what = `it has not settled within ${this.#hangMs} ms`;
        tell(new HandlerError(name, new Error(what), what));
      }
    }, ms);
    // Looking for one that hangs is no reason for a process to live.
    (timer as { unref?: () => void }).unref?.();
  }
}

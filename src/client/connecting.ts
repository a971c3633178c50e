/** Whether a client can reach its cluster: remembers what failed, and waits for the first answer or the proof of the contrary. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import type { LogEntry } from "../native/events.ts";
import { requestCluster } from "../native/logins.ts";
import { namesOtherHost } from "./certificate_check.ts";
import type { Client } from "./client.ts";
import { type Access, type Failure, failureOf, failureOfLog } from "./failures.ts";
import type { WaitOptions } from "./options.ts";
import { accessOf } from "./security.ts";
import { slice } from "./blocking.ts";
import { checkOptions, checkTimeout, Gate } from "./wait.ts";
import type { Work } from "../kafka/work.ts";

const defaultMs = 30_000;
/** How long what may mend itself is waited for, though all brokers are away: a broker that starts, a token that is late. */
const patienceMs = 1000;
/** How long a failure from before the call is given to show that it is over. */
const staleMs = 300;
/** How often a client that blocks looks for what is told otherwise than by an answer. */
const lookMs = 20;
/** A request does not end before its time: so it is a short one, made again. */
const requestMs = 1000;

/** What failed last, and when. */
interface Noted extends Failure {
  readonly time: number;
}

/** What is known of a client's connections. */
export class Connecting {
  readonly #client: Client;
  readonly #access: Access;
  readonly #gate = new Gate();
  #failure: Noted | null = null;
  #areAllDown = false;
  #lastChange = -Infinity;

  constructor(client: Client) {
    this.#client = client;
    this.#access = accessOf(client.settings);
  }

  /** An error event has come. */
  noteError(error: KafkaError): void {
    if (error.code === errorCodes._ALL_BROKERS_DOWN) this.#areAllDown = true;
    this.#note(failureOf(error, this.#access));
  }

  /** A line was logged. */
  noteLog(entry: LogEntry): void {
    this.#note(failureOfLog(entry, this.#access));
  }

  #note(failure: Failure | null): void {
    if (failure !== null) this.#failure = { ...failure, time: performance.now() };
    this.#gate.notify();
  }

  /** What failed before is no proof any more. */
  forget(): void {
    this.#failure = null;
    this.#areAllDown = false;
    this.#gate.notify();
  }

  /** A password or a token was changed. A login with the old one may be under way, and fail only after this. */
  changed(): void {
    this.#lastChange = performance.now();
    this.forget();
  }

  /** Whoever waits has to look again. */
  news(): void {
    this.#gate.notify();
  }

  /** Waits until a broker has answered. */
  *connect(options: WaitOptions): Work<void> {
    checkOptions(options);
    const timeoutMs = checkTimeout(options.timeoutMs) ?? defaultMs;
    const { signal } = options;
    signal?.throwIfAborted();
    const start = performance.now();
    const end = start + timeoutMs;
    const onAbort = (): void => this.#gate.notify();
    signal?.addEventListener("abort", onAbort);
    // Whatever ends the wait, nothing asks after it.
    let outcome: "open" | "answered" | KafkaError = "open";
    const ask = (): void => {
      const left = Math.min(requestMs, end - performance.now());
      if (outcome !== "open" || left <= 0 || this.#client.isClosed) return;
      this.#ask(left, (error) => {
        if (error === null) outcome = "answered";
        else if (error.code === errorCodes._DESTROY) outcome = error;
        // Any broker that was asked would have answered: what failed is the way there, and that is told by other means.
        else this.#client.later(ask);
        this.#gate.notify();
      });
    };
    try {
      ask();
      for (;;) {
        if (signal?.aborted) throw signal.reason;
        // It is changed by what runs while this waits.
        const now = outcome as "open" | "answered" | KafkaError;
        if (now === "answered") return this.forget();
        if (now !== "open") throw now;
        this.#client.check("Cannot connect");
        yield* this.#judge(start, end);
      }
    } finally {
      if (outcome === "open") outcome = "answered";
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Asks for something that any broker can answer. */
  #ask(timeoutMs: number, onEnd: (error: KafkaError | null) => void): void {
    const { native, handle, replyQueue, requests } = this.#client;
    const ended = (error: KafkaError | null): void => {
      this.#client.release();
      onEnd(error);
    };
    this.#client.hold();
    requests.begin(
      { action: "Cannot connect", start: (request) => requestCluster(native, request), read: () => null },
      { client: handle, queue: replyQueue, timeoutMs },
      ended,
      (error) => ended(error as KafkaError),
    );
  }

  /** Throws what is certain, or waits for news, at most until there can be certainty without any. */
  *#judge(start: number, end: number): Work<void> {
    const now = performance.now();
    const { tokens } = this.#client.login;
    const failure = this.#failure;
    let until = end;
    if (tokens !== null && !tokens.hasToken) {
      if (tokens.failure !== null) {
        until = Math.min(end, start + patienceMs);
        if (now >= until) throw noToken(tokens.failure);
      }
    } else if (failure?.isLasting) {
      // Other brokers may be better: unless all are known to be down, they get a second.
      const patience = !this.#areAllDown ? patienceMs : failure.time < start ? staleMs : 0;
      until = Math.min(end, Math.max(start + patience, this.#lastChange + patienceMs));
      if (now >= until) throw yield* this.#explain(failure);
    } else if (this.#areAllDown) {
      until = Math.min(end, start + patienceMs);
      if (now >= until) {
        throw failure?.error ?? new KafkaError("Cannot connect: all brokers are down", errorCodes._ALL_BROKERS_DOWN);
      }
    }
    if (now >= end) {
      const cause = failure?.error ?? tokens?.failure;
      const why = cause
        ? `; the last failure: ${cause.message}`
        : tokens !== null && !tokens.hasToken
        ? "; onTokenRefresh has given no token yet"
        : "";
      throw new KafkaError(
        `Cannot connect: no answer within ${Math.round(end - start)} ms${why}`,
        errorCodes._TIMED_OUT,
        { isRetriable: true, cause: cause ?? undefined },
      );
    }
    yield* this.#wait(until - now);
  }

  *#wait(ms: number): Work<void> {
    if (!this.#client.blocks) yield this.#gate.waitFor(ms);
    else {
      this.#client.serveNext(this.#client.replyQueue, slice(Math.min(ms, lookMs)));
      this.#client.serve();
    }
  }

  *#explain(failure: Failure): Work<KafkaError> {
    const { error, address } = failure;
    if (!failure.isCertificate || address === null) return error;
    const { native, settings } = this.#client;
    const isOther = yield* namesOtherHost(native, settings, address, this.#client.blocks);
    const host = address.replace(/:\d+$/, "");
    const reason = isOther === undefined
      ? `is its authority missing in "ssl.ca.location" or "ssl.ca.pem", or does it name another host than ${host}?`
      : isOther
      ? `it is not for the host ${host} (wrong host name)`
      : 'no authority that is trusted has signed it (wrong CA): is "ssl.ca.location" or "ssl.ca.pem" right?';
    return new KafkaError(`${error.message}: ${reason}`, error.code, { cause: error });
  }
}

function noToken(cause: KafkaError): KafkaError {
  return new KafkaError(`Cannot connect: there is no token: ${cause.message}`, errorCodes._AUTHENTICATION, {
    isRetriable: true,
    cause,
  });
}

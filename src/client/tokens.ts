/** The tokens of OAUTHBEARER: asks the user's handler for each, tries again when it fails, and hands them to librdkafka. */
import { HandlerError } from "../kafka/error.ts";
import type { TokenValues } from "../native/logins.ts";

/** What `onTokenRefresh` answers with. */
export type Token =
  & {
    /** The token as brokers want it: a JSON Web Token as a rule, without `Bearer`. */
    readonly token: string;
    /** The name to log in as, for librdkafka's own messages. Default: none. */
    readonly principal?: string;
    /** SASL extensions, such as `{ logicalCluster: "lkc-1", identityPoolId: "pool-1" }`. Default: none. */
    readonly extensions?: Readonly<Record<string, string>>;
  }
  & ({
    /** When the token runs out, in milliseconds since 1970. */
    readonly expiresAt: number;
    readonly lifetimeMs?: undefined;
  } | {
    /** How long the token is good from now on. */
    readonly lifetimeMs: number;
    readonly expiresAt?: undefined;
  });

/** Fetches a token. It is given the text of `sasl.oauthbearer.config`. */
export type TokenHandler = (config: string) => Token | Promise<Token>;

/** What the tokens of one client need of it. */
export interface TokenPlace {
  /** Hands a token over; throws if it cannot be one. */
  set(values: TokenValues): void;
  /** Says that there is none. librdkafka asks again after 10 seconds. */
  fail(reason: string): void;
  /** Tells the user that the handler failed. */
  report(error: HandlerError): void;
  isClosed(): boolean;
  /** Whether it is served by its own calls alone: then timers are looked at by {@link Tokens.look}, and no promise is kept. */
  readonly blocks?: boolean;
}

/** How soon a handler that failed is asked again. After these it is librdkafka that asks, every 10 seconds. */
const retriesMs = [100, 200, 400, 800, 1600];
/** How long a handler may take before it counts as failed. Its answer is welcome later too. */
const patienceMs = 10_000;

/** The tokens of one client. */
export class Tokens {
  readonly #handler: TokenHandler;
  readonly #place: TokenPlace;
  /** Counts the calls of the handler: an answer to an earlier one than the last that answered is not used. */
  #asked = 0;
  #answered = 0;
  #config = "";
  #failures = 0;
  #failure: HandlerError | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The same in a client that blocks: no timer of JavaScript's would go off while it does. */
  #due: { readonly at: number; readonly then: () => void } | null = null;
  #hasToken = false;

  constructor(handler: TokenHandler, place: TokenPlace) {
    this.#handler = handler;
    this.#place = place;
  }

  /** Whether there was a token once. */
  get hasToken(): boolean {
    return this.#hasToken;
  }

  /** Why the last call of the handler gave no token, or null if it did or is under way for the first time. */
  get failure(): HandlerError | null {
    return this.#failure;
  }

  /** librdkafka wants a token. */
  refresh(config: string): void {
    this.#config = config;
    this.#ask();
  }

  /** A client that blocks looks whether the handler is to be asked again. */
  look(): void {
    const due = this.#due;
    if (due === null || performance.now() < due.at) return;
    this.#due = null;
    due.then();
  }

  /** No more tokens are wanted. */
  close(): void {
    this.#stopWaiting();
  }

  #ask(): void {
    this.#stopWaiting();
    if (this.#place.isClosed()) return;
    const call = ++this.#asked;
    try {
      const answer = this.#handler(this.#config);
      if (typeof (answer as { then?: unknown } | undefined)?.then !== "function") {
        return this.#take(call, answer as Token);
      }
      if (this.#place.blocks) {
        Promise.resolve(answer).catch(() => {});
        throw new TypeError("it gave a promise to a client that blocks");
      }
      const late = `it gave no answer within ${patienceMs} ms`;
      this.#wait(patienceMs, () => this.#failed(call, new Error(late), late));
      Promise.resolve(answer).then((token) => this.#take(call, token), (cause) => this.#failed(call, cause));
    } catch (cause) {
      this.#failed(call, cause);
    }
  }

  #take(call: number, token: Token): void {
    // An answer that comes late is as good as any other, unless a newer one was quicker.
    if (call <= this.#answered || this.#place.isClosed()) return;
    try {
      this.#place.set(valuesOf(token));
    } catch (cause) {
      return this.#failed(call, cause, `its answer cannot be used: ${(cause as Error).message}`);
    }
    this.#answered = call;
    this.#stopWaiting();
    this.#failures = 0;
    this.#failure = null;
    this.#hasToken = true;
  }

  #failed(call: number, cause: unknown, what?: string): void {
    // A call that was given up has its successor: what comes of it then is no news.
    if (call !== this.#asked || call <= this.#answered || this.#place.isClosed()) return;
    const again = retriesMs[this.#failures++];
    const error = new HandlerError("onTokenRefresh", cause, what);
    // Told once, however often it is tried, until there is a token or another reason.
    if (error.message !== this.#failure?.message) this.#place.report(error);
    this.#failure = error;
    this.#place.fail(error.message);
    if (again !== undefined) this.#wait(again, () => this.#ask());
  }

  /** There is one timer at a time, and it keeps no process alive. */
  #wait(delayMs: number, then: () => void): void {
    this.#stopWaiting();
    if (this.#place.blocks) {
      this.#due = { at: performance.now() + delayMs, then };
      return;
    }
    this.#timer = setTimeout(then, delayMs);
    const timer = this.#timer as unknown as { unref?: () => void };
    timer.unref?.();
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#due = null;
  }
}

/** Checks what a handler answered with. No message shows a value. */
function valuesOf(token: Token): TokenValues {
  const answer: unknown = token;
  if (typeof answer !== "object" || answer === null) throw new TypeError("it is no object with a token");
  if (typeof token.token !== "string" || token.token === "") throw new TypeError("its token is no text");
  const given: unknown = token.expiresAt ?? token.lifetimeMs;
  const expiresAt = Math.floor(token.expiresAt ?? Date.now() + (token.lifetimeMs ?? NaN));
  if (typeof given !== "number" || !Number.isSafeInteger(expiresAt)) {
    throw new TypeError("it has no expiresAt or lifetimeMs in milliseconds");
  }
  return {
    token: token.token,
    expiresAt,
    principal: token.principal ?? "",
    extensions: Object.entries(token.extensions ?? {}),
  };
}

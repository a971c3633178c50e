/** When a handler is asked for tokens, and what becomes of its answers. */
import { type Token, type TokenHandler, type TokenPlace, Tokens } from "../../../src/client/tokens.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertStrictEquals } from "../../support/assert.ts";
import { waitFor } from "../../support/wait.ts";

const token = (name: string): Token => ({ token: name, expiresAt: 1000 });

/** What arrives at the client: tokens, and reasons why there is none. */
function place(): { told: string[]; reported: unknown[]; isClosed: boolean; place: TokenPlace } {
  const state = { told: [] as string[], reported: [] as unknown[], isClosed: false };
  return Object.assign(state, {
    place: {
      set: (values) => void state.told.push(values.token),
      fail: () => void state.told.push("failed"),
      report: (error) => void state.reported.push(error.cause),
      isClosed: () => state.isClosed,
    } satisfies TokenPlace,
  });
}

/** A handler whose calls are answered by the test. */
function byHand(): { calls: PromiseWithResolvers<Token>[]; handler: TokenHandler } {
  const calls: PromiseWithResolvers<Token>[] = [];
  return {
    calls,
    handler: () => {
      let resolve!: (token: Token) => void;
      let reject!: (reason: unknown) => void;
      const promise = new Promise<Token>((...both) => [resolve, reject] = both);
      calls.push({ promise, resolve, reject });
      return promise;
    },
  };
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

test("Tokens.refresh() passes the configuration on and sets the token", async () => {
  const at = place();
  const tokens = new Tokens((config) => Promise.resolve(token(config)), at.place);
  assertStrictEquals(tokens.hasToken, false);
  tokens.refresh("one");
  await turn();
  tokens.refresh("two");
  await turn();
  assertEquals([at.told, tokens.hasToken, tokens.failure], [["one", "two"], true, null]);
});

test("Tokens.refresh() uses an answer that comes late, but not after a newer one", async () => {
  const at = place();
  const { calls, handler } = byHand();
  const tokens = new Tokens(handler, at.place);
  for (let i = 0; i < 3; i++) tokens.refresh("");
  calls[1]!.resolve(token("second"));
  await turn();
  calls[0]!.resolve(token("first"));
  await turn();
  calls[2]!.resolve(token("third"));
  await turn();
  assertEquals(at.told, ["second", "third"]);
});

test("Tokens.refresh() reports a reason once, also when it comes again after another", async () => {
  const at = place();
  const reasons = ["a", "a", "b", "a"];
  const tokens = new Tokens(() => {
    const reason = reasons.shift();
    if (reason !== undefined) throw new Error(reason);
    return token("at last");
  }, at.place);
  tokens.refresh("");
  await waitFor(() => tokens.hasToken, { what: "a token" });
  assertEquals(at.told, ["failed", "failed", "failed", "failed", "at last"]);
  assertEquals(at.reported.map((cause) => (cause as Error).message), ["a", "b", "a"]);
  assertStrictEquals(tokens.failure, null);
});

test("Tokens.refresh() does nothing for a client that is closed", async () => {
  const at = place();
  const { calls, handler } = byHand();
  const tokens = new Tokens(handler, at.place);
  tokens.refresh("");
  at.isClosed = true;
  tokens.close();
  calls[0]!.reject(new Error("late"));
  await turn();
  tokens.refresh("");
  assertEquals([calls.length, at.told, at.reported], [1, [], []]);
});

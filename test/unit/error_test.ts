/** Errors as values. */
import { errorCodes, HandlerError, KafkaError, ProduceError, UnsupportedFeatureError } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertStrictEquals } from "../support/assert.ts";

test("KafkaError carries the code's name and no fact that was not given", () => {
  const error = new KafkaError("Cannot wait", errorCodes._TIMED_OUT);
  assertEquals([error.name, error.code, error.codeName], ["KafkaError", -185, "_TIMED_OUT"]);
  assertEquals([error.isFatal, error.isRetriable, error.txnRequiresAbort, "cause" in error], [
    false,
    false,
    false,
    false,
  ]);
  assert(error instanceof Error);
});

test("KafkaError names a code that this version does not know", () => {
  assertEquals(new KafkaError("", 12345).codeName, "ERR_12345");
  assertEquals(new KafkaError("", -9999).codeName, "ERR_-9999");
});

test("KafkaError keeps the facts and the cause it is given", () => {
  const cause = new TypeError("why");
  const facts = { isFatal: true, isRetriable: true, txnRequiresAbort: true, cause };
  const error = new KafkaError("", 90, facts);
  assertEquals([error.isFatal, error.isRetriable, error.txnRequiresAbort], [true, true, true]);
  assertStrictEquals(error.cause, cause);
});

test("KafkaError's kinds can be told apart, and are all KafkaErrors", () => {
  const errors = [
    new ProduceError("", 10, { status: "NOT_PERSISTED", reports: [] }),
    new UnsupportedFeatureError("shares", "2.15", "librdkafka 2.8.0"),
    new HandlerError("onDelivery", new Error("oops")),
  ];
  assertEquals(errors.map((error) => error.name), ["ProduceError", "UnsupportedFeatureError", "HandlerError"]);
  assertEquals(errors.map((error) => error.codeName), ["MSG_SIZE_TOO_LARGE", "_NOT_IMPLEMENTED", "_FAIL"]);
  assert(errors.every((error) => error instanceof KafkaError));
  assertEquals(
    errors[1]!.message,
    "Cannot use shares: it needs librdkafka 2.15 or later, and this is librdkafka 2.8.0",
  );
});

test("HandlerError tells of whatever was thrown", () => {
  for (const thrown of [new Error("oops"), "oops", undefined, null, 7, Symbol("s"), Object.create(null)]) {
    const error = new HandlerError("onError", thrown);
    assertEquals(error.handler, "onError");
    assert(error.message.startsWith("Cannot rely on the handler onError: it threw"), error.message);
  }
});

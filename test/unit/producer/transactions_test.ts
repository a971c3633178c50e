/** What a transaction's errors lead to. */
import { codeNameOf } from "../../../src/kafka/error_codes.ts";
import { HandlerError, KafkaError, ProduceError } from "../../../src/kafka/error.ts";
import { reactionTo } from "../../../src/producer/attempts.ts";
import { judge } from "../../../src/producer/transacting.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";

const error = (code: number, facts = {}): KafkaError => new KafkaError("an error", code, facts);
const state = -172;
const timedOut = -185;

test("judge() goes on after what is retriable, and fails after the rest", () => {
  const call = { isResumable: true, isFirst: true, hasStrayed: false };
  assertEquals(judge(null, call), "done");
  assertEquals(judge(error(timedOut, { isRetriable: true }), call), "again");
  assertEquals(judge(error(timedOut), call), "failed");
  assertEquals(judge(error(timedOut, { isRetriable: true, txnRequiresAbort: true }), call), "failed");
  assertEquals(judge(error(-144, { isRetriable: true, isFatal: true }), call), "failed");
});

test("judge() forgives one wrong state, to a call that was resumed", () => {
  const resumed = { isResumable: true, isFirst: false, hasStrayed: false };
  assertEquals(judge(error(state), resumed), "astray");
  assertEquals(judge(error(state), { ...resumed, hasStrayed: true }), "failed");
  assertEquals(judge(error(state), { ...resumed, isFirst: true }), "failed");
  assertEquals(judge(error(state), { ...resumed, isResumable: false }), "failed");
  assertEquals(judge(error(22), resumed), "failed");
});

/**
 * A second attempt reads the group's new metadata, with which the broker takes the offsets, and so the same input would be copied
 * twice: once here, and once by the member that has the partition now.
 */
test("reactionTo() does not try again what the group has given to another member", () => {
  const codes = [22, 25, 27, 82, 110, 113];
  assertEquals(codes.map((code) => codeNameOf(code)), [
    "ILLEGAL_GENERATION",
    "UNKNOWN_MEMBER_ID",
    "REBALANCE_IN_PROGRESS",
    "FENCED_INSTANCE_ID",
    "FENCED_MEMBER_EPOCH",
    "STALE_MEMBER_EPOCH",
  ]);
  for (const code of codes) {
    assertEquals(reactionTo(error(code, { txnRequiresAbort: true })), "abort");
    assertEquals(reactionTo(error(code, { isRetriable: true })), "abort");
  }
});

test("reactionTo() decides by an error's class", () => {
  const produceError = (code: number): ProduceError =>
    new ProduceError("an error", code, { status: "NOT_PERSISTED", reports: [] });
  assertEquals(reactionTo(error(47, { isFatal: true })), "throw");
  assertEquals(reactionTo(error(47, { isFatal: true, txnRequiresAbort: true })), "throw");
  assertEquals(reactionTo(error(90, { txnRequiresAbort: true })), "again");
  assertEquals(reactionTo(error(timedOut, { isRetriable: true })), "again");
  assertEquals(reactionTo(error(29)), "abort");
  assertEquals(reactionTo(produceError(-192)), "again");
  assertEquals(reactionTo(produceError(10)), "abort");
  assertEquals(reactionTo(new HandlerError("onError", new Error("mine"))), "abort");
  assertEquals(reactionTo(new TypeError("mine")), "abort");
  assertEquals(reactionTo("not even an error"), "abort");
  assertEquals(reactionTo(undefined), "abort");
});

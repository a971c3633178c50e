/** The headers of W3C's Trace Context, read and written. */
import { type HeadersLike, traceContext, withTraceContext } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertEquals, assertStrictEquals } from "../support/assert.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${parentId}-01`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("traceContext() reads the context from bytes and from texts, and from an object", () => {
  const expected = { traceparent, tracestate: "vendor=1", traceId, parentId, isSampled: true };
  const all: HeadersLike[] = [
    [["traceparent", bytes(traceparent)], ["other", null], ["tracestate", bytes("vendor=1")]],
    [["tracestate", "vendor=1"], ["traceparent", traceparent]],
    { traceparent, tracestate: "vendor=1" },
    new Map([["traceparent", traceparent], ["tracestate", "vendor=1"]]),
  ];
  for (const headers of all) assertEquals(traceContext(headers), expected);
});

test("traceContext() takes the last of several, knows what is not sampled, and later versions", () => {
  const other = `00-${traceId}-1111111111111111-00`;
  const last = traceContext([["traceparent", traceparent], ["traceparent", other]]);
  assertEquals([last?.parentId, last?.isSampled, last?.tracestate], ["1111111111111111", false, null]);
  assertStrictEquals(traceContext({ traceparent: `01-${traceId}-${parentId}-03-more` })?.isSampled, true);
});

test("traceContext() is null without a context, and with one that is none", () => {
  const wrong = [
    "",
    "nonsense",
    `ff-${traceId}-${parentId}-01`,
    `00-${traceId.toUpperCase()}-${parentId}-01`,
    `00-${"0".repeat(32)}-${parentId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId}-${parentId}-01-more`,
    `00-${traceId}-${parentId}`,
    ` ${traceparent}`,
  ];
  for (const text of wrong) assertStrictEquals(traceContext({ traceparent: text }), null, text);
  for (const headers of [null, undefined, [], {}, { traceparent: null }, { Traceparent: traceparent }]) {
    assertStrictEquals(traceContext(headers), null);
  }
});

test("withTraceContext() replaces a context, and leaves the other headers as they are", () => {
  const before: HeadersLike = [["a", "1"], ["traceparent", "old"], ["a", null], ["tracestate", bytes("old")]];
  assertEquals(withTraceContext(before, { traceparent }), [["a", "1"], ["a", null], ["traceparent", traceparent]]);
  assertEquals(withTraceContext({ a: "1" }, { traceparent, tracestate: "v=1" }), [
    ["a", "1"],
    ["traceparent", traceparent],
    ["tracestate", "v=1"],
  ]);
  assertEquals(withTraceContext(null, { traceparent, tracestate: "" }), [["traceparent", traceparent]]);
  assertEquals(withTraceContext(before, {}), [["a", "1"], ["a", null]]);
  assertEquals(traceContext(withTraceContext([], traceContext({ traceparent })!))?.traceparent, traceparent);
});

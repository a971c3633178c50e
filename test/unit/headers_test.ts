/** Headers are a list; these look at it by name. */
import { type Header, headersToMap, lastHeader } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertEquals, assertStrictEquals } from "../support/assert.ts";

const [one, two] = [new Uint8Array([1]), new Uint8Array([2])];
const headers: readonly Header[] = [["a", one], ["b", null], ["a", two], ["", new Uint8Array()]];

test("headersToMap() keeps every value of a name, in order", () => {
  assertEquals(headersToMap(headers), new Map([["a", [one, two]], ["b", [null]], ["", [new Uint8Array()]]]));
  assertEquals(headersToMap([]), new Map());
});

test("lastHeader() tells null from a name that is not there", () => {
  assertStrictEquals(lastHeader(headers, "a"), two);
  assertStrictEquals(lastHeader(headers, "b"), null);
  assertStrictEquals(lastHeader(headers, "c"), undefined);
});

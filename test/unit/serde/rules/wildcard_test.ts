/** Wildcards beyond the golden vectors: sets, escapes, and patterns that mean harm. */
import { wildcard } from "../../../../src/serde/rules/wildcard.ts";
import { test } from "../../../harness.ts";
import { assertEquals } from "../../../support/assert.ts";

test("wildcard() takes sets, ranges and escapes, and everything else as it is", () => {
  const matches = (pattern: string, ...texts: string[]) => texts.filter(wildcard(pattern));
  assertEquals(matches("a[b-d]", "ab", "ad", "ae", "a[b-d]"), ["ab", "ad"]);
  assertEquals(matches("a[^b]", "ab", "ac"), ["ac"]);
  assertEquals(matches("a\\*", "a*", "ab"), ["a*"]);
  assertEquals(matches("[", "[", "a"), ["["]);
  assertEquals(matches("$.name", "$.name", "x.name"), ["$.name"]);
  assertEquals(matches("**.*", "a", "a.b"), ["a", "a.b"]);
  assertEquals(matches("", "", "a"), [""]);
});

test("wildcard() ends on hostile patterns", () => {
  const start = performance.now();
  assertEquals(wildcard(`${"*a".repeat(200)}b`)("a".repeat(5000)), false);
  assertEquals(performance.now() - start < 5000, true);
});

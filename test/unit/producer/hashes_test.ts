/** The hash functions of librdkafka's partitioners, beside what confluent-kafka-python gives. */
import { consistent, fnv1a, type HashKey, murmur2 } from "../../../mod.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";

const counts = [1, 2, 12, 100, 2147483647];
const allBytes = new Uint8Array(256).map((_, i) => i);

/** Recorded with confluent-kafka-python 2.16.1: a line for each count above. */
const recorded: readonly (readonly [key: HashKey, murmur2: number[], consistent: number[], fnv1a: number[]])[] = [
  ["", [0, 1, 9, 81, 275646681], [0, 0, 0, 0, 0], [0, 1, 3, 35, 2128831035]],
  ["a", [0, 0, 4, 24, 584102524], [0, 1, 3, 7, 1756872260], [0, 0, 0, 76, 468965076]],
  ["kafka", [0, 0, 4, 80, 1348980580], [0, 1, 11, 99, 1539077399], [0, 1, 5, 45, 221496545]],
  ["giberish123456789", [0, 0, 8, 20, 257239820], [0, 1, 11, 71, 2067435071], [0, 1, 5, 73, 2007335573]],
  ["žluťoučký 😀", [0, 1, 5, 49, 1773346049], [0, 0, 6, 30, 916588883], [0, 0, 10, 86, 705528286]],
  [allBytes, [0, 0, 10, 74, 199136374], [0, 1, 7, 91, 688229491], [0, 1, 11, 63, 1868277563]],
];

test("murmur2(), consistent() and fnv1a() choose what confluent-kafka-python chooses", () => {
  for (const [key, ...expected] of recorded) {
    const chosen = [murmur2, consistent, fnv1a].map((hash) => counts.map((count) => hash(key, count)));
    assertEquals(chosen, expected, String(key));
  }
});

test("murmur2(), consistent() and fnv1a() take a view of other bytes, and no key as an empty one", () => {
  for (const hash of [murmur2, consistent, fnv1a]) {
    for (let length = 0; length < 9; length++) {
      const view = allBytes.subarray(97, 97 + length);
      assertEquals(hash(view, 1009), hash("abcdefghi".slice(0, length), 1009));
    }
    assertEquals([hash(null, 97), hash(undefined, 97)], [hash("", 97), hash("", 97)]);
  }
});

test("murmur2(), consistent() and fnv1a() refuse what is no key or no count", () => {
  for (const hash of [murmur2, consistent, fnv1a]) {
    for (const key of [1, {}, [1], "\ud800"]) assertThrows(() => hash(key as string, 4), TypeError, "Cannot hash");
    for (const count of [0, -1, 1.5, NaN, 2 ** 31, "4", undefined]) {
      assertThrows(() => hash("key", count as number), RangeError, "Cannot choose among");
    }
  }
});

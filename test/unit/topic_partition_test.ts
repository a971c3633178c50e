/** Partitions as keys and in order. */
import { comparePartitions, partitionKey } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertEquals } from "../support/assert.ts";

test("comparePartitions() sorts by topic, then by number and not by its digits", () => {
  const sorted = [["b", 0], ["a", 10], ["a", 2], ["B", 1]] as const;
  const partitions = sorted.map(([topic, partition]) => ({ topic, partition }));
  assertEquals(partitions.sort(comparePartitions).map(partitionKey), ["B:1", "a:2", "a:10", "b:0"]);
  assertEquals(comparePartitions({ topic: "a", partition: 1 }, { topic: "a", partition: 1 }), 0);
});

test("partitionKey() is the same for whatever names the same partition", () => {
  const messages = [{ topic: "a", partition: 1, offset: 5 }, { topic: "a", partition: 1, offset: 6 }];
  assertEquals(new Set(messages.map(partitionKey)).size, 1);
  assertEquals(partitionKey({ topic: "a.1", partition: 1 }) === partitionKey({ topic: "a", partition: 11 }), false);
});

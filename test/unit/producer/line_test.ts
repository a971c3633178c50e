/** Those who wait, first come first served. */
import { Line } from "../../../src/producer/line.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertLess } from "../../support/assert.ts";

test("Line.shift() lets go in the order of add(), also while others come", () => {
  const line = new Line<number>();
  const seen: number[] = [];
  let next = 0;
  for (let round = 0; round < 5_000; round++) {
    line.add(next++);
    line.add(next++);
    if (round % 3 === 0) line.add(next++);
    seen.push(line.first);
    line.shift();
    assertEquals(line.length, next - seen.length);
  }
  while (line.length > 0) {
    seen.push(line.first);
    line.shift();
  }
  assertEquals(seen, Array.from({ length: next }, (_, i) => i));
});

test("Line.takeAll() empties a line that was used", () => {
  const line = new Line<string>();
  for (const one of ["a", "b", "c"]) line.add(one);
  line.shift();
  assertEquals([line.takeAll(), line.length, line.takeAll()], [["b", "c"], 0, []]);
  line.add("d");
  assertEquals([line.first, line.length], ["d", 1]);
});

test("Line.shift() costs the same in a long line", () => {
  // Array.shift() takes minutes for this: the first million sends that waited for room hung.
  const line = new Line<number>();
  for (let i = 0; i < 1_000_000; i++) line.add(i);
  const start = performance.now();
  while (line.length > 0) line.shift();
  assertLess(performance.now() - start, 2_000);
});

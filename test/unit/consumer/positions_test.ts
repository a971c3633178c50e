/** Which offsets count as done: a message does when the reader asks for more, and no longer after a seek or a rebalance. */
import { Positions } from "../../../src/consumer/positions.ts";
import type { Message } from "../../../src/kafka/message.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";

const message = (partition: number, offset: number, leaderEpoch: number | null = null): Message => ({
  ...{ topic: "t", partition, offset, key: null, value: null, headers: [] },
  ...{ timestamp: null, timestampType: "NOT_AVAILABLE", leaderEpoch },
});
const done = (positions: Positions) => positions.takeDone().map(({ partition, offset }) => `${partition}:${offset}`);

test("Positions counts a message as done when the reader asks for more", () => {
  const positions = new Positions();
  positions.hand(message(0, 41));
  assertEquals(positions.of("t", 0).position, 42);
  assertEquals(done(positions), []);
  positions.finish();
  assertEquals(done(positions), ["0:42"]);
  assertEquals(done(positions), []);
});

test("Positions notes one offset for each stretch of a partition, and the last one counts", () => {
  const positions = new Positions();
  positions.handAll([message(0, 0), message(0, 1), message(1, 5), message(0, 2)]);
  positions.finish();
  assertEquals(done(positions).sort(), ["0:3", "1:6"]);
});

test("Positions keeps the leader epoch of the message that is done", () => {
  const positions = new Positions();
  positions.hand(message(3, 9, 7));
  positions.finish();
  assertEquals(positions.takeDone(), [{ topic: "t", partition: 3, offset: 10, leaderEpoch: 7 }]);
});

test("Positions.invalidate() takes back a message in hand, and one that is done", () => {
  const positions = new Positions();
  positions.handAll([message(0, 4), message(1, 4)]);
  positions.invalidate(positions.of("t", 0), 2);
  positions.finish();
  assertEquals(positions.of("t", 0).position, 2);
  positions.invalidate(positions.of("t", 1), null);
  assertEquals(done(positions), []);
});

test("Positions counts again what is handed over after invalidate()", () => {
  const positions = new Positions();
  positions.hand(message(0, 4));
  positions.invalidate(positions.of("t", 0), 0);
  positions.hand(message(0, 0));
  positions.finish();
  assertEquals(done(positions), ["0:1"]);
});

test("Positions.forget() leaves no partition, and what it had in hand no longer counts", () => {
  const positions = new Positions();
  positions.handAll([message(0, 4), message(2, 4)]);
  positions.forget({ topic: "t", partition: 0 });
  positions.finish();
  assertEquals(positions.all().map(({ partition }) => partition), [2]);
  assertEquals(positions.find({ topic: "t", partition: 0 }), undefined);
  assertEquals(done(positions), ["2:5"]);
  assertEquals(positions.of("t", 0).position, null);
});

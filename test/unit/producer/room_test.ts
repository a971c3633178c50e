/** How much librdkafka's queue can still take. */
import { Room } from "../../../src/producer/room.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";

test("Room.has ends with the last message that may come, and begins again with a report", () => {
  const room = new Room(2, 1000);
  room.take(1, 1);
  assertEquals(room.has, true);
  room.take(1, 1);
  assertEquals(room.has, false);
  room.give(1, 1);
  assertEquals(room.has, true);
});

test("Room.has ends when the bytes are used up", () => {
  const room = new Room(100, 1000);
  room.take(1, 999);
  assertEquals(room.has, true);
  room.take(1, 5000);
  assertEquals(room.has, false);
  room.give(1, 999);
  assertEquals(room.has, false);
  room.give(1, 5000);
  assertEquals(room.has, true);
});

test("Room without a limit of messages is limited by bytes only", () => {
  const room = new Room(0, 1000);
  for (let i = 0; i < 1_000; i++) room.take(1, 0);
  assertEquals(room.has, true);
  room.take(1, 1000);
  assertEquals(room.has, false);
});

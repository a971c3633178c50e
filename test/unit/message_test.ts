/** Messages in memory of their own. */
import { detachMessage, type Header, type Message } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Two messages that share memory, as those that are fetched together do. */
function neighbours(): [Message, Message] {
  const arena = new Uint8Array(1000).map((_, i) => i);
  const message = (offset: number): Message => ({
    topic: "t",
    partition: 0,
    offset,
    key: arena.subarray(offset * 10, offset * 10 + 2),
    value: arena.subarray(offset * 10 + 2, offset * 10 + 5),
    headers: [["h", arena.subarray(900, 903)], ["none", null]],
    timestamp: 5,
    timestampType: "CREATE_TIME",
    leaderEpoch: null,
  });
  return [message(0), message(1)];
}

test("detachMessage() copies key, value and headers out of shared memory", () => {
  const [first, second] = neighbours();
  const own = detachMessage(first);
  assertEquals(own, first);
  const parts = [own.key!, own.value!, own.headers[0]![1]!];
  assertEquals(parts.map(({ buffer }) => buffer.byteLength), [2, 3, 3]);
  structuredClone(own, { transfer: parts.map(({ buffer }) => buffer as ArrayBuffer) });
  assertEquals([own.value!.length, first.value!.length, second.value!.length], [0, 3, 3]);
});

test("detachMessage() keeps what is null, what is no bytes, and what else a message has", () => {
  const [first] = neighbours();
  const order = { id: 1 };
  const typed = { ...first, key: null, value: order, headers: [] as Header[], deliveryCount: 2 };
  const own = detachMessage(typed);
  assertEquals([own.key, own.headers, own.deliveryCount], [null, [], 2]);
  assert(own.value === order);
});

/**
 * A record with a timestamp beyond 2^53, as in nanoseconds, once took its whole batch with it: the number was refused after
 * librdkafka had counted the batch as read.
 */
import { constants, layout } from "../../../ffi/mod.ts";
import { Consumer, Producer } from "../../../mod.ts";
import { createHandle } from "../../../src/native/handle.ts";
import { openNative } from "../../../src/native/native.ts";
import { MockCluster } from "../../../testing.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";

const nanoseconds = 1_790_000_000_000_000_000n;

/** Writes a record with a timestamp that our producer refuses. */
function writeStrange(servers: string, topic: string): void {
  const { c, library } = openNative();
  const handle = createHandle(openNative(), "producer", new Map([["bootstrap.servers", servers]]));
  const text = library.block(64);
  text.bytes.set(new TextEncoder().encode(`${topic}\0strange`));
  const args = library.block(4 * layout.vu.size);
  const view = new DataView(args.bytes.buffer);
  const slot = (index: number, type: number): number => {
    view.setInt32(index * layout.vu.size, type, true);
    return index * layout.vu.size;
  };
  view.setBigUint64(slot(0, constants.RD_KAFKA_VTYPE_TOPIC) + layout.vu.cstr, BigInt(text.address), true);
  const value = slot(1, constants.RD_KAFKA_VTYPE_VALUE);
  view.setBigUint64(value + layout.vu.memPtr, BigInt(text.address + topic.length + 1), true);
  view.setBigUint64(value + layout.vu.memSize, 7n, true);
  view.setInt32(slot(2, constants.RD_KAFKA_VTYPE_MSGFLAGS) + layout.vu.i, constants.RD_KAFKA_MSG_F_COPY, true);
  view.setBigInt64(slot(3, constants.RD_KAFKA_VTYPE_TIMESTAMP) + layout.vu.i64, nanoseconds, true);
  const error = c.rd_kafka_produceva(handle, args.pointer, library.word(4));
  assertEquals(library.isNull(error), true);
  // Nobody serves its report, so it counts as pending although it is written.
  assertEquals(c.rd_kafka_flush(handle, 500), -185);
  c.rd_kafka_purge(handle, 7);
  c.rd_kafka_destroy(handle);
}

test("Consumer reads a record whose timestamp no number can hold, and its neighbours", async () => {
  await using cluster = new MockCluster();
  const topic = "strange";
  cluster.createTopic(topic, { partitions: 1 });
  const servers = { "bootstrap.servers": cluster.bootstrapServers };
  await using producer = new Producer({ ...servers, "linger.ms": 0 });
  await producer.send({ topic, value: "before" });
  writeStrange(cluster.bootstrapServers, topic);
  await producer.send({ topic, value: "after" });

  await using consumer = new Consumer({ ...servers, "group.id": topic });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  const messages = await consumer.consume(3, { timeoutMs: 10_000 });
  assertEquals(messages.map(({ value }) => new TextDecoder().decode(value!)), ["before", "strange", "after"]);
  assertEquals(messages[1]!.timestamp, Number(nanoseconds));
});

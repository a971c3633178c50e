/** Why a consumer that only assigns needs a group: what librdkafka says without one. */
import { Consumer, KafkaError } from "../../../mod.ts";
import { createHandle } from "../../../src/native/handle.ts";
import { openNative } from "../../../src/native/native.ts";
import { withPartitionList } from "../../../src/native/partition_list.ts";
import { errorCodes } from "../../../src/kafka/error_codes.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertMatch, assertThrows } from "../../support/assert.ts";

/** When this fails, librdkafka has learnt it, and `openReading()` need not ask for a group any more. */
test("rd_kafka_assign() refuses a consumer without group.id", () => {
  const native = openNative();
  const { c, library } = native;
  const config = new Map([["bootstrap.servers", "127.0.0.1:1"], ["log.queue", "true"]]);
  const handle = createHandle(native, "consumer", config, null);
  try {
    const assign = [{ topic: "t", partition: 0 }];
    const code = withPartitionList(native, assign, (list) => c.rd_kafka_assign(handle, list));
    assertEquals(code, errorCodes._UNKNOWN_GROUP);
    assertEquals(library.isNull(c.rd_kafka_queue_get_consumer(handle)), true);
  } finally {
    c.rd_kafka_destroy(handle);
  }
});

test("Consumer without group.id says why it needs one", () => {
  const { message } = assertThrows(() => new Consumer({ "bootstrap.servers": "127.0.0.1:1" } as never), KafkaError);
  assertMatch(message, /"group.id" is not set.*not even with assign\(\)/);
});

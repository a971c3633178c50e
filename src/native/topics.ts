/** How many partitions topics have: asked of a broker, and answered by a queue event. */
import { constants, type Pointer } from "../../ffi/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import type { Native } from "./native.ts";
import { type Request, withOptions } from "./queries.ts";

/** Asks for a topic's partitions. The answer also tells librdkafka itself of them, before it arrives here. */
export function requestPartitionCount(native: Native, request: Request, topic: string): void {
  const { c, library } = native;
  withOptions(native, constants.RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, request, (options) => {
    const name = native.scratch.reset().text(topic, "topic");
    const names = library.block(8);
    const address = library.number(name);
    names.u32[0] = address >>> 0;
    names.u32[1] = Math.floor(address / 2 ** 32);
    const topics = c.rd_kafka_TopicCollection_of_topic_names(names.pointer, library.word(1));
    c.rd_kafka_DescribeTopics(request.client, topics, options, request.queue);
    c.rd_kafka_TopicCollection_destroy(topics);
  });
}

/** The answer to {@link requestPartitionCount}; throws what the broker says of the topic, if it is an error. */
export function readPartitionCount(native: Native, event: Pointer): number {
  const { c, library } = native;
  const count = library.block(8);
  const topics = c.rd_kafka_DescribeTopics_result_topics(
    c.rd_kafka_event_DescribeTopics_result(event),
    count.pointer,
  );
  const pointers = library.block(8);
  c.memcpy(pointers.pointer, topics, library.word(8));
  const topic = library.pointerAt(pointers, 0);
  const error = c.rd_kafka_TopicDescription_error(topic);
  const code = library.isNull(error) ? 0 : c.rd_kafka_error_code(error);
  if (code !== 0) {
    // The error belongs to the result: it is read and not destroyed.
    const name = native.text(c.rd_kafka_TopicDescription_name(topic)) ?? "";
    const reason = native.text(c.rd_kafka_error_string(error)) ?? native.describe(code);
    throw new KafkaError(`Cannot look up the partitions of ${name}: ${reason}`, code);
  }
  c.rd_kafka_TopicDescription_partitions(topic, count.pointer);
  return count.u32[0]!;
}

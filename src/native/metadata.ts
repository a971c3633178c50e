/** `struct rd_kafka_metadata` as plain values. */
import { type Block, layout, type Pointer } from "../../ffi/mod.ts";
import type { BrokerMetadata, ClusterMetadata, PartitionMetadata, TopicMetadata } from "../kafka/metadata.ts";
import type { Native } from "./native.ts";

const { metadata, metadataBroker, metadataTopic, metadataPartition } = layout;

/** Reads what librdkafka has made of an answer, whose address is at `out`, and destroys it. */
export function takeMetadata(native: Native, client: Pointer, out: Pointer): ClusterMetadata {
  const { c, library } = native;
  const pointer = library.pointerAt(copy(native, out, 8), 0);
  try {
    const head = copy(native, pointer, metadata.size);
    const brokers = readArray(native, head, metadata.brokers, metadata.brokerCnt, metadataBroker.size, readBroker);
    const topics = readArray(native, head, metadata.topics, metadata.topicCnt, metadataTopic.size, readTopic);
    const controllerId = c.rd_kafka_controllerid(client, 0);
    const brokerId = head.i32[metadata.origBrokerId / 4]!;
    return {
      clusterId: readClusterId(native, client),
      controllerId: controllerId < 0 ? null : controllerId,
      answeredBy: {
        id: brokerId < 0 ? null : brokerId,
        name: native.text(library.pointerAt(head, metadata.origBrokerName / 8)) ?? "",
      },
      brokers: brokers.sort((a, b) => a.id - b.id),
      topics: topics.sort((a, b) => a.topic < b.topic ? -1 : 1),
    };
  } finally {
    c.rd_kafka_metadata_destroy(pointer);
  }
}

/** The answer that was just read has told librdkafka the cluster's name: nothing waits here. */
function readClusterId(native: Native, client: Pointer): string | null {
  const { c } = native;
  const pointer = c.rd_kafka_clusterid(client, 0);
  const clusterId = native.text(pointer);
  if (clusterId !== null) c.rd_kafka_mem_free(client, pointer);
  return clusterId;
}

function copy({ c, library }: Native, pointer: Pointer, byteLength: number): Block {
  const block = library.block(byteLength);
  if (byteLength > 0) c.memcpy(block.pointer, pointer, library.word(byteLength));
  return block;
}

/** Reads an array of structs whose address and length are fields of another struct, which begins at `start` of its block. */
function readArray<T>(
  native: Native,
  block: Block,
  addressAt: number,
  countAt: number,
  size: number,
  readOne: (native: Native, block: Block, start: number) => T,
): T[] {
  const length = block.i32[countAt / 4]!;
  const all = copy(native, native.library.pointerAt(block, addressAt / 8), length * size);
  return Array.from({ length }, (_, i) => readOne(native, all, i * size));
}

function readBroker(native: Native, block: Block, start: number): BrokerMetadata {
  return {
    id: block.i32[(start + metadataBroker.id) / 4]!,
    host: native.text(native.library.pointerAt(block, (start + metadataBroker.host) / 8)) ?? "",
    port: block.i32[(start + metadataBroker.port) / 4]!,
  };
}

function readTopic(native: Native, block: Block, start: number): TopicMetadata {
  const { library } = native;
  const topic = native.text(library.pointerAt(block, (start + metadataTopic.topic) / 8)) ?? "";
  const code = block.i32[(start + metadataTopic.err) / 4]!;
  const { partitions, partitionCnt } = metadataTopic;
  const readOne = (_: Native, each: Block, at: number): PartitionMetadata => readPartition(native, topic, each, at);
  return {
    topic,
    partitions: readArray(native, block, start + partitions, start + partitionCnt, metadataPartition.size, readOne)
      .sort((a, b) => a.partition - b.partition),
    error: code === 0 ? null : native.error(`Cannot describe ${topic}`, code),
  };
}

function readPartition(native: Native, topic: string, block: Block, start: number): PartitionMetadata {
  const at = (offset: number): number => block.i32[(start + offset) / 4]!;
  const numbers = (addressAt: number, countAt: number): number[] =>
    readArray(native, block, start + addressAt, start + countAt, 4, (_, each, i) => each.i32[i / 4]!);
  const partition = at(metadataPartition.id);
  const leader = at(metadataPartition.leader);
  const code = at(metadataPartition.err);
  return {
    partition,
    leader: leader < 0 ? null : leader,
    replicas: numbers(metadataPartition.replicas, metadataPartition.replicaCnt),
    isrs: numbers(metadataPartition.isrs, metadataPartition.isrCnt),
    error: code === 0 ? null : native.error(`Cannot use ${topic} [${partition}]`, code),
  };
}

/** What a consumer asks of librdkafka and of the brokers beside reading: commits, offsets, its subscription and assignment. */
import type { Client } from "../client/client.ts";
import { KafkaError } from "../kafka/error.ts";
import type { ErrorCodeName } from "../kafka/error_codes.ts";
import type { Message } from "../kafka/message.ts";
import {
  partitionKey,
  type PartitionOffset,
  type TopicPartition,
  type TopicPartitionOffset,
  type TopicPartitionTime,
  type WatermarkOffsets,
} from "../kafka/topic_partition.ts";
import type { Pointer } from "../native/memory.ts";
import { readPartitionList, withPartitionList } from "../native/partition_list.ts";
import {
  offsetSpec,
  readCommit,
  readGroupOffsets,
  readOffsets,
  requestCommit,
  requestGroupOffsets,
  requestOffsets,
} from "../native/queries.ts";
import { describe } from "../native/scratch.ts";
import type { LookupOptions } from "./options.ts";
import { topicPattern } from "./pattern.ts";

const defaultLookupMs = 10_000;
const noOffset = -168;

/** Errors that a broker has with single partitions of a commit. */
const partitionErrors: readonly ErrorCodeName[] = [
  "UNKNOWN_TOPIC_OR_PART",
  "TOPIC_AUTHORIZATION_FAILED",
  "OFFSET_METADATA_TOO_LARGE",
  "INVALID_COMMIT_OFFSET_SIZE",
];

/** Commits offsets; with null, what is stored for the assignment. */
export async function commitOffsets(
  client: Client,
  offsets: readonly TopicPartitionOffset[] | null,
  options: LookupOptions,
): Promise<PartitionOffset[]> {
  if (offsets !== null && offsets.length === 0) return [];
  try {
    return await commitTogether(client, offsets, options);
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    if (error.code === noOffset) return [];
    if (offsets === null || offsets.length === 1 || !partitionErrors.includes(error.codeName)) throw error;
    return await commitOneByOne(client, offsets, options);
  }
}

function commitTogether(
  client: Client,
  offsets: readonly TopicPartitionOffset[] | null,
  options: LookupOptions,
): Promise<PartitionOffset[]> {
  const { native } = client;
  return client.ask(
    "Cannot commit",
    options,
    defaultLookupMs,
    (request) => requestCommit(native, request, offsets),
    (event) => readCommit(native, event),
  );
}

/** When one partition fails, librdkafka gives its error to all of them: asked for one by one, each has its own answer. */
async function commitOneByOne(
  client: Client,
  offsets: readonly TopicPartitionOffset[],
  options: LookupOptions,
): Promise<PartitionOffset[]> {
  const answers = await Promise.all(offsets.map(async (each): Promise<PartitionOffset> => {
    try {
      return (await commitTogether(client, [each], options))[0]!;
    } catch (error) {
      if (!(error instanceof KafkaError) || !partitionErrors.includes(error.codeName)) throw error;
      return {
        ...plain(each),
        offset: null,
        metadata: each.metadata ?? null,
        leaderEpoch: each.leaderEpoch ?? null,
        error,
      };
    }
  }));
  const failed = answers.filter(({ error }) => error !== null);
  if (failed.length === answers.length) throw failed[0]!.error!;
  return answers;
}

/** What a group has committed. */
export async function committedOffsets(
  client: Client,
  partitions: readonly TopicPartition[],
  options: LookupOptions,
): Promise<PartitionOffset[]> {
  const { native } = client;
  if (partitions.length === 0) return [];
  const group = client.setting(["group.id"], "");
  const answer = await client.ask(
    "Cannot read committed offsets",
    options,
    defaultLookupMs,
    (request) => requestGroupOffsets(native, request, group, partitions.map(plain)),
    (event) => readGroupOffsets(native, event),
  );
  return inOrderOf(partitions, answer);
}

/** The ends of a partition. */
export async function watermarkOffsets(
  client: Client,
  partition: TopicPartition,
  options: LookupOptions,
): Promise<WatermarkOffsets> {
  const end = async (spec: number): Promise<number> => {
    const [entry] = await lookUp(client, [{ ...plain(partition), spec }], options);
    if (entry === undefined || entry.error !== null) throw entry?.error ?? new KafkaError("Cannot look up offsets", -1);
    return entry.offset ?? 0;
  };
  const [low, high] = await Promise.all([end(offsetSpec.earliest), end(offsetSpec.latest)]);
  return { low, high };
}

/** The first offsets at or after given times. */
export async function offsetsForTimes(
  client: Client,
  times: readonly TopicPartitionTime[],
  options: LookupOptions,
): Promise<PartitionOffset[]> {
  if (times.length === 0) return [];
  for (const { timestamp } of times) {
    if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
      throw new RangeError(`Cannot look up the time ${describe(timestamp)}: milliseconds since 1970 are wanted`);
    }
  }
  const asked = times.map((time) => ({ ...plain(time), spec: time.timestamp }));
  return inOrderOf(times, await lookUp(client, asked, options));
}

/** Asks for topics, by name or pattern. */
export function subscribe({ native, handle }: Client, topics: readonly (string | RegExp)[]): void {
  if (!Array.isArray(topics)) {
    throw new TypeError(`Cannot subscribe to ${describe(topics)}: an array of topics is wanted`);
  }
  const list = (topics as readonly (string | RegExp)[]).map((topic) => ({
    topic: topic instanceof RegExp ? topicPattern(topic) : topic,
    partition: 0,
  }));
  const code = withPartitionList(native, list, (pointer) => native.c.rd_kafka_subscribe(handle, pointer));
  native.checkCode("Cannot subscribe", code);
}

/** The partitions that a consumer has. */
export function currentAssignment(client: Client): TopicPartition[] {
  const { c } = client.native;
  return readOwnList(client, "Cannot read the assignment", c.rd_kafka_assignment).map(plain);
}

/** The topics that a consumer asked for. */
export function currentSubscription(client: Client): string[] {
  const { c } = client.native;
  return readOwnList(client, "Cannot read the subscription", c.rd_kafka_subscription).map(({ topic }) => topic);
}

/** A list that the call makes and this function destroys. */
function readOwnList(
  { native, handle }: Client,
  action: string,
  call: (handle: Pointer, out: Pointer) => number,
): PartitionOffset[] {
  const { c, library } = native;
  const out = library.block(8);
  native.checkCode(action, call(handle, out.pointer));
  const list = library.pointerAt(out, 0);
  try {
    return readPartitionList(native, list, action);
  } finally {
    c.rd_kafka_topic_partition_list_destroy(list);
  }
}

function lookUp(
  client: Client,
  partitions: readonly (TopicPartition & { readonly spec: number })[],
  options: LookupOptions,
): Promise<PartitionOffset[]> {
  const { native } = client;
  // A reader of committed messages reads up to the last stable offset.
  const isReadCommitted = client.setting(["isolation.level"], "read_committed") === "read_committed";
  return client.ask(
    "Cannot look up offsets",
    options,
    defaultLookupMs,
    (request) => requestOffsets(native, request, partitions, isReadCommitted),
    (event) => readOffsets(native, event),
  );
}

function plain({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}

/** librdkafka sorts its answers; ours are in the order of the question. */
function inOrderOf(asked: readonly TopicPartition[], answer: readonly PartitionOffset[]): PartitionOffset[] {
  return asked.map(({ topic, partition }) => {
    const found = answer.find((entry) => entry.topic === topic && entry.partition === partition);
    return found ?? { topic, partition, offset: null, metadata: null, leaderEpoch: null, error: null };
  });
}

/** What counts as done: a message, messages, or partitions with the offset to read next. */
export type DoneLike = Message | readonly Message[] | readonly TopicPartitionOffset[];

/** The offsets that are to be kept. A message's own is the one after it; of several in a partition the last counts. */
export function offsetsOf(what: DoneLike): readonly TopicPartitionOffset[] {
  const list: readonly (Message | TopicPartitionOffset)[] = isList(what) ? what : [what];
  const offsets = new Map<string, TopicPartitionOffset>();
  for (const each of list) {
    if (typeof each !== "object" || each === null) {
      throw new TypeError(
        `Cannot use ${describe(each)} as offset: a message, or a partition with an offset, is wanted`,
      );
    }
    offsets.set(partitionKey(each), isMessage(each) ? { ...each, offset: each.offset + 1, metadata: null } : each);
  }
  return [...offsets.values()].map(({ topic, partition, offset, metadata, leaderEpoch }) => ({
    topic,
    partition,
    offset: offset ?? null,
    metadata: metadata ?? null,
    leaderEpoch: leaderEpoch ?? null,
  }));
}

function isList(what: DoneLike): what is readonly Message[] | readonly TopicPartitionOffset[] {
  return Array.isArray(what);
}

function isMessage(each: Message | TopicPartitionOffset): each is Message {
  return "timestampType" in each;
}

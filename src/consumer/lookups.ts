/** What a consumer asks of librdkafka and of the brokers beside reading: commits, offsets, its subscription and assignment. */
import { errorCodes } from "../kafka/error_codes.ts";
import { ask, askAll } from "../client/asking.ts";
import type { Client } from "../client/client.ts";
import type { Question } from "../client/requests.ts";
import { checkOptions } from "../client/wait.ts";
import type { Work } from "../kafka/work.ts";
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
import { checkPlace, checkPlaces, readPartitionList, withPartitionList } from "../native/partition_list.ts";
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
import type { LookupOptions, WatermarkOptions } from "./options.ts";
import { topicPattern } from "./pattern.ts";

/** Errors that a broker has with single partitions of a commit. */
const partitionErrors: readonly ErrorCodeName[] = [
  "UNKNOWN_TOPIC_OR_PART",
  "TOPIC_AUTHORIZATION_FAILED",
  "OFFSET_METADATA_TOO_LARGE",
  "INVALID_COMMIT_OFFSET_SIZE",
];

/** Commits offsets; with null, what is stored for the assignment. */
export function* commitOffsets(
  client: Client,
  offsets: readonly TopicPartitionOffset[] | null,
  options: LookupOptions,
): Work<PartitionOffset[]> {
  if (offsets !== null && offsets.length === 0) return [];
  try {
    return yield* ask(client, commitOf(client, offsets), options);
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    if (error.code === errorCodes._NO_OFFSET) return [];
    if (offsets === null || offsets.length === 1 || !partitionErrors.includes(error.codeName)) throw error;
    return yield* commitOneByOne(client, offsets, options);
  }
}

function commitOf({ native }: Client, offsets: readonly TopicPartitionOffset[] | null): Question<PartitionOffset[]> {
  return {
    action: "Cannot commit",
    start: (request) => requestCommit(native, request, offsets),
    read: (event) => readCommit(native, event),
  };
}

/** When one partition fails, librdkafka gives its error to all of them: asked for one by one, each has its own answer. */
function* commitOneByOne(
  client: Client,
  offsets: readonly TopicPartitionOffset[],
  options: LookupOptions,
): Work<PartitionOffset[]> {
  const outcomes = yield* askAll(client, offsets.map((each) => commitOf(client, [each])), options);
  const answers = outcomes.map((outcome, i): PartitionOffset => {
    if (outcome.status === "fulfilled") return outcome.value[0]!;
    const error: unknown = outcome.reason;
    if (!(error instanceof KafkaError) || !partitionErrors.includes(error.codeName)) throw error;
    const each = offsets[i]!;
    return {
      ...plain(each),
      offset: null,
      metadata: each.metadata ?? null,
      leaderEpoch: each.leaderEpoch ?? null,
      error,
    };
  });
  const failed = answers.filter(({ error }) => error !== null);
  if (failed.length === answers.length) throw failed[0]!.error!;
  return answers;
}

/** What a group has committed. */
export function* committedOffsets(
  client: Client,
  partitions: readonly TopicPartition[],
  options: LookupOptions,
): Work<PartitionOffset[]> {
  const { native } = client;
  if (checkPlaces(partitions).length === 0) return [];
  const group = client.setting(["group.id"], "");
  const answer = yield* ask(client, {
    action: "Cannot read committed offsets",
    start: (request) => requestGroupOffsets(native, request, group, partitions.map(plain)),
    read: (event) => readGroupOffsets(native, event),
  }, options);
  return inOrderOf(partitions, answer);
}

/** The ends of a partition, if it may be as the last fetch has told them. */
export function* watermarkOffsets(
  client: Client,
  partition: TopicPartition,
  options: WatermarkOptions,
): Work<WatermarkOffsets> {
  checkPlace(partition);
  checkOptions(options);
  const cached = options.cached ? cachedWatermarks(client, partition) : null;
  if (cached !== null) return cached;
  const specs = [offsetSpec.earliest, offsetSpec.latest];
  const answers = yield* askAll(
    client,
    specs.map((spec) => offsetsAt(client, [{ ...plain(partition), spec }])),
    options,
  );
  const [low = 0, high = 0] = answers.map((answer) => {
    if (answer.status === "rejected") throw answer.reason;
    const [entry] = answer.value;
    if (entry === undefined || entry.error !== null) throw entry?.error ?? new KafkaError("Cannot look up offsets", -1);
    return entry.offset ?? 0;
  });
  return { low, high };
}

/** The first offsets of partitions, or those that their next records will get. */
export function* edges(
  client: Client,
  partitions: readonly TopicPartition[],
  edge: "earliest" | "latest",
  options: LookupOptions,
): Work<PartitionOffset[]> {
  if (partitions.length === 0) return [];
  const asked = partitions.map((partition) => ({ ...plain(partition), spec: offsetSpec[edge] }));
  return inOrderOf(partitions, yield* ask(client, offsetsAt(client, asked), options));
}

/** The first offsets at or after given times. */
export function* offsetsForTimes(
  client: Client,
  times: readonly TopicPartitionTime[],
  options: LookupOptions,
): Work<PartitionOffset[]> {
  if (checkPlaces(times, "times").length === 0) return [];
  for (const { timestamp } of times) {
    if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
      throw new RangeError(`Cannot look up the time ${describe(timestamp)}: milliseconds since 1970 are wanted`);
    }
  }
  const asked = times.map((time) => ({ ...plain(time), spec: time.timestamp }));
  return inOrderOf(times, yield* ask(client, offsetsAt(client, asked), options));
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

function offsetsAt(
  client: Client,
  partitions: readonly (TopicPartition & { readonly spec: number })[],
): Question<PartitionOffset[]> {
  const { native } = client;
  // A reader of committed messages reads up to the last stable offset.
  const isReadCommitted = client.setting(["isolation.level"], "read_committed") === "read_committed";
  return {
    action: "Cannot look up offsets",
    start: (request) => requestOffsets(native, request, partitions, isReadCommitted),
    read: (event) => readOffsets(native, event),
  };
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

/** The ends of a partition as the last answers to fetches have told them; null where there were none. */
export function cachedWatermarks(
  { native, handle }: Client,
  { topic, partition }: TopicPartition,
): WatermarkOffsets | null {
  const { c, library, scratch } = native;
  const name = scratch.reset().text(topic, "topic");
  const out = library.block(16);
  const highAt = library.add(out.pointer, 8);
  const code = c.rd_kafka_get_watermark_offsets(handle, name, partition, out.pointer, highAt);
  const [low, high] = [0, 1].map((i) => out.i32[2 * i + 1]! * 2 ** 32 + out.u32[2 * i]!);
  return code === 0 && low! >= 0 && high! >= 0 ? { low: low!, high: high! } : null;
}

/** What counts as done: a message, messages, or partitions with the offset to read next. */
export type DoneLike =
  | Message<unknown, unknown>
  | readonly Message<unknown, unknown>[]
  | readonly TopicPartitionOffset[];

type AnyMessage = Message<unknown, unknown>;

/** The offsets that are to be kept. A message's own is the one after it; of several in a partition the last counts. */
export function offsetsOf(what: DoneLike): readonly TopicPartitionOffset[] {
  const list: readonly (AnyMessage | TopicPartitionOffset)[] = isList(what) ? what : [what];
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

function isList(what: DoneLike): what is readonly AnyMessage[] | readonly TopicPartitionOffset[] {
  return Array.isArray(what);
}

function isMessage(each: AnyMessage | TopicPartitionOffset): each is AnyMessage {
  return "timestampType" in each;
}

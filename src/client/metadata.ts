/** Asking what a cluster consists of: a call that waits in C, made off the event loop in short pieces. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import type { ClusterMetadata } from "../kafka/metadata.ts";
import { takeMetadata } from "../native/metadata.ts";
import type { Pointer } from "../native/memory.ts";
import type { Client } from "./client.ts";
import { defaultLookupMs } from "./asking.ts";
import type { WaitOptions } from "./options.ts";
import { checkTimeout } from "./wait.ts";
import { settled, type Work } from "../kafka/work.ts";

/** What an attempt ends with when no broker was there, or none answered in time: the next one may do better. */
const passing: readonly number[] = [errorCodes._TRANSPORT, errorCodes._TIMED_OUT];
/** How long the first attempt may take. The process lives until it is over, also when nobody waits any more. */
const firstMs = 1000;

/** What to tell of a cluster. */
export interface MetadataOptions extends WaitOptions {
  /** The topics to tell of. Default: all. */
  readonly topics?: readonly string[];
}

const action = "Cannot read the cluster's metadata";

/** The cluster, with all topics or some. */
export function* clusterMetadata(client: Client, options: MetadataOptions): Work<ClusterMetadata> {
  const timeoutMs = checkTimeout(options.timeoutMs) ?? defaultLookupMs;
  const end = performance.now() + timeoutMs;
  const limits = { timeoutMs, end, signal: options.signal };
  const { topics } = options;
  // C is waited for without a look at anything else, and a token that is wanted is asked for here.
  if (client.blocks) client.serve();
  if (topics === undefined) return yield* attempts(client, null, limits);
  if (!Array.isArray(topics) || topics.length === 0) {
    throw new TypeError(`${action}: topics is an array of at least one topic, or it is left out for all`);
  }
  if (topics.includes("")) throw new TypeError(`${action}: "" is no name for a topic`);
  let last: ClusterMetadata | undefined;
  const found = new Map<string, ClusterMetadata["topics"][number]>();
  for (const topic of new Set(topics as readonly string[])) {
    last = yield* attempts(client, topic, limits);
    for (const each of last.topics) found.set(each.topic, each);
  }
  return { ...last!, topics: [...found.values()].sort((a, b) => a.topic < b.topic ? -1 : 1) };
}

interface Limits {
  readonly timeoutMs: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

/** Asks until there is an answer: each attempt may take twice as long as the one before, for an answer may be large. */
function* attempts(client: Client, topic: string | null, { timeoutMs, end, signal }: Limits): Work<ClusterMetadata> {
  for (let ms = firstMs;; ms *= 2) {
    const left = Math.max(0, end - performance.now());
    const outcome = yield* attempt(client, topic, Math.ceil(Math.min(ms, left)));
    if (client.blocks) client.serve();
    if (typeof outcome !== "number") return outcome;
    signal?.throwIfAborted();
    if (!passing.includes(outcome)) throw client.native.error(action, outcome);
    if (performance.now() < end) continue;
    throw new KafkaError(`${action}: no answer within ${timeoutMs} ms: ${client.native.describe(outcome)}`, outcome, {
      isRetriable: true,
    });
  }
}

/** Asks once; returns the answer or an error code. */
function* attempt(client: Client, topic: string | null, waitMs: number): Work<ClusterMetadata | number> {
  client.check(action);
  const { native, handle } = client;
  const { c, library } = native;
  const topicHandle = topic === null ? library.nullPointer : openTopic(client, topic);
  // C's own memory: a worker that is terminated meanwhile takes its JavaScript memory with it, and C would write there.
  const out = c.malloc(library.word(8));
  const all = topic === null ? 1 : 0;
  try {
    const code = client.blocks
      ? c.rd_kafka_metadata(handle, all, topicHandle, out, waitMs)
      : yield* settled(native.callAway("rd_kafka_metadata", handle, all, topicHandle, out, waitMs));
    return code === 0 ? takeMetadata(native, handle, out) : code;
  } finally {
    c.rd_kafka_mem_free(library.nullPointer, out);
    if (topic !== null) c.rd_kafka_topic_destroy(topicHandle);
  }
}

function openTopic({ native, handle }: Client, topic: string): Pointer {
  const { c, library, scratch } = native;
  const name = scratch.reset().text(topic, "topic");
  const opened = c.rd_kafka_topic_new(handle, name, library.nullPointer);
  if (library.isNull(opened)) {
    throw new KafkaError(`${action}: "${topic}" is no name for a topic`, errorCodes._INVALID_ARG);
  }
  return opened;
}

/** Commits that nobody waits for: librdkafka's own, and those of `commitLater()`. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Client } from "../client/client.ts";
import type { TopicPartitionOffset } from "../kafka/topic_partition.ts";
import type { NativeEvent } from "../native/events.ts";
import { answerError, readCommit, requestCommit } from "../native/queries.ts";
import type { ConsumerOptions } from "./options.ts";

/** What librdkafka's own commits carry as their number; numbers of requests begin with 1. */
const unnumbered = 0;
/** A commit has no limit of its own: librdkafka's `socket.timeout.ms` bounds it. */
const timeoutMs = 0;

/** Commits offsets, or with null what is stored, and does not wait: {@link tellCommit} hears of the answer. */
export function commitLater(client: Client, offsets: readonly TopicPartitionOffset[] | null): void {
  if (offsets !== null && offsets.length === 0) return;
  const { native, handle, replyQueue } = client;
  requestCommit(native, { client: handle, queue: replyQueue, id: unnumbered, timeoutMs }, offsets);
}

/** Tells `onCommit` of a commit that nobody waits for. Without it, `onError` is told of what failed. */
export function tellCommit(client: Client, { onCommit }: ConsumerOptions, event: NativeEvent): void {
  if (event.type !== "answer" || event.id !== unnumbered) return;
  const { native } = client;
  const error = answerError(native, event.event, "Cannot commit");
  // There was nothing to commit, which is no news.
  if (error?.code === errorCodes._NO_OFFSET) return;
  if (onCommit === undefined) {
    if (error !== null) client.reportError(error);
    return;
  }
  const partitions = readCommit(native, event.event);
  client.run("onCommit", () => onCommit(error, partitions));
}

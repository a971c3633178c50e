/** Share consumers for tests, and what they have read. */
import { ShareConsumer, type ShareConsumerConfig, type ShareConsumerOptions, type ShareMessage } from "../../mod.ts";
import { randomName } from "./random.ts";

/** A share consumer in a group of its own, unless the configuration says otherwise; acknowledgement is explicit. */
export function openShareConsumer(
  bootstrapServers: string,
  config: Partial<ShareConsumerConfig> = {},
  options: ShareConsumerOptions = {},
): ShareConsumer {
  return new ShareConsumer({
    "bootstrap.servers": bootstrapServers,
    "group.id": randomName("group"),
    "share.acknowledgement.mode": "explicit",
    // The member that closes waits for the fetch that is under way.
    "fetch.wait.max.ms": 50,
    ...config,
  }, { onLog: false, ...options });
}

/** A message as `offset x deliveries`. */
export function deliveries(messages: readonly ShareMessage[]): string[] {
  return messages.map(({ offset, deliveryCount }) => `${offset}x${deliveryCount}`);
}

/** Polls until there are `count` messages, each poll's acknowledged by `handle`; fewer in time are an error. */
export async function take(
  consumer: ShareConsumer,
  count: number,
  handle: (message: ShareMessage) => void = () => {},
): Promise<ShareMessage[]> {
  const messages: ShareMessage[] = [];
  const end = performance.now() + 20_000;
  while (messages.length < count) {
    const batch = await consumer.poll({ timeoutMs: end - performance.now() });
    if (batch.length === 0) throw new Error(`Read ${messages.length} of ${count} messages in 20 s`);
    for (const message of batch) handle(message);
    messages.push(...batch);
  }
  return messages;
}

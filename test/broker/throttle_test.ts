/** `onThrottle`, with a broker that throttles: quotas for clients of a name that only these tests use. */
import type { KafkaError, ThrottleEvent } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assert, assertEquals, assertGreater } from "../support/assert.ts";
import { fill, openAssigned } from "../support/group.ts";
import { openProducer } from "../support/producing.ts";
import { setQuota } from "../support/quota.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

testBroker("Producer tells onThrottle how long the broker waited, and when it waits no more", async (broker) => {
  const { bootstrapServers } = broker;
  const topic = randomName("throttled");
  const clientId = randomName("sender");
  const events: ThrottleEvent[] = [];
  await setQuota(bootstrapServers, clientId, "producer_byte_rate", 1000);
  await using opened = openProducer(
    { "bootstrap.servers": bootstrapServers, "client.id": clientId, "linger.ms": 0 },
    { onThrottle: (event) => void events.push(event) },
  );
  const { producer, errors } = opened;
  // A rate is measured over some ten seconds, so some ten seconds' bytes are free.
  await waitFor(async () => {
    await producer.send({ topic, value: new Uint8Array(1000) });
    return events.length > 0;
  }, { what: "the broker to throttle", intervalMs: 0 });
  const [first] = events;
  assertEquals(Object.keys(first!), ["brokerName", "brokerId", "throttleMs"]);
  assert(/^[\w.-]+:\d+$/.test(first!.brokerName), first!.brokerName);
  assertGreater(first!.brokerId, 0);
  assertGreater(first!.throttleMs, 0);
  await setQuota(bootstrapServers, clientId, "producer_byte_rate", null);
  await waitFor(async () => {
    await producer.send({ topic, value: "small" });
    return events.at(-1)!.throttleMs === 0;
  }, { what: "the broker to throttle no more" });
  assertEquals(errors, []);
});

testBroker("Consumer tells onThrottle, and what it throws goes to onError", async (broker) => {
  const { bootstrapServers } = broker;
  const topic = randomName("throttled");
  const clientId = randomName("reader");
  await fill(bootstrapServers, { topic, each: 40, bytes: 1000 });
  const events: ThrottleEvent[] = [];
  const errors: KafkaError[] = [];
  await setQuota(bootstrapServers, clientId, "consumer_byte_rate", 2000);
  await using consumer = openAssigned(
    bootstrapServers,
    { topic },
    { "client.id": clientId, "fetch.message.max.bytes": 5000, "enable.metrics.push": false },
    {
      onThrottle: (event) => {
        events.push(event);
        throw new Error("enough");
      },
      onError: (error) => void errors.push(error),
    },
  );
  await waitFor(async () => {
    await consumer.consume(10, { timeoutMs: 100 });
    return events.length > 0;
  }, { what: "the broker to throttle", intervalMs: 0 });
  await setQuota(bootstrapServers, clientId, "consumer_byte_rate", null);
  assertGreater(events[0]!.throttleMs, 0);
  assertEquals(
    errors.map(({ message }) => message),
    events.map(() => "Cannot rely on the handler onThrottle: it threw enough"),
  );
});

/** `default.topic.config`, where properties of topics used to be: it works, and is warned of once. */
import { type LogEntry, Producer } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { waitFor } from "../support/wait.ts";

test("Producer takes default.topic.config, and says once that it is deprecated", async () => {
  await using where = mockTopic();
  const entries: LogEntry[] = [];
  await using producer = new Producer({
    "bootstrap.servers": where.servers,
    "default.topic.config": { "message.timeout.ms": 1 },
  }, { onLog: (entry) => void entries.push(entry), onError: () => {} });
  // The broker does not answer: only a property that was taken ends the wait so soon.
  where.cluster.setRoundTripTime(1, 10_000);
  await assertRejects(() => producer.send({ topic: where.topic, value: "v" }, { timeoutMs: 9000 }), Error, "timed out");
  const warnings = await waitFor(() => {
    const found = entries.filter(({ message }) => message.includes("default.topic.config"));
    return found.length > 0 && found;
  }, { what: "the warning" });
  assertEquals(warnings.map(({ levelName, facility }) => [levelName, facility]), [["warning", "CONFWARN"]]);
});

/** Where the examples find Kafka: `--bootstrap-servers`, `KAFKA_BOOTSTRAP_SERVERS`, or localhost. */
import process from "node:process";
import { parseArgs } from "node:util";

/** What the command line or the environment names. */
export function bootstrapServers(): string {
  const { values } = parseArgs({ options: { "bootstrap-servers": { type: "string" } } });
  return values["bootstrap-servers"] ?? process.env["KAFKA_BOOTSTRAP_SERVERS"] ?? "localhost:9092";
}

/** Where the examples find Kafka, and a Schema Registry: by the command line, the environment, or on this machine. */
import process from "node:process";
import { parseArgs } from "node:util";

/** What `--bootstrap-servers` or `KAFKA_BOOTSTRAP_SERVERS` names, else localhost. */
export function bootstrapServers(): string {
  return options()["bootstrap-servers"] ?? process.env["KAFKA_BOOTSTRAP_SERVERS"] ?? "localhost:9092";
}

/** What `--schema-registry` or `SCHEMA_REGISTRY_URL` names, else a registry in memory. */
export function schemaRegistry(): string {
  return options()["schema-registry"] ?? process.env["SCHEMA_REGISTRY_URL"] ?? "mock://";
}

function options(): { "bootstrap-servers"?: string | undefined; "schema-registry"?: string | undefined } {
  return parseArgs({ options: { "bootstrap-servers": { type: "string" }, "schema-registry": { type: "string" } } })
    .values;
}

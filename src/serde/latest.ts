/** What the latest version of a subject is, as the configuration means it, and for how long that is believed. */
import type { RegisteredSchema } from "../schema_registry/schema.ts";
import type { SerdeConfig } from "./config.ts";
import type { FormatOption, Registry } from "./registry.ts";

/** Python's clients believe it for ever, so a program writes with an old schema until somebody restarts it. */
const defaultTtlSec = 300;

/** How long the latest version is believed, in milliseconds: the client's `"cache.latest.ttl.sec"`, or five minutes. */
export function latestTtlMs(registry: Registry): number {
  const config: { readonly "cache.latest.ttl.sec"?: unknown } = registry.config;
  const seconds = config["cache.latest.ttl.sec"];
  return 1000 * (typeof seconds === "number" ? seconds : defaultTtlSec);
}

/** The latest version that the configuration asks for, or null if it asks for none. */
export async function latestOf(
  registry: Registry,
  subject: string,
  config: SerdeConfig,
  format: FormatOption,
): Promise<RegisteredSchema | null> {
  const metadata = config["use.latest.with.metadata"] ?? null;
  if (metadata !== null) return await registry.getLatestWithMetadata(subject, metadata, format);
  return config["use.latest.version"] ? await registry.getLatestVersion(subject, format) : null;
}

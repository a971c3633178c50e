/** Which properties hold secrets, and how a configuration is shown without them. */
import type { CommonConfig } from "./types.ts";

/** Those of librdkafka's sensitive properties whose names do not tell. */
const sensitive: ReadonlySet<string> = new Set([
  "sasl.oauthbearer.config",
  "sasl.username",
  "ssl.key.location",
  "ssl_key",
]);

const telling = /passw|passphrase|secret|token|pem|jaas|credential|private\.?key/i;

/** Whether a property's value must not be shown. Unknown names are judged by their spelling. */
export function isSecret(name: string): boolean {
  return sensitive.has(name.toLowerCase()) || telling.test(name);
}

/** A copy of a configuration, fit for a log: each secret that is set is replaced by `[redacted]`. */
export function redact(config: CommonConfig | Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = Object.entries(config).map(([name, value]) => {
    if (value === null || value === undefined) return [name, value];
    if (isSecret(name)) return [name, "[redacted]"];
    return [name, isRecord(value) ? redact(value) : value];
  });
  return Object.fromEntries(shown) as Record<string, unknown>;
}

/** Whether a value is an object of properties, as `"default.topic.config"` is. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

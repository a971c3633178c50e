/** Tests that need a real Schema Registry, and names that no other test of it uses. */
import process from "node:process";
import { SchemaRegistryClient, type SchemaRegistryConfig } from "../../../src/schema_registry/mod.ts";
import { test, type TestOptions } from "../../harness.ts";

/** What such a test is given. */
export interface RealRegistry {
  readonly url: string;
  /** Makes a client, which tells failures at once. */
  open(config?: Partial<SchemaRegistryConfig>): SchemaRegistryClient;
}

/**
 * Registers a test that needs a real Schema Registry, named by the environment variable `SCHEMA_REGISTRY_URL`. Without one the
 * test fails, as one does without a broker.
 */
export function testRegistry(
  name: string,
  fn: (registry: RealRegistry) => Promise<void>,
  options: TestOptions = {},
): void {
  test(name, { timeoutMs: 60_000, ...options }, () => {
    const url = registryUrl();
    return fn({ url, open: (config) => new SchemaRegistryClient({ url, "max.retries": 0, ...config }) });
  });
}

/** The address of that registry. */
export function registryUrl(): string {
  const url = process.env["SCHEMA_REGISTRY_URL"];
  if (url) return url;
  throw new Error(
    "SCHEMA_REGISTRY_URL is not set: run `deno task kafka start --registry` and set it to the second address that it prints, " +
      "or run `deno task test`, which starts its own",
  );
}

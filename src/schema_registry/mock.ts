/** A registry in memory, behind the transport: client, caches and retries work as with a real one. */
import type { MockRouter } from "./mock_router.ts";
import { newRouter, routerOf } from "./mock_routers.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

/**
 * A Schema Registry in memory, with a DEK registry, for tests.
 *
 * It answers as Confluent's does: ids by context, GUIDs, soft and permanent deletion, references, metadata and rules, settings,
 * modes and associations. It reads no schemas: text that is JSON is valid, and schemas of one format are compatible. Other forms
 * of a schema (`format`) are answered with the text that was registered.
 *
 * Source: `MockSchemaRegistryClient` and `MockDekRegistryClient` in confluent-kafka-python.
 *
 * @example Let two clients use one registry
 * ```ts run
 * import { MockRegistry, SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const { transport } = new MockRegistry();
 * await using writer = new SchemaRegistryClient({ url: "http://registry" }, { transport });
 * await using reader = new SchemaRegistryClient({ url: "http://registry" }, { transport });
 * await writer.registerSchema("orders-value", { schema: '"string"' });
 * console.log(await reader.getLatestVersion("orders-value"));
 * ```
 */
export class MockRegistry {
  /** For the option `transport` of clients. */
  readonly transport: Transport = (request) => Promise.resolve(this.handle(request));
  readonly #router: MockRouter = newRouter();

  /** Answers a request. */
  handle(request: Pick<HttpRequest, "method" | "url" | "body">): HttpResponse {
    return this.#router.answer(request);
  }
}

/** The transport to the registry of a `mock://` address. */
export function mockTransport(url: string): Transport {
  const router = routerOf(url);
  return (request) => Promise.resolve(router.answer(request));
}

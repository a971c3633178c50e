/** A registry in memory, behind the transport: client, caches and retries work as with a real one. */
import { MockAssociations } from "./mock_associations.ts";
import { MockDeks } from "./mock_deks.ts";
import { MockRouter } from "./mock_router.ts";
import { MockSettings } from "./mock_settings.ts";
import { MockSubjects } from "./mock_subjects.ts";
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
  readonly #router: MockRouter;

  /** Makes an empty registry. */
  constructor() {
    const settings = new MockSettings();
    const subjects = new MockSubjects(settings);
    const associations = new MockAssociations(subjects);
    this.#router = new MockRouter({
      ...settings.routes,
      ...subjects.routes,
      ...associations.routes,
      ...new MockDeks().routes,
    });
  }

  /** Answers a request. */
  handle(request: Pick<HttpRequest, "method" | "url" | "body">): HttpResponse {
    return this.#router.answer(request);
  }
}

const shared = new Map<string, MockRegistry>();

/** The registry of a `mock://` address: a new one, or if it has a name the one that all clients of this process share. */
export function mockRegistry(url: string): MockRegistry {
  const name = url.slice("mock://".length);
  const registry = shared.get(name) ?? new MockRegistry();
  if (name !== "") shared.set(name, registry);
  return registry;
}

/** The registry client: registers, looks up and reads schemas, and remembers them. */
import { keyOf, latestKey, RegistryCaches } from "./caches.ts";
import type { SchemaRegistryConfig } from "./config.ts";
import type { SchemaRegistryOptions } from "./connection.ts";
import { registeredOf, schemaOf, schemaToJson } from "./json.ts";
import { attach, call, qualified, qualifiedOrNull, sharedOptions } from "./registry_client.ts";
import { type Query, type RequestOptions, segment } from "./rest.ts";
import type { Metadata, RegisteredSchema, Schema } from "./schema.ts";
import { RegistrySubjectsClient } from "./subjects_client.ts";

/** What registering takes. */
export interface RegisterOptions extends RequestOptions {
  /** Lets the registry bring the schema into its normal form first. Default: false. */
  readonly normalize?: boolean;
}

/** The form in which a schema's text is wanted. */
export interface FormatOptions extends RequestOptions {
  /** Such as `serialized` for Protobuf, `resolved` for Avro. Default: as it was registered. */
  readonly format?: string | undefined;
}

/** What looking up takes. */
export interface LookupOptions extends RegisterOptions, FormatOptions {
  /** Finds versions too that are softly deleted. Default: false. */
  readonly deleted?: boolean;
}

/** What reading a version takes. */
export interface GetVersionOptions extends FormatOptions {
  /** Finds versions too that are softly deleted. Default: false. */
  readonly deleted?: boolean;
}

/** What reading a schema by its id takes. */
export interface GetSchemaOptions extends FormatOptions {
  /** A subject that has the schema: a registry with contexts looks for the id in the subject's. */
  readonly subject?: string | null | undefined;
  /** The form of the references, such as `qualified`. Default: as they were registered. */
  readonly referenceFormat?: string | undefined;
}

/**
 * A client of a Schema Registry: Confluent's, or one that speaks its language.
 *
 * Schemas are remembered, so that each is asked for once: up to `cache.capacity` of each kind, and of long ones up to 64 Mi
 * characters in all, which are 16 Mi of each kind; the latest version of a subject for `cache.latest.ttl.sec`. Many who ask for the same thing at the same time make one request. Failures are not
 * remembered. Every method takes a `signal`.
 *
 * All methods reject with a {@link SchemaRegistryError}, which has the status and the registry's own code, or with an
 * {@link OAuthTokenError} if there is no token. Only after all retries, on all addresses, is a failure told.
 *
 * Source: `SchemaRegistryClient` and `AsyncSchemaRegistryClient` in confluent-kafka-python; its methods in camelCase.
 *
 * @example Register a schema and read it back
 * ```ts run
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * await using client = new SchemaRegistryClient({ url: "mock://" });
 * const id = await client.registerSchema("orders-value", { schema: '{"type":"string"}', schemaType: "AVRO" });
 * console.log(await client.getSchema(id));
 * ```
 *
 * @example Log in by a token for an assertion, which a private key signs
 * ```ts
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * await using client = new SchemaRegistryClient({
 *   url: "https://registry.example",
 *   "bearer.auth.credentials.source": "OAUTHBEARER",
 *   "bearer.auth.logical.cluster": "lsrc-1",
 *   "bearer.auth.issuer.endpoint.url": "https://login.example/token",
 *   "bearer.auth.client.id": "orders",
 *   "bearer.auth.scope": "schemas",
 *   "bearer.auth.assertion.private.key.file": "/run/secrets/orders.pem",
 * });
 * console.log(await client.getSubjects());
 * ```
 */
export class SchemaRegistryClient extends RegistrySubjectsClient {
  readonly #caches: RegistryCaches;

  /**
   * Makes a client. Nothing is sent before the first call, but the file of a private key that signs assertions is read, to see
   * that it can be used.
   *
   * @param config By confluent-kafka-python's keys; `url` is needed.
   * @param options What is no configuration: a transport of one's own, the size of answers.
   * @throws {KafkaError} `_INVALID_ARG`, with a line for each key that cannot be used.
   */
  constructor(config: SchemaRegistryConfig, options: SchemaRegistryOptions = {}) {
    super();
    this.#caches = attach(this, { config, options }, ({ settings }) => {
      return new RegistryCaches({ capacity: settings.cacheCapacity, latestTtlMs: settings.latestTtlMs });
    });
  }

  /**
   * Gives a client whose subjects are in a context: `client.withContext("staging")` means `:.staging:orders` by `orders`.
   *
   * It shares this client's connections, tokens and caches, and ends with it. Names that begin with `:.` are taken as they
   * are; names in answers have their context.
   */
  withContext(name: string): SchemaRegistryClient {
    return new SchemaRegistryClient(this.config, sharedOptions(this, name));
  }

  /**
   * Registers a schema, unless the subject has it already, and gives its id.
   *
   * Source: `register_schema()` in confluent-kafka-python.
   */
  async registerSchema(subject: string, schema: Schema, options: RegisterOptions = {}): Promise<number> {
    return (await this.registerSchemaFullResponse(subject, schema, options)).schemaId;
  }

  /**
   * Registers a schema, unless the subject has it already, and gives all that the registry tells. Older ones tell the id
   * only: the schema is then the one that was given.
   *
   * Source: `register_schema_full_response()` in confluent-kafka-python.
   */
  async registerSchemaFullResponse(
    subject: string,
    schema: Schema,
    options: RegisterOptions = {},
  ): Promise<RegisteredSchema> {
    const { normalize = false } = options;
    const name = qualified(this, subject);
    const body = schemaToJson(schema);
    return await this.#caches.registrations.load(keyOf("register", name, normalize, body), async (signal) => {
      const path = `/subjects/${segment(name)}/versions`;
      const answer = await call(this, "POST", path, { signal, query: { normalize }, body });
      this.#caches.clearLatestOf(name);
      const registered = registeredOf(answer, { subject: name, schema });
      // Who writes a schema often reads it too.
      this.#caches.schemas.set(keyOf(registered.schemaId, name, undefined, undefined), registered.schema);
      return registered;
    }, options.signal);
  }

  /**
   * Finds a schema among a subject's versions.
   *
   * @throws {SchemaRegistryError} 40401 if there is no such subject, 40403 if it has not the schema.
   *
   * Source: `lookup_schema()` in confluent-kafka-python.
   */
  async lookupSchema(subject: string, schema: Schema, options: LookupOptions = {}): Promise<RegisteredSchema> {
    const { normalize = false, deleted = false, format } = options;
    const name = qualified(this, subject);
    const body = schemaToJson(schema);
    const key = keyOf("lookup", name, normalize, deleted, format, body);
    return await this.#caches.registrations.load(key, async (signal) => {
      const query = { normalize, deleted, format };
      const answer = await call(this, "POST", `/subjects/${segment(name)}`, { signal, query, body });
      return registeredOf(answer, { subject: name, schema });
    }, options.signal);
  }

  /**
   * Gives the schema with an id.
   *
   * @throws {SchemaRegistryError} 40403 if there is none.
   *
   * Source: `get_schema()` in confluent-kafka-python.
   */
  async getSchema(id: number, options: GetSchemaOptions = {}): Promise<Schema> {
    const { format, referenceFormat } = options;
    const subject = qualifiedOrNull(this, options.subject);
    return await this.#caches.schemas.load(keyOf(id, subject, format, referenceFormat), async (signal) => {
      const query: Query = { subject, format, reference_format: referenceFormat };
      return schemaOf(await call(this, "GET", `/schemas/ids/${segment(id)}`, { signal, query }));
    }, options.signal);
  }

  /**
   * Gives what {@link getSchema} would, if it is remembered: at once, and without a request.
   */
  cachedSchema(id: number, options: Omit<GetSchemaOptions, "signal"> = {}): Schema | undefined {
    const subject = qualifiedOrNull(this, options.subject);
    return this.#caches.schemas.get(keyOf(id, subject, options.format, options.referenceFormat));
  }

  /**
   * Gives the schema with a GUID, which is the same in all registries.
   *
   * Source: `get_schema_by_guid()` in confluent-kafka-python.
   */
  async getSchemaByGuid(guid: string, options: FormatOptions = {}): Promise<Schema> {
    const { format } = options;
    return await this.#caches.schemas.load(keyOf(guid, format), async (signal) => {
      return schemaOf(await call(this, "GET", `/schemas/guids/${segment(guid)}`, { signal, query: { format } }));
    }, options.signal);
  }

  /** Gives what {@link getSchemaByGuid} would, if it is remembered: at once, and without a request. */
  cachedSchemaByGuid(guid: string, options: Omit<FormatOptions, "signal"> = {}): Schema | undefined {
    return this.#caches.schemas.get(keyOf(guid, options.format));
  }

  /**
   * Gives the latest version of a subject, as it was at most `cache.latest.ttl.sec` ago.
   *
   * @throws {SchemaRegistryError} 40401 if there is no such subject.
   *
   * Source: `get_latest_version()` in confluent-kafka-python.
   */
  async getLatestVersion(subject: string, options: FormatOptions = {}): Promise<RegisteredSchema> {
    const { format } = options;
    const name = qualified(this, subject);
    return await this.#caches.latest.load(latestKey(name, { format }), async (signal) => {
      const path = `/subjects/${segment(name)}/versions/latest`;
      return registeredOf(await call(this, "GET", path, { signal, query: { format } }));
    }, options.signal);
  }

  /** Gives what {@link getLatestVersion} would, if it is remembered and has not expired: at once, and without a request. */
  cachedLatestVersion(subject: string, options: Omit<FormatOptions, "signal"> = {}): RegisteredSchema | undefined {
    return this.#caches.latest.get(latestKey(qualified(this, subject), { format: options.format }));
  }

  /**
   * Gives the latest version of a subject whose metadata has these properties, as it was at most `cache.latest.ttl.sec` ago.
   *
   * Source: `get_latest_with_metadata()` in confluent-kafka-python.
   */
  async getLatestWithMetadata(
    subject: string,
    properties: NonNullable<Metadata["properties"]>,
    options: GetVersionOptions = {},
  ): Promise<RegisteredSchema> {
    const { format, deleted = false } = options;
    const name = qualified(this, subject);
    const key = latestKey(name, { format, metadata: properties, deleted });
    return await this.#caches.latest.load(key, async (signal) => {
      const query = { deleted, format, key: Object.keys(properties), value: Object.values(properties) };
      return registeredOf(await call(this, "GET", `/subjects/${segment(name)}/metadata`, { signal, query }));
    }, options.signal);
  }

  /**
   * Gives a version of a subject. `latest` is always asked for anew.
   *
   * @throws {SchemaRegistryError} 40401 if there is no such subject, 40402 if it has no such version.
   *
   * Source: `get_version()` in confluent-kafka-python.
   */
  async getVersion(
    subject: string,
    version: number | "latest",
    options: GetVersionOptions = {},
  ): Promise<RegisteredSchema> {
    const { format, deleted = false } = options;
    const name = qualified(this, subject);
    const load = async (signal?: AbortSignal): Promise<RegisteredSchema> => {
      const path = `/subjects/${segment(name)}/versions/${segment(version)}`;
      return registeredOf(await call(this, "GET", path, { signal, query: { deleted, format } }));
    };
    // -1 is another word for it.
    if (version === "latest" || version < 0) return await load(options.signal);
    return await this.#caches.versions.load(keyOf(name, version, deleted, format), load, options.signal);
  }

  /**
   * Forgets the latest versions, so that they are asked for anew.
   *
   * Source: `clear_latest_caches()` in confluent-kafka-python.
   */
  clearLatestCaches(): void {
    this.#caches.latest.clear();
  }

  /**
   * Forgets everything.
   *
   * Source: `clear_caches()` in confluent-kafka-python.
   */
  clearCaches(): void {
    this.#caches.clear();
  }
}

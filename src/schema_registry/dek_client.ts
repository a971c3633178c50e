/** The client of a DEK registry, which is the part of a Schema Registry that keeps encryption keys. */
import type { SchemaRegistryConfig } from "./config.ts";
import type { SchemaRegistryOptions } from "./connection.ts";
import { contextPrefix } from "./context.ts";
import type { Dek, DekAlgorithm, Kek, KekChanges, NewDek, NewKek } from "./dek.ts";
import { SchemaRegistryError, unreadable } from "./error.ts";
import { fieldOf, numberOf, numbersOf, recordOf, textsOf, withoutNulls } from "./json.ts";
import { attach, call, qualified, RegistryClient, sharedOptions } from "./registry_client.ts";
import { type RequestOptions, segment } from "./rest.ts";

/** What a call about a KEK takes. */
export interface KekOptions extends RequestOptions {
  /** The context that the KEK is in. Default: the client's. */
  readonly context?: string;
}

/** What reading a KEK takes. */
export interface GetKekOptions extends KekOptions {
  /** Gives a KEK too that is softly deleted. Default: false. */
  readonly deleted?: boolean;
}

/** What the deletion of a key takes. */
export interface DeleteKeyOptions extends KekOptions {
  /** Deletes for good what is softly deleted already. Default: false. */
  readonly permanent?: boolean;
}

/** What a call about a subject's DEKs takes. */
export interface DekOptions extends RequestOptions {
  /** Default: `AES256_GCM`. */
  readonly algorithm?: DekAlgorithm;
  /** Gives DEKs too that are softly deleted. Default: false. */
  readonly deleted?: boolean;
}

/** What registering a DEK takes. */
export interface RegisterDekOptions extends NewDek, RequestOptions {}

/** Which DEK is meant. */
export interface GetDekOptions extends DekOptions {
  /** A version, or -1 for the latest. Default: 1. */
  readonly version?: number;
}

/** What the deletion of DEKs takes. */
export interface DeleteDekOptions extends Omit<DeleteKeyOptions, "context"> {
  /** Default: `AES256_GCM`. */
  readonly algorithm?: DekAlgorithm;
}

const keks = "/dek-registry/v1/keks";

/**
 * A client of a DEK registry. It remembers nothing: who encrypts with a key keeps it.
 *
 * Source: `DekRegistryClient` in confluent-kafka-python.
 *
 * @example Find the key that a subject is encrypted with
 * ```ts
 * import { DekRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * await using client = new DekRegistryClient({ url: "mock://" });
 * await client.registerKek({ name: "orders", kmsType: "local-kms", kmsKeyId: "key-1" });
 * await client.registerDek("orders", "orders-value", { encryptedKeyMaterial: "…" });
 * console.log(await client.getDek("orders", "orders-value", { version: -1 }));
 * ```
 */
export class DekRegistryClient extends RegistryClient {
  /**
   * Makes a client. Nothing is sent before the first call.
   *
   * @throws {KafkaError} `_INVALID_ARG`, with a line for each key of the configuration that cannot be used.
   */
  constructor(config: SchemaRegistryConfig, options: SchemaRegistryOptions = {}) {
    super();
    attach(this, { config, options }, () => ({ clear() {} }));
  }

  /** Gives a client whose KEKs and subjects are in a context. It shares this client's connections, and ends with it. */
  withContext(name: string): DekRegistryClient {
    return new DekRegistryClient(this.config, sharedOptions(this, name));
  }

  /**
   * Registers a KEK.
   *
   * @throws {SchemaRegistryError} with the status 409 if there is another one of that name.
   *
   * Source: `register_kek()` in confluent-kafka-python.
   */
  async registerKek(kek: NewKek, options: KekOptions = {}): Promise<Kek> {
    const body = { ...withoutNulls({ ...kek }), shared: kek.shared ?? false };
    const query = { context: this.#context(options) };
    return kekOf(await call(this, "POST", keks, { signal: options.signal, query, body }));
  }

  /**
   * Gives a KEK.
   *
   * @throws {SchemaRegistryError} with the status 404 if there is none of that name.
   *
   * Source: `get_kek()` in confluent-kafka-python.
   */
  async getKek(name: string, options: GetKekOptions = {}): Promise<Kek> {
    const { signal, deleted = false } = options;
    const query = { deleted, context: this.#context(options) };
    return kekOf(await call(this, "GET", `${keks}/${segment(name)}`, { signal, query }));
  }

  /** Lists the names of the KEKs. */
  async getKeks(options: GetKekOptions = {}): Promise<string[]> {
    const { signal, deleted = false } = options;
    const query = { deleted, context: this.#context(options) };
    return textsOf(await call(this, "GET", keks, { signal, query }), "the list of KEKs");
  }

  /** Changes a KEK; what is not given stays. */
  async updateKek(name: string, changes: KekChanges, options: KekOptions = {}): Promise<Kek> {
    const query = { context: this.#context(options) };
    return kekOf(await call(this, "PUT", `${keks}/${segment(name)}`, { signal: options.signal, query, body: changes }));
  }

  /** Deletes a KEK: softly, or for good if asked again so. */
  async deleteKek(name: string, options: DeleteKeyOptions = {}): Promise<void> {
    const { signal, permanent = false } = options;
    const query = { permanent, context: this.#context(options) };
    await call(this, "DELETE", `${keks}/${segment(name)}`, { signal, query });
  }

  /**
   * Registers a DEK of a subject.
   *
   * @throws {SchemaRegistryError} with the status 409 if there is another one of that version.
   *
   * Source: `register_dek()` in confluent-kafka-python.
   */
  async registerDek(kekName: string, subject: string, dek: RegisterDekOptions = {}): Promise<Dek> {
    const { algorithm = "AES256_GCM", version = 1, encryptedKeyMaterial, signal } = dek;
    const name = qualified(this, subject);
    const body = { subject: name, version, algorithm, encryptedKeyMaterial };
    const path = `${keks}/${segment(kekName)}/deks`;
    try {
      return dekOf(await call(this, "POST", `${path}/${segment(name)}`, { signal, body }));
    } catch (error) {
      // Registries before Confluent 8 take the subject in the body only.
      if (!(error instanceof SchemaRegistryError) || error.httpStatusCode !== 405) throw error;
    }
    return dekOf(await call(this, "POST", path, { signal, body }));
  }

  /**
   * Gives a DEK of a subject.
   *
   * @throws {SchemaRegistryError} with the status 404 if there is none.
   *
   * Source: `get_dek()` in confluent-kafka-python.
   */
  async getDek(kekName: string, subject: string, options: GetDekOptions = {}): Promise<Dek> {
    const { signal, version = 1, algorithm = "AES256_GCM", deleted = false } = options;
    const path = `${this.#path(kekName, subject)}/versions/${segment(version)}`;
    return dekOf(await call(this, "GET", path, { signal, query: { algorithm, deleted } }));
  }

  /** Lists the subjects that have DEKs of a KEK. */
  async getDekSubjects(kekName: string, options: Omit<DekOptions, "algorithm"> = {}): Promise<string[]> {
    const { signal, deleted = false } = options;
    const answer = await call(this, "GET", `${keks}/${segment(kekName)}/deks`, { signal, query: { deleted } });
    return textsOf(answer, "the list of subjects");
  }

  /** Lists the versions of a subject's DEK. */
  async getDekVersions(kekName: string, subject: string, options: DekOptions = {}): Promise<number[]> {
    const { signal, algorithm = "AES256_GCM", deleted = false } = options;
    const path = `${this.#path(kekName, subject)}/versions`;
    return numbersOf(await call(this, "GET", path, { signal, query: { algorithm, deleted } }), "the list of versions");
  }

  /** Deletes all versions of a subject's DEK: softly, or for good if asked again so. */
  async deleteDek(kekName: string, subject: string, options: DeleteDekOptions = {}): Promise<void> {
    const { signal, algorithm = "AES256_GCM", permanent = false } = options;
    await call(this, "DELETE", this.#path(kekName, subject), { signal, query: { algorithm, permanent } });
  }

  #path(kekName: string, subject: string): string {
    return `${keks}/${segment(kekName)}/deks/${segment(qualified(this, subject))}`;
  }

  #context({ context }: KekOptions): string | null {
    const name = context === undefined ? this.context : contextPrefix(context).slice(1, -1);
    return name === "" || name === "." ? null : name;
  }
}

function kekOf(value: unknown): Kek {
  for (const name of ["name", "kmsType", "kmsKeyId"]) fieldOf(value, name);
  return withoutNulls(recordOf(value, "a KEK")) as unknown as Kek;
}

function dekOf(value: unknown): Dek {
  for (const name of ["kekName", "subject", "algorithm"]) fieldOf(value, name);
  const record = withoutNulls(recordOf(value, "a DEK"));
  numberOf(record["version"], "a DEK's version");
  if (record["encryptedKeyMaterial"] === undefined && record["keyMaterial"] === undefined) {
    throw unreadable("a DEK has no key");
  }
  return record as unknown as Dek;
}

/** The part of a registry client about subjects and their versions: lists, references, deletion, tests of compatibility. */
import { numberOf, numbersOf, recordOf, schemaToJson, textsOf, unreadableField, versionsOf } from "./json.ts";
import { call, forget, qualified, qualifiedOrNull } from "./registry_client.ts";
import { type RequestOptions, segment } from "./rest.ts";
import type { Schema, SchemaVersion } from "./schema.ts";
import { type PageOptions, RegistrySettingsClient } from "./settings_client.ts";

/** What a question for the places of a schema takes. */
export interface SchemaPlacesOptions extends PageOptions {
  /** Only this subject's, or its context's. */
  readonly subject?: string;
  /** Also those that are softly deleted. Default: false. */
  readonly deleted?: boolean;
}

/** Which versions are wanted. */
export interface GetVersionsOptions extends PageOptions {
  /** Also those that are softly deleted. Default: false. */
  readonly deleted?: boolean;
  /** Only those that are softly deleted. Default: false. */
  readonly deletedOnly?: boolean;
}

/** Which subjects are wanted. */
export interface GetSubjectsOptions extends GetVersionsOptions {
  /** Only those whose names begin so. */
  readonly subjectPrefix?: string;
}

/** What a deletion takes. */
export interface DeleteOptions extends RequestOptions {
  /** Deletes for good what is softly deleted already. Default: false. */
  readonly permanent?: boolean;
}

/** What a test of compatibility takes. */
export interface TestAllVersionsOptions extends RequestOptions {
  /** Normalizes the schema first. Default: false. */
  readonly normalize?: boolean;
  /** Lets the registry say why. Default: false. */
  readonly verbose?: boolean;
}

/** What a test of compatibility with one version takes. */
export interface TestCompatibilityOptions extends TestAllVersionsOptions {
  /** Default: `latest`. */
  readonly version?: number | "latest";
}

/**
 * What a {@link SchemaRegistryClient} can do about subjects and versions.
 *
 * @example Delete what a test has left behind
 * ```ts
 * import type { RegistrySubjectsClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * async function cleanUp(client: RegistrySubjectsClient): Promise<void> {
 *   for (const subject of await client.getSubjects({ subjectPrefix: "test-" })) {
 *     await client.deleteSubject(subject);
 *     await client.deleteSubject(subject, { permanent: true });
 *   }
 * }
 * ```
 */
export abstract class RegistrySubjectsClient extends RegistrySettingsClient {
  /**
   * Lists the formats that the registry knows.
   *
   * Source: `get_schema_types()` in confluent-kafka-python.
   */
  async getSchemaTypes(options: RequestOptions = {}): Promise<string[]> {
    return textsOf(await call(this, "GET", "/schemas/types", options), "the list of formats");
  }

  /**
   * Lists the subjects that have a schema.
   *
   * Source: `get_subjects_by_schema_id()` in confluent-kafka-python.
   */
  async getSubjectsBySchemaId(id: number, options: SchemaPlacesOptions = {}): Promise<string[]> {
    return textsOf(await this.#places(id, "subjects", options), "the list of subjects");
  }

  /**
   * Lists the subjects and versions that have a schema.
   *
   * Source: `get_schema_versions()` in confluent-kafka-python.
   */
  async getSchemaVersions(id: number, options: SchemaPlacesOptions = {}): Promise<SchemaVersion[]> {
    return versionsOf(await this.#places(id, "versions", options));
  }

  /**
   * Lists subjects. In a context those of the context, with its prefix.
   *
   * Source: `get_subjects()` in confluent-kafka-python.
   */
  async getSubjects(options: GetSubjectsOptions = {}): Promise<string[]> {
    const { subjectPrefix, ...rest } = options;
    const query = { ...listQuery(rest), subjectPrefix: qualifiedOrNull(this, subjectPrefix) };
    return textsOf(await call(this, "GET", "/subjects", { signal: options.signal, query }), "the list of subjects");
  }

  /**
   * Deletes a subject with all versions: softly, so that their ids can still be read, then for good if asked again so.
   *
   * @returns The versions that were deleted.
   * @throws {SchemaRegistryError} 40401 if there is no such subject; 40404 if it is softly deleted already; 40405 if it has
   * to be first; 42206 if another schema refers to it.
   *
   * Source: `delete_subject()` in confluent-kafka-python.
   */
  async deleteSubject(subject: string, options: DeleteOptions = {}): Promise<number[]> {
    return numbersOf(await this.#delete(this.#path(subject), options), "the list of versions");
  }

  /**
   * Lists a subject's versions.
   *
   * Source: `get_versions()` in confluent-kafka-python.
   */
  async getVersions(subject: string, options: GetVersionsOptions = {}): Promise<number[]> {
    const path = `${this.#path(subject)}/versions`;
    const answer = await call(this, "GET", path, { signal: options.signal, query: listQuery(options) });
    return numbersOf(answer, "the list of versions");
  }

  /**
   * Deletes a version: softly, or for good if asked again so.
   *
   * @returns The version.
   * @throws {SchemaRegistryError} 40402 if there is no such version; 40406 if it is softly deleted already; 40407 if it has
   * to be first; 42206 if another schema refers to it.
   *
   * Source: `delete_version()` in confluent-kafka-python.
   */
  async deleteVersion(subject: string, version: number | "latest", options: DeleteOptions = {}): Promise<number> {
    const path = `${this.#path(subject)}/versions/${segment(version)}`;
    return numberOf(await this.#delete(path, options), "the version");
  }

  /**
   * Lists the ids of the schemas that refer to a version.
   *
   * Source: `get_referenced_by()` in confluent-kafka-python.
   */
  async getReferencedBy(subject: string, version: number | "latest", options: PageOptions = {}): Promise<number[]> {
    const { signal, offset = 0, limit = -1 } = options;
    const path = `${this.#path(subject)}/versions/${segment(version)}/referencedby`;
    return numbersOf(await call(this, "GET", path, { signal, query: { offset, limit } }), "the list of ids");
  }

  /**
   * Tells whether a schema is compatible with a version of a subject.
   *
   * Source: `test_compatibility()` in confluent-kafka-python.
   */
  async testCompatibility(
    subject: string,
    schema: Schema,
    options: TestCompatibilityOptions = {},
  ): Promise<boolean> {
    const { version = "latest", ...rest } = options;
    return await this.#test(`/compatibility${this.#path(subject)}/versions/${segment(version)}`, schema, rest);
  }

  /**
   * Tells whether a schema is compatible with a subject's versions, as many of them as its level asks for.
   *
   * Source: `test_compatibility_all_versions()` in confluent-kafka-python.
   */
  async testCompatibilityAllVersions(
    subject: string,
    schema: Schema,
    options: TestAllVersionsOptions = {},
  ): Promise<boolean> {
    return await this.#test(`/compatibility${this.#path(subject)}/versions`, schema, options);
  }

  #path(subject: string): string {
    return `/subjects/${segment(qualified(this, subject))}`;
  }

  async #places(id: number, what: string, options: SchemaPlacesOptions): Promise<unknown> {
    const { signal, offset = 0, limit = -1, deleted } = options;
    const query = { offset, limit, subject: qualifiedOrNull(this, options.subject), deleted };
    return await call(this, "GET", `/schemas/ids/${segment(id)}/${what}`, { signal, query });
  }

  async #delete(path: string, { signal, permanent }: DeleteOptions): Promise<unknown> {
    const query = { permanent: permanent === true ? true : undefined };
    try {
      return await call(this, "DELETE", path, { signal, query });
    } finally {
      // Also after a failure: a request without an answer may have done its work.
      forget(this);
    }
  }

  async #test(path: string, schema: Schema, options: TestAllVersionsOptions): Promise<boolean> {
    const { signal, normalize = false, verbose = false } = options;
    const answer = await call(this, "POST", path, {
      signal,
      query: { normalize, verbose },
      body: schemaToJson(schema),
    });
    const isCompatible = recordOf(answer, "the test's outcome")["is_compatible"];
    if (typeof isCompatible !== "boolean") throw unreadableField("is_compatible");
    return isCompatible;
  }
}

function listQuery(options: GetVersionsOptions): Record<string, boolean | number> {
  const { deleted = false, deletedOnly = false, offset = 0, limit = -1 } = options;
  return { deleted, deleted_only: deletedOnly, offset, limit };
}

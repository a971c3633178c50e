/** The part of a registry client about settings: compatibility, configuration, mode, contexts, and associations. */
import { arrayOf, configOf, fieldOf, recordOf, schemaToJson, textsOf } from "./json.ts";
import { call, qualified, qualifiedOrNull, RegistryClient } from "./registry_client.ts";
import { type RequestOptions, segment } from "./rest.ts";
import type {
  Association,
  AssociationLifecycle,
  AssociationRequest,
  AssociationResponse,
  CompatibilityLevel,
  RegistryMode,
  ServerConfig,
} from "./schema.ts";

/** Which part of a list is wanted. */
export interface PageOptions extends RequestOptions {
  /** How many to leave out. Default: 0. */
  readonly offset?: number;
  /** How many at most; -1: all. Default: -1. */
  readonly limit?: number;
}

/** What a question for settings takes. */
export interface GetConfigOptions extends RequestOptions {
  /** Answers with the global settings where the subject has none, rather than refusing. Default: the registry decides. */
  readonly defaultToGlobal?: boolean;
}

/** What a change of the mode takes. */
export interface UpdateModeOptions extends RequestOptions {
  /** Allows `IMPORT` where there are schemas already. Default: false. */
  readonly force?: boolean;
}

/** Which of a resource's associations are wanted. */
export interface GetAssociationsOptions extends PageOptions {
  /** Where the resource is, such as a cluster's id. Default: `-`, which is anywhere. */
  readonly resourceNamespace?: string;
  /** Only those of such resources. Default: all. */
  readonly resourceType?: string;
  /** Only those of these types, such as `value`. Default: all. */
  readonly associationTypes?: readonly string[];
  /** Only those with this one. Default: all. */
  readonly lifecycle?: AssociationLifecycle;
}

/** Which of a resource's associations are deleted. */
export interface DeleteAssociationsOptions extends RequestOptions {
  /** Only those of such resources. Default: all. */
  readonly resourceType?: string;
  /** Only those of these types, such as `value`. Default: all. */
  readonly associationTypes?: readonly string[];
  /** Deletes the subjects too that were to end with their resource. Default: false. */
  readonly cascadeLifecycle?: boolean;
}

/**
 * What a {@link SchemaRegistryClient} can do about settings. A subject that is null or left out stands for all.
 *
 * @example Let a subject take any schema
 * ```ts
 * import type { RegistrySettingsClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * async function relax(client: RegistrySettingsClient, subject: string): Promise<void> {
 *   await client.setCompatibility(subject, "NONE");
 * }
 * ```
 */
export abstract class RegistrySettingsClient extends RegistryClient {
  /**
   * Sets what new schemas must be compatible with.
   *
   * Source: `set_compatibility()` in confluent-kafka-python, whose `subject_name` comes first too.
   */
  async setCompatibility(
    subject: string | null,
    level: CompatibilityLevel,
    options: RequestOptions = {},
  ): Promise<CompatibilityLevel> {
    const answer = await this.setConfig(subject, { compatibility: level }, options);
    return fieldOf(answer, "compatibility") as CompatibilityLevel;
  }

  /**
   * Tells what new schemas must be compatible with.
   *
   * @throws {SchemaRegistryError} 40408 if the subject has no level of its own.
   *
   * Source: `get_compatibility()` in confluent-kafka-python.
   */
  async getCompatibility(subject: string | null = null, options: GetConfigOptions = {}): Promise<CompatibilityLevel> {
    return fieldOf(await this.getConfig(subject, options), "compatibility") as CompatibilityLevel;
  }

  /**
   * Changes settings; those that are not given stay.
   *
   * @returns What the registry has understood.
   *
   * Source: `set_config()` in confluent-kafka-python.
   */
  async setConfig(subject: string | null, config: ServerConfig, options: RequestOptions = {}): Promise<ServerConfig> {
    return configOf(await call(this, "PUT", of(this, "/config", subject), { ...options, body: config }));
  }

  /**
   * Tells the settings.
   *
   * @throws {SchemaRegistryError} 40408 if the subject has none of its own.
   *
   * Source: `get_config()` in confluent-kafka-python.
   */
  async getConfig(subject: string | null = null, options: GetConfigOptions = {}): Promise<ServerConfig> {
    const { signal, defaultToGlobal } = options;
    return configOf(await call(this, "GET", of(this, "/config", subject), { signal, query: { defaultToGlobal } }));
  }

  /**
   * Takes settings back, so that the global ones hold, or their defaults.
   *
   * @returns The settings that were there.
   *
   * Source: `delete_config()` in confluent-kafka-python.
   */
  async deleteConfig(subject: string | null = null, options: RequestOptions = {}): Promise<ServerConfig> {
    return configOf(await call(this, "DELETE", of(this, "/config", subject), options));
  }

  /**
   * Tells a subject's mode.
   *
   * @throws {SchemaRegistryError} 40409 if it has none of its own.
   *
   * Source: `get_mode()` in confluent-kafka-python.
   */
  async getMode(subject: string, options: GetConfigOptions = {}): Promise<RegistryMode> {
    const { signal, defaultToGlobal } = options;
    return modeOf(await call(this, "GET", of(this, "/mode", subject), { signal, query: { defaultToGlobal } }));
  }

  /**
   * Sets a subject's mode.
   *
   * Source: `update_mode()` in confluent-kafka-python.
   */
  async updateMode(subject: string, mode: RegistryMode, options: UpdateModeOptions = {}): Promise<RegistryMode> {
    const { signal, force = false } = options;
    return modeOf(await call(this, "PUT", of(this, "/mode", subject), { signal, query: { force }, body: { mode } }));
  }

  /**
   * Takes a subject's mode back, so that the global one holds.
   *
   * @returns The mode that it had.
   *
   * Source: `delete_mode()` in confluent-kafka-python.
   */
  async deleteMode(subject: string, options: RequestOptions = {}): Promise<RegistryMode> {
    return modeOf(await call(this, "DELETE", of(this, "/mode", subject), options));
  }

  /**
   * Tells the mode of all subjects without one of their own.
   *
   * Source: `get_global_mode()` in confluent-kafka-python.
   */
  async getGlobalMode(options: RequestOptions = {}): Promise<RegistryMode> {
    return modeOf(await call(this, "GET", of(this, "/mode", null), options));
  }

  /**
   * Sets the mode of all subjects without one of their own.
   *
   * Source: `update_global_mode()` in confluent-kafka-python.
   */
  async updateGlobalMode(mode: RegistryMode, options: UpdateModeOptions = {}): Promise<RegistryMode> {
    const { signal, force = false } = options;
    return modeOf(await call(this, "PUT", of(this, "/mode", null), { signal, query: { force }, body: { mode } }));
  }

  /**
   * Lists the contexts of the registry, such as `.` for the default one and `.staging`.
   *
   * Source: `get_contexts()` in confluent-kafka-python.
   */
  async getContexts(options: PageOptions = {}): Promise<string[]> {
    const { signal, offset = 0, limit = -1 } = options;
    return textsOf(await call(this, "GET", "/contexts", { signal, query: { offset, limit } }), "the list of contexts");
  }

  /**
   * Lists a resource's associations: which subjects hold the schemas of a topic.
   *
   * @throws {SchemaRegistryError} with the status 404 also where a registry knows no associations at all.
   *
   * Source: `get_associations_by_resource_name()` in confluent-kafka-python.
   */
  async getAssociationsByResourceName(
    resourceName: string,
    options: GetAssociationsOptions = {},
  ): Promise<Association[]> {
    const { signal, resourceNamespace = "-", resourceType, associationTypes, lifecycle, offset, limit } = options;
    const path = `/associations/resources/${segment(resourceNamespace)}/${segment(resourceName)}`;
    const query = { resourceType, associationType: associationTypes, lifecycle, offset, limit };
    const list = arrayOf(await call(this, "GET", path, { signal, query }), "the list of associations");
    return list.map((each) => {
      fieldOf(each, "subject");
      return each as Association;
    });
  }

  /**
   * Makes or changes associations of a resource.
   *
   * Source: `create_association()` in confluent-kafka-python.
   */
  async createAssociation(request: AssociationRequest, options: RequestOptions = {}): Promise<AssociationResponse> {
    const associations = request.associations.map((each) => ({
      ...each,
      ...(each.subject !== undefined && { subject: qualified(this, each.subject) }),
      ...(each.schema !== undefined && { schema: schemaToJson(each.schema) }),
    }));
    const answer = await call(this, "POST", "/associations", { ...options, body: { ...request, associations } });
    arrayOf(recordOf(answer, "the association")["associations"], "the list of associations");
    return answer as AssociationResponse;
  }

  /**
   * Deletes associations of a resource: those of the given types, else all.
   *
   * Source: `delete_associations()` in confluent-kafka-python.
   */
  async deleteAssociations(resourceId: string, options: DeleteAssociationsOptions = {}): Promise<void> {
    const { signal, resourceType, associationTypes, cascadeLifecycle = false } = options;
    const query = { cascadeLifecycle, resourceType, associationType: associationTypes };
    await call(this, "DELETE", `/associations/resources/${segment(resourceId)}`, { signal, query });
  }
}

function of(client: RegistryClient, path: string, subject: string | null): string {
  const full = qualifiedOrNull(client, subject);
  return full === null ? path : `${path}/${segment(full)}`;
}

function modeOf(answer: unknown): RegistryMode {
  return fieldOf(answer, "mode") as RegistryMode;
}

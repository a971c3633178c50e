/** What the serdes need of a Schema Registry client: any object with these methods will do, such as one for tests. */
import type { Metadata, RegisteredSchema, Schema } from "../schema_registry/schema.ts";

/**
 * Where a format is asked for, in which the server gives a schema's text; for Protobuf `serialized` is a descriptor in
 * base64.
 */
export interface FormatOption {
  /** Default: the text. */
  readonly format?: string;
}

/** A subject that a topic's keys or values are associated with. */
export interface AssociatedSubject {
  /** Its name. */
  readonly subject: string;
}

/** A Schema Registry, as far as serializers and deserializers use it; `SchemaRegistryClient` is one. */
export interface Registry {
  /** Its configuration, which rule executors are told of. */
  readonly config: object;
  /** Registers a schema in a subject, or finds it there. */
  registerSchemaFullResponse(
    subject: string,
    schema: Schema,
    options?: { readonly normalize?: boolean },
  ): Promise<RegisteredSchema>;
  /** Finds a schema in a subject. */
  lookupSchema(
    subject: string,
    schema: Schema,
    options?: FormatOption & { readonly normalize?: boolean; readonly deleted?: boolean },
  ): Promise<RegisteredSchema>;
  /** Gives the schema of an id. */
  getSchema(id: number, options?: FormatOption & { readonly subject?: string }): Promise<Schema>;
  /** Gives the schema of a GUID. */
  getSchemaByGuid(guid: string, options?: FormatOption): Promise<Schema>;
  /** Gives the latest version of a subject. */
  getLatestVersion(subject: string, options?: FormatOption): Promise<RegisteredSchema>;
  /** Gives the latest version of a subject whose metadata has these properties. */
  getLatestWithMetadata(
    subject: string,
    metadata: NonNullable<Metadata["properties"]>,
    options?: FormatOption & { readonly deleted?: boolean },
  ): Promise<RegisteredSchema>;
  /** Gives a version of a subject. */
  getVersion(
    subject: string,
    version: number | "latest",
    options?: FormatOption & { readonly deleted?: boolean },
  ): Promise<RegisteredSchema>;
  /** Gives the subjects that are associated with a topic. */
  getAssociationsByResourceName(
    resourceName: string,
    options?: {
      readonly resourceNamespace?: string;
      readonly resourceType?: string;
      readonly associationTypes?: readonly string[];
    },
  ): Promise<readonly AssociatedSubject[]>;
}

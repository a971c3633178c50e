/** What the serdes need of a Schema Registry client: any object with these methods will do, such as one for tests. */
import type { Metadata, RegisteredSchema, Schema } from "../schema_registry/schema.ts";

/** Where a format is asked for, in which the server gives a schema's text; for Protobuf `serialized` is a descriptor in base64. */
export interface FormatOption {
  readonly format?: string;
}

/** A subject that a topic's keys or values are associated with. */
export interface AssociatedSubject {
  readonly subject: string;
}

/** A Schema Registry, as far as serializers and deserializers use it; `SchemaRegistryClient` is one. */
export interface Registry {
  /** Its configuration, which rule executors are told of. */
  readonly config: object;
  registerSchemaFullResponse(
    subject: string,
    schema: Schema,
    options?: { readonly normalize?: boolean },
  ): Promise<RegisteredSchema>;
  lookupSchema(
    subject: string,
    schema: Schema,
    options?: FormatOption & { readonly normalize?: boolean; readonly deleted?: boolean },
  ): Promise<RegisteredSchema>;
  getSchema(id: number, options?: FormatOption & { readonly subject?: string }): Promise<Schema>;
  getSchemaByGuid(guid: string, options?: FormatOption): Promise<Schema>;
  getLatestVersion(subject: string, options?: FormatOption): Promise<RegisteredSchema>;
  getLatestWithMetadata(
    subject: string,
    metadata: NonNullable<Metadata["properties"]>,
    options?: FormatOption & { readonly deleted?: boolean },
  ): Promise<RegisteredSchema>;
  getVersion(
    subject: string,
    version: number | "latest",
    options?: FormatOption & { readonly deleted?: boolean },
  ): Promise<RegisteredSchema>;
  getAssociationsByResourceName(
    resourceName: string,
    options?: {
      readonly resourceNamespace?: string;
      readonly resourceType?: string;
      readonly associationTypes?: readonly string[];
    },
  ): Promise<readonly AssociatedSubject[]>;
}

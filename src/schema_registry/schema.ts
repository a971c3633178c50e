/** What a Schema Registry keeps, as plain values: schemas, references, metadata, rules and settings. */

/** The formats a schema can be in. */
export type SchemaType = "AVRO" | "JSON" | "PROTOBUF";

/** A schema that another one uses, by the name that it uses there. */
export interface SchemaReference {
  /** The name by which the schema refers to it: a full name in Avro, a URI in JSON Schema, a file name in Protobuf. */
  readonly name: string;
  /** The subject under which it is registered. */
  readonly subject: string;
  /** Its version in that subject. */
  readonly version: number;
}

/** What is said about a schema beside it. */
export interface Metadata {
  /** Tags by the path of what they are for; `*` stands for one name in a path, `**` for any number of them. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  /** Properties, which rules see as parameters. */
  readonly properties?: Readonly<Record<string, string>>;
  /** The names of properties that are secret. */
  readonly sensitive?: readonly string[];
}

/** Whether a rule judges or changes. */
export type RuleKind = "CONDITION" | "TRANSFORM";

/** When a rule runs. */
export type RuleMode = "UPGRADE" | "DOWNGRADE" | "UPDOWN" | "WRITE" | "READ" | "WRITEREAD";

/** What the rules of a set are run on: see {@link RuleSet}. */
export type RulePhase = "MIGRATION" | "DOMAIN" | "ENCODING";

/** A rule of a schema. */
export interface Rule {
  /** Its name, by which failures tell of it. */
  readonly name: string;
  /** What is said about it: the reason of a failure, if there is one. */
  readonly doc?: string;
  /** Whether it judges or changes. */
  readonly kind?: RuleKind;
  /** When it runs. */
  readonly mode?: RuleMode;
  /** What executes it: `CEL`, `CEL_FIELD`, `JSONATA`, `ENCRYPT`, `ENCRYPT_PAYLOAD`, or one of the user's own. */
  readonly type?: string;
  /** A field rule is for the fields with one of these tags; without, for all. */
  readonly tags?: readonly string[];
  /** What it is told beside its expression. */
  readonly params?: Readonly<Record<string, string>>;
  /** What it says, in the language of its type. */
  readonly expr?: string;
  /** An action, or two with a comma between: for writing or upgrading, and for reading or downgrading. */
  readonly onSuccess?: string;
  /** The same for when it fails. Default: `ERROR`. */
  readonly onFailure?: string;
  /** Whether it is left out. Default: false. */
  readonly disabled?: boolean;
}

/** The rules of a schema, by what they are run on. */
export interface RuleSet {
  /** On plain data, between versions. */
  readonly migrationRules?: readonly Rule[];
  /** On values. */
  readonly domainRules?: readonly Rule[];
  /** On bytes. */
  readonly encodingRules?: readonly Rule[];
  /** Where the rules are on: anything but `ALL` and `CLIENT` turns them off here. */
  readonly enableAt?: string;
}

/** A schema as it is registered. */
export interface Schema {
  /** Its text: JSON in Avro and JSON Schema; in Protobuf `.proto` text, or a `FileDescriptorProto` in base64. */
  readonly schema: string;
  /** Default: `"AVRO"`. */
  readonly schemaType?: SchemaType;
  /** The schemas that it uses. Default: none. */
  readonly references?: readonly SchemaReference[];
  /** What is said about it. */
  readonly metadata?: Metadata;
  /** The rules that come with it. */
  readonly ruleSet?: RuleSet;
}

/** A schema and where it is registered. What a registry did not say is null. */
export interface RegisteredSchema {
  /** The subject that it is registered in. */
  readonly subject: string | null;
  /** Its version there, from 1 on. */
  readonly version: number | null;
  /** Its id, which messages carry. */
  readonly schemaId: number;
  /** The same in all registries; older servers have none. */
  readonly guid: string | null;
  /** The schema itself. */
  readonly schema: Schema;
}

/** A version of a subject. */
export interface SchemaVersion {
  /** The subject. */
  readonly subject: string;
  /** The version, from 1 on. */
  readonly version: number;
}

/** What a new schema of a subject must be able to do with those before it. */
export type CompatibilityLevel =
  | "NONE"
  | "BACKWARD"
  | "BACKWARD_TRANSITIVE"
  | "FORWARD"
  | "FORWARD_TRANSITIVE"
  | "FULL"
  | "FULL_TRANSITIVE";

/** What a registry, or a subject of it, lets be done. */
export type RegistryMode = "READWRITE" | "READONLY" | "READONLY_OVERRIDE" | "IMPORT" | "FORWARD";

/**
 * Settings of a subject, or of all. Fields that are not here go through as they are.
 *
 * Source: `ServerConfig` in confluent-kafka-python.
 */
export interface ServerConfig {
  /** A registry answers with it as `compatibilityLevel`, and so do we take it. */
  readonly compatibility?: CompatibilityLevel;
  /** A property of the metadata: only schemas with the same value of it have to be compatible. */
  readonly compatibilityGroup?: string;
  /** Another subject that this one stands for. */
  readonly alias?: string;
  /** Whether schemas are normalized when they are registered or looked up. */
  readonly normalize?: boolean;
  /** For schemas that come without. */
  readonly defaultMetadata?: Metadata;
  /** Wins over what a schema comes with. */
  readonly overrideMetadata?: Metadata;
  /** For schemas that come without rules. */
  readonly defaultRuleSet?: RuleSet;
  /** Wins over the rules that a schema comes with. */
  readonly overrideRuleSet?: RuleSet;
}

/** Whether an association ends with its resource. */
export type AssociationLifecycle = "STRONG" | "WEAK";

/**
 * That a subject holds the schemas of a resource's part, such as a topic's values.
 *
 * Source: `Association` in confluent-kafka-python.
 */
export interface Association {
  /** The subject that holds the schemas. */
  readonly subject: string;
  /** The name of the association itself. */
  readonly guid?: string;
  /** Such as the name of the topic. */
  readonly resourceName: string;
  /** Such as the id of the Kafka cluster. */
  readonly resourceNamespace: string;
  /** The name of the resource that is the only one of its kind. */
  readonly resourceId: string;
  /** Such as `topic`. */
  readonly resourceType: string;
  /** Such as `key` or `value`. */
  readonly associationType: string;
  /** Whether the subject ends with the resource. */
  readonly lifecycle?: AssociationLifecycle;
  /** Whether it cannot be changed any more. */
  readonly frozen?: boolean;
}

/**
 * One of a resource's associations, as it is asked for.
 *
 * Source: `AssociationCreateOrUpdateInfo` in confluent-kafka-python.
 */
export interface AssociationRequestInfo {
  /** Default: the registry chooses. */
  readonly subject?: string;
  /** Such as `key`. Default: `value`. */
  readonly associationType?: string;
  /** Default: `WEAK`, or as it was. */
  readonly lifecycle?: AssociationLifecycle;
  /** Whether it cannot be changed any more. Default: false, or as it was. */
  readonly frozen?: boolean;
  /** Registered in the subject too. */
  readonly schema?: Schema;
  /** Normalizes that schema first. Default: false. */
  readonly normalize?: boolean;
}

/**
 * Associations to make or to change.
 *
 * Source: `AssociationCreateOrUpdateRequest` in confluent-kafka-python.
 */
export interface AssociationRequest {
  /** Such as the name of the topic. */
  readonly resourceName: string;
  /** Such as the id of the Kafka cluster. */
  readonly resourceNamespace: string;
  /** The name of the resource that is the only one of its kind. */
  readonly resourceId: string;
  /** Default: `topic`. */
  readonly resourceType?: string;
  /** What the resource is to have. */
  readonly associations: readonly AssociationRequestInfo[];
}

/**
 * One of a resource's associations, as it is answered.
 *
 * Source: `AssociationInfo` in confluent-kafka-python.
 */
export interface AssociationInfo {
  /** The subject that holds the schemas. */
  readonly subject: string;
  /** Such as `key` or `value`. */
  readonly associationType: string;
  /** Whether the subject ends with the resource. */
  readonly lifecycle?: AssociationLifecycle;
  /** Whether it cannot be changed any more. */
  readonly frozen?: boolean;
  /** The schema that was registered with it. */
  readonly schema?: Schema;
}

/**
 * A resource and its associations.
 *
 * Source: `AssociationResponse` in confluent-kafka-python.
 */
export interface AssociationResponse {
  /** Such as the name of the topic. */
  readonly resourceName: string;
  /** Such as the id of the Kafka cluster. */
  readonly resourceNamespace: string;
  /** The name of the resource that is the only one of its kind. */
  readonly resourceId: string;
  /** Such as `topic`. */
  readonly resourceType: string;
  /** What the resource has. */
  readonly associations: readonly AssociationInfo[];
}

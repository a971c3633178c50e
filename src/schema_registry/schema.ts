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

/** A rule of a schema. */
export interface Rule {
  readonly name: string;
  readonly doc?: string;
  readonly kind?: RuleKind;
  readonly mode?: RuleMode;
  /** What executes it: `CEL`, `CEL_FIELD`, `JSONATA`, `ENCRYPT`, `ENCRYPT_PAYLOAD`, or one of the user's own. */
  readonly type?: string;
  /** A field rule is for the fields with one of these tags; without, for all. */
  readonly tags?: readonly string[];
  readonly params?: Readonly<Record<string, string>>;
  readonly expr?: string;
  /** An action, or two with a comma between: for writing or upgrading, and for reading or downgrading. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
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
  readonly references?: readonly SchemaReference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
}

/** A schema and where it is registered. What a registry did not say is null. */
export interface RegisteredSchema {
  readonly subject: string | null;
  readonly version: number | null;
  readonly schemaId: number;
  /** The same in all registries; older servers have none. */
  readonly guid: string | null;
  readonly schema: Schema;
}

/**
 * A Schema Registry in memory that knows the schemas of a golden case, by exactly the ids, versions and GUIDs that it
 * has there.
 */
import { SchemaRegistryError } from "../../../src/schema_registry/error.ts";
import type { RegisteredSchema, Schema, SchemaType } from "../../../src/schema_registry/schema.ts";
import type { Registry } from "../../../src/serde/registry.ts";

/** A schema as the golden files have it. */
export interface GoldenSchema extends Schema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid?: string;
}

/** What a {@link GoldenRegistry} is told beside its schemas. */
export interface GoldenRegistryOptions {
  /**
   * The id of the next schema that it does not know. Default: it knows all that will be registered, and others are an
   * error.
   */
  readonly nextId?: number;
  /** The configuration that serdes see. Default: empty. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * Subjects associated with topics, by field and topic, such as `value:orders`. Default: associations are not there.
   */
  readonly associations?: Readonly<Record<string, readonly string[]>>;
}

/** A registry in memory. It counts what it is asked. */
export class GoldenRegistry implements Registry {
  readonly config: Readonly<Record<string, unknown>>;
  /** The calls so far, such as `getSchema 7`. */
  readonly calls: string[] = [];
  /** Is called before each call is answered: a place to fail, or to wait. */
  onCall: (call: string) => void | Promise<void> = () => {};
  readonly #schemas: GoldenSchema[];
  readonly #associations: GoldenRegistryOptions["associations"];
  #nextId: number | null;

  constructor(schemas: readonly GoldenSchema[] = [], options: GoldenRegistryOptions = {}) {
    this.#schemas = [...schemas];
    this.#nextId = options.nextId ?? null;
    this.#associations = options.associations;
    this.config = options.config ?? {};
  }

  /** Adds a schema. */
  add(schema: GoldenSchema): void {
    this.#schemas.push(schema);
  }

  async registerSchemaFullResponse(subject: string, schema: Schema): Promise<RegisteredSchema> {
    await this.#called(`register ${subject}`);
    for (const { subject, version } of schema.references ?? []) {
      found(this.#of(subject).find((one) => one.version === version));
    }
    const known = this.#of(subject).find((one) => isSame(one, schema));
    return registered(known ?? this.#added(subject, schema), schema);
  }

  async lookupSchema(subject: string, schema: Schema): Promise<RegisteredSchema> {
    await this.#called(`lookup ${subject}`);
    return registered(found(this.#of(subject).find((one) => isSame(one, schema))), schema);
  }

  async getSchema(id: number, { subject }: { readonly subject?: string } = {}): Promise<Schema> {
    await this.#called(`getSchema ${id}`);
    const all = this.#schemas.filter((one) => one.id === id);
    return plain(found(all.find((one) => one.subject === subject) ?? all[0]));
  }

  async getSchemaByGuid(guid: string): Promise<Schema> {
    await this.#called(`getSchemaByGuid ${guid}`);
    return plain(found(this.#schemas.find((one) => one.guid === guid)));
  }

  async getLatestVersion(subject: string): Promise<RegisteredSchema> {
    await this.#called(`getLatestVersion ${subject}`);
    return registered(found(this.#of(subject).at(-1)));
  }

  async getLatestWithMetadata(
    subject: string,
    wanted: Readonly<Record<string, string>>,
  ): Promise<RegisteredSchema> {
    await this.#called(`getLatestWithMetadata ${subject}`);
    const fits = ({ metadata }: Schema): boolean =>
      Object.entries(wanted).every(([name, value]) => metadata?.properties?.[name] === value);
    return registered(found(this.#of(subject).findLast(fits)));
  }

  async getVersion(subject: string, version: number | "latest"): Promise<RegisteredSchema> {
    await this.#called(`getVersion ${subject} ${version}`);
    const all = this.#of(subject);
    return registered(found(version === "latest" ? all.at(-1) : all.find((one) => one.version === version)));
  }

  async getAssociationsByResourceName(
    topic: string,
    { associationTypes = [] }: { readonly associationTypes?: readonly string[] } = {},
  ): Promise<readonly { readonly subject: string }[]> {
    await this.#called(`getAssociations ${topic}`);
    const subjects = this.#associations?.[`${associationTypes[0]}:${topic}`];
    if (this.#associations === undefined) throw missing();
    return (subjects ?? []).map((subject) => ({ subject }));
  }

  #of(subject: string): GoldenSchema[] {
    return this.#schemas.filter((one) => one.subject === subject).sort((one, other) => one.version - other.version);
  }

  #added(subject: string, schema: Schema): GoldenSchema {
    if (this.#nextId === null) throw new Error(`Nobody should register this in "${subject}": ${schema.schema}`);
    const version = this.#of(subject).length + 1;
    const id = this.#nextId++;
    const guid = `00000000-0000-4000-8000-${id.toString(16).padStart(12, "0")}`;
    const added = { ...schema, subject, version, id, guid };
    this.#schemas.push(added);
    return added;
  }

  async #called(call: string): Promise<void> {
    this.calls.push(call);
    await this.onCall(call);
  }
}

/** As a registry answers that does not know a path, a subject or a schema. */
export function missing(): SchemaRegistryError {
  return new SchemaRegistryError("Schema Not Found (HTTP status code 404, SR code 40400)", {
    httpStatusCode: 404,
    errorCode: 40400,
  });
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw missing();
  return value;
}

function plain({ schema, schemaType, references, metadata, ruleSet }: GoldenSchema): Schema {
  return {
    schema,
    schemaType: schemaType ?? "AVRO",
    ...(references && { references }),
    ...(metadata && { metadata }),
    ...(ruleSet && { ruleSet }),
  };
}

function registered(known: GoldenSchema, schema: Schema = plain(known)): RegisteredSchema {
  const { subject, version, id, guid } = known;
  return { subject, version, schemaId: id, guid: guid ?? null, schema };
}

function isSame(one: Schema, other: Schema): boolean {
  return canonical(one) === canonical(other);
}

/** Spacing and the two ways to write a primitive type do not matter to a registry. */
function canonical({ schema, schemaType = "AVRO", references = [] }: Schema): string {
  const list = references.map(({ name, subject, version }) => [name, subject, version]);
  return JSON.stringify([schemaType, textOf(schema, schemaType), list]);
}

function textOf(schema: string, type: SchemaType): unknown {
  if (type === "PROTOBUF") return schema;
  const parsed: unknown = JSON.parse(schema);
  return type === "AVRO" && typeof parsed === "string" ? { type: parsed } : parsed;
}

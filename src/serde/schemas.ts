/** Schemas in the form that a format works with, parsed and compiled once however many topics use them. */
import { SerializationError } from "../kafka/serialization_error.ts";
import { Cache } from "../schema_registry/cache.ts";
import type { Schema } from "../schema_registry/schema.ts";
import type { Decode, Encode, Format, NamedSchema } from "./format.ts";
import { resolveReferences } from "./references.ts";
import type { Registry } from "./registry.ts";

const maxSchemas = 1000;
/** The readers of one writer's schema, and the messages of one Protobuf file. */
const maxVariants = 100;

/** A schema that is known: as the registry has it, and parsed. */
export class KnownSchema<Parsed> {
  readonly schema: Schema;
  readonly references: readonly NamedSchema[];
  readonly parsed: Parsed;
  readonly #format: Format<Parsed>;
  #encode: Encode | null = null;
  #decode: Decode | null = null;
  readonly #decodeAs = new Map<KnownSchema<Parsed>, Decode>();
  readonly #selected = new Map<string, KnownSchema<Parsed>>();
  readonly #named = new Map<string, KnownSchema<Parsed>>();

  constructor(format: Format<Parsed>, schema: Schema, references: readonly NamedSchema[], parsed: Parsed) {
    this.#format = format;
    this.schema = schema;
    this.references = references;
    this.parsed = parsed;
  }

  /** The full name of the record, or null. */
  get recordName(): string | null {
    return this.#format.recordName(this.parsed);
  }

  /** What writes values of the schema. */
  get encode(): Encode {
    return this.#encode ??= this.#format.encoder(this.parsed);
  }

  /** What reads values of the schema, in the shape of another one if there is one. */
  decode(reader: KnownSchema<Parsed> | null): Decode {
    if (reader === null || reader === this) return this.#decode ??= this.#format.decoder(this.parsed, null);
    return remember(this.#decodeAs, reader, () => this.#format.decoder(this.parsed, reader.parsed));
  }

  /** Where in the schema's file the message stands; null where there are no files. */
  get indexes(): readonly number[] | null {
    return this.#format.indexes?.(this.parsed) ?? null;
  }

  /** The same schema with the message at a place of its file; itself where there are no files. */
  select(indexes: readonly number[] | null): KnownSchema<Parsed> {
    if (indexes === null || this.#format.select === undefined) return this;
    return remember(this.#selected, indexes.join(), () => this.#with(this.#format.select!(this.parsed, indexes)));
  }

  /** The same schema with the message that a value says it is; itself where values say nothing. */
  forValue(value: unknown): KnownSchema<Parsed> {
    if (this.#format.forValue === undefined) return this;
    const parsed = this.#format.forValue(this.parsed, value);
    const name = this.#format.recordName(parsed);
    if (name === null || name === this.recordName) return this;
    return remember(this.#named, name, () => this.#with(parsed));
  }

  #with(parsed: Parsed): KnownSchema<Parsed> {
    return new KnownSchema(this.#format, this.schema, this.references, parsed);
  }
}

/** Makes an entry of a small map once. A map that is full begins anew. */
function remember<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  if (map.size >= maxVariants) map.clear();
  map.set(key, made);
  return made;
}

/** The schemas that a serializer or deserializer knows. */
export class Schemas<Parsed> {
  readonly #registry: Registry;
  readonly #format: Format<Parsed>;
  readonly #known = new Cache<KnownSchema<Parsed>>({ capacity: maxSchemas });
  #isLoaded = false;

  constructor(registry: Registry, format: Format<Parsed>) {
    this.#registry = registry;
    this.#format = format;
  }

  /** The format in which the registry is asked for schemas, where it is not their text. */
  get askedFormat(): { readonly format?: string } {
    return this.#format.type === "PROTOBUF" ? { format: "serialized" } : {};
  }

  /**
   * Parses a schema.
   *
   * @param references Those that it refers to. Default: they are asked for.
   * @throws {SerializationError} if it is of another type, or cannot be parsed.
   */
  async know(schema: Schema, references: readonly NamedSchema[] | null = null): Promise<KnownSchema<Parsed>> {
    const type = schema.schemaType ?? "AVRO";
    if (type !== this.#format.type) {
      throw new SerializationError(`Cannot use a schema of the type ${type}: ${this.#format.type} is wanted`);
    }
    return await this.#known.load(keyOf(schema), () => this.#parse(schema, references));
  }

  async #parse(schema: Schema, given: readonly NamedSchema[] | null): Promise<KnownSchema<Parsed>> {
    const references = given ?? await resolveReferences(this.#registry, schema, this.askedFormat.format);
    if (!this.#isLoaded) {
      await this.#format.load?.();
      this.#isLoaded = true;
    }
    return new KnownSchema(this.#format, schema, references, this.#format.parse(schema, references));
  }

  /** Forgets them. */
  clear(): void {
    this.#known.clear();
  }
}

/** Two schemas with the same text may still differ in what they refer to, and in what is said about them. */
function keyOf({ schema, references, metadata, ruleSet }: Schema): string {
  return JSON.stringify([schema, references ?? [], metadata ?? null, ruleSet ?? null]);
}

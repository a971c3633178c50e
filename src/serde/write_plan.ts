/**
 * Finds out how the values of a topic's field are written: under which subject, with which schema, id, codec and rules.
 */
import { SerializationError } from "../kafka/serialization_error.ts";
import type { RegisteredSchema, Schema } from "../schema_registry/schema.ts";
import { checksOf, type ValueChecks } from "./checks.ts";
import type { SerializerConfig } from "./config.ts";
import type { WritingContext } from "./context.ts";
import type { Encode, Format, NamedSchema } from "./format.ts";
import { latestOf } from "./latest.ts";
import { type Dated, forGood } from "./plans.ts";
import type { Registry } from "./registry.ts";
import { planRules, type RulePlan, type RulePlanOptions } from "./rules/plan.ts";
import type { RuleRegistry } from "./rules/registry.ts";
import { SchemaId } from "./schema_id.ts";
import { type KnownSchema, Schemas } from "./schemas.ts";
import { SubjectNames } from "./subject_names.ts";

/** How values of one type are written. */
export interface WriteForm {
  readonly schemaId: SchemaId;
  readonly encode: Encode;
}

/** How the values of a topic's field are written. */
export interface WritePlan extends Dated, WriteForm, ValueChecks {
  readonly subject: string;
  /** The version in the subject, or null if the registry did not say. */
  readonly version: number | null;
  /** In Protobuf, how a value is written by the type that it says it is of; else null. */
  readonly formFor: ((value: unknown) => WriteForm) | null;
  /** What runs on values before they are encoded; null if there is nothing. */
  readonly domainRules: RulePlan | null;
  /** What runs on the bytes; null if there is nothing. */
  readonly encodingRules: RulePlan | null;
}

/** What a serializer is made of. */
export interface WritePlannerOptions<Parsed> {
  readonly registry: Registry;
  readonly format: Format<Parsed>;
  /** The schema of its values; null if the registry says which. */
  readonly schema: Schema | null;
  /** The schemas that it refers to, where they are not asked for by its references. */
  readonly references?: readonly NamedSchema[];
  readonly config: SerializerConfig;
  readonly ruleRegistry: RuleRegistry;
  /**
   * Registers what the schema refers to, or looks it up, and gives the schema with its references. Default: it has
   * them.
   */
  readonly complete?: (schema: Schema, context: WritingContext | undefined) => Promise<Schema>;
}

/** Makes {@link WritePlan}s. */
export class WritePlanner<Parsed> {
  readonly #options: WritePlannerOptions<Parsed>;
  readonly #schemas: Schemas<Parsed>;
  readonly #names: SubjectNames;

  constructor(options: WritePlannerOptions<Parsed>) {
    this.#options = options;
    this.#schemas = new Schemas(options.registry, options.format);
    this.#names = new SubjectNames(options.registry, options.config);
  }

  /**
   * Makes a plan.
   *
   * @param date Gives the date of a plan that is made of the latest version. It is asked when that is known, so that
   * the client has forgotten it too by the time that the plan is too old.
   * @param before The plan that is too old. It is given again with another date if the latest version is still the
   * same.
   */
  async plan(context: WritingContext | undefined, before: WritePlan | null, date: () => Dated): Promise<WritePlan> {
    const { schema, references } = this.#options;
    const own = schema === null ? null : await this.#schemas.know(schema, references);
    const recordName = own?.recordName ?? null;
    const subject = await this.#names.subject(context, recordName);
    if (subject === null) {
      throw new SerializationError(
        "Cannot name the subject: the strategy needs a record's name, and the schema has none",
      );
    }
    const given = await this.#given(subject);
    if (given === null) return await this.#ownPlan(subject, own!, context);
    if (before?.subject === subject && isSame(before, given)) return Object.assign(before, date());
    const isLasting = (this.#options.config["use.schema.id"] ?? null) !== null;
    return await this.#givenPlan(subject, own, given, isLasting ? forGood : date());
  }

  /** Forgets all that can be asked for again. */
  clear(): void {
    this.#schemas.clear();
    this.#names.clear();
  }

  /** The schema that the registry says to write with, or null if it is the serializer's own. */
  async #given(subject: string): Promise<RegisteredSchema | null> {
    const { registry, config } = this.#options;
    const id = config["use.schema.id"] ?? null;
    if (id === null) return await latestOf(registry, subject, config, this.#schemas.askedFormat);
    const schema = await registry.getSchema(id, { subject, ...this.#schemas.askedFormat });
    const registered = await registry.lookupSchema(subject, schema, { deleted: true });
    return { ...registered, schema };
  }

  async #ownPlan(
    subject: string,
    own: KnownSchema<Parsed>,
    context: WritingContext | undefined,
  ): Promise<WritePlan> {
    const { registry, config, complete } = this.#options;
    const normalize = config["normalize.schemas"] ?? false;
    const schema = complete === undefined ? own.schema : await complete(own.schema, context);
    const registered = (config["auto.register.schemas"] ?? true)
      ? await registry.registerSchemaFullResponse(subject, schema, { normalize })
      : await registry.lookupSchema(subject, schema, { normalize });
    return {
      ...this.#common(subject, registered, own),
      ...checksOf({ ...this.#options, known: own, hasDomainRules: false }),
      ...forGood,
      domainRules: null,
      encodingRules: null,
    };
  }

  async #givenPlan(
    subject: string,
    own: KnownSchema<Parsed> | null,
    given: RegisteredSchema,
    date: Dated,
  ): Promise<WritePlan> {
    const registered = await this.#schemas.know(given.schema);
    // A Protobuf message is of the type that the program has: the registry only says its id and its rules.
    const known = own !== null && this.#options.format.indexes !== undefined ? own : registered;
    const domainRules = this.#rules(subject, registered, known, false);
    return {
      ...this.#common(subject, given, known),
      ...checksOf({ ...this.#options, known, ruled: registered, hasDomainRules: domainRules !== null }),
      ...date,
      domainRules,
      encodingRules: this.#rules(subject, registered, known, true),
    };
  }

  #common(
    subject: string,
    { schemaId: id, guid, version }: RegisteredSchema,
    known: KnownSchema<Parsed>,
  ): Omit<WritePlan, keyof (Dated & ValueChecks) | "domainRules" | "encodingRules"> {
    const { format } = this.#options;
    const formOf = ({ indexes, encode }: KnownSchema<Parsed>): WriteForm => {
      return { schemaId: new SchemaId({ id, guid, messageIndexes: indexes }), encode };
    };
    const forms = new WeakMap([[known, formOf(known)]]);
    const formFor = (value: unknown): WriteForm => {
      const one = known.forValue(value);
      let form = forms.get(one);
      if (form === undefined) forms.set(one, form = formOf(one));
      return form;
    };
    return {
      ...formOf(known),
      subject,
      version,
      formFor: format.forValue === undefined ? null : formFor,
    };
  }

  #rules(
    subject: string,
    registered: KnownSchema<Parsed>,
    known: KnownSchema<Parsed>,
    isEncoding: boolean,
  ): RulePlan | null {
    const { format, ruleRegistry } = this.#options;
    const plan = planRules({
      registry: ruleRegistry,
      mode: "WRITE",
      isEncoding,
      subject,
      source: null,
      target: registered.schema,
      references: registered.references,
      ...(isEncoding ? {} : viewOf(format, known)),
    });
    return plan.rules.length === 0 ? null : plan;
  }
}

/** How rules look at values. */
export function viewOf<Parsed>(
  format: Format<Parsed>,
  known: KnownSchema<Parsed>,
): Pick<RulePlanOptions, "walk" | "typed"> {
  return {
    walk: (value, visit) => format.walk(known.forValue(value).parsed, value, visit),
    ...(format.typed === undefined ? {} : { typed: (value: unknown) => format.typed!(known.parsed, value) }),
  };
}

function isSame({ schemaId, version }: WritePlan, given: RegisteredSchema): boolean {
  return schemaId.id === given.schemaId && version === given.version;
}

/**
 * Finds out how messages with one schema id are read: the writer's schema, the reader's, the steps between and the
 * rules.
 */
import { SerializationError } from "../kafka/serialization_error.ts";
import type { RegisteredSchema, Schema } from "../schema_registry/schema.ts";
import { checksOf, type ValueChecks } from "./checks.ts";
import type { DeserializerConfig } from "./config.ts";
import type { ReadingContext } from "./context.ts";
import type { Decode, Format } from "./format.ts";
import { latestOf } from "./latest.ts";
import { type Dated, forGood } from "./plans.ts";
import type { Registry } from "./registry.ts";
import { planMigrations, planSteps, versionsBetween } from "./rules/migrations.ts";
import { planRules, type RulePlan } from "./rules/plan.ts";
import type { RuleRegistry } from "./rules/registry.ts";
import type { FoundSchemaId } from "./schema_id.ts";
import { type KnownSchema, Schemas } from "./schemas.ts";
import { SubjectNames } from "./subject_names.ts";
import { viewOf } from "./write_plan.ts";

/** By what a message names its schema. */
export type SchemaName = Pick<FoundSchemaId, "id" | "guid" | "messageIndexes">;

/** How messages of a topic's field are read that were written with one schema. */
export interface ReadPlan extends Dated, SchemaName, ValueChecks {
  readonly subject: string | null;
  /** The id of the latest version, where that is the reader's schema. */
  readonly latestId: number | null;
  readonly decode: Decode;
  /** What runs on the bytes before they are decoded; null if there is nothing. */
  readonly encodingRules: RulePlan | null;
  /** What takes a value from the writer's version to the reader's; null if the decoder does. */
  readonly migration: Migration | null;
  /** What runs on values after that; null if there is nothing. */
  readonly domainRules: RulePlan | null;
}

/** The steps from one version to another, which are made on plain data. */
export interface Migration {
  readonly steps: readonly RulePlan[];
  readonly toPlain: (value: unknown) => unknown;
  readonly fromPlain: (plain: unknown) => unknown;
}

/** What a deserializer is made of. */
export interface ReadPlannerOptions<Parsed> {
  readonly registry: Registry;
  readonly format: Format<Parsed>;
  /** The schema in whose shape values are read; null for the writer's, or the latest. */
  readonly schema: Schema | null;
  readonly config: DeserializerConfig;
  readonly ruleRegistry: RuleRegistry;
}

/** There is no plan, though the subject was known already; the reason is the cause. */
export class UnplannedError extends Error {
  readonly subject: string;

  constructor(subject: string, cause: unknown) {
    super("Cannot plan how messages are read", { cause });
    this.subject = subject;
  }
}

/** Makes {@link ReadPlan}s. */
export class ReadPlanner<Parsed> {
  readonly #options: ReadPlannerOptions<Parsed>;
  readonly #schemas: Schemas<Parsed>;
  readonly #names: SubjectNames;

  constructor(options: ReadPlannerOptions<Parsed>) {
    this.#options = options;
    this.#schemas = new Schemas(options.registry, options.format);
    this.#names = new SubjectNames(options.registry, options.config);
  }

  /**
   * Makes a plan.
   *
   * @param date Gives the date of a plan whose reader is the latest version: see {@link WritePlanner.plan}.
   * @param before The plan that is too old. It is given again with another date if the latest version is still the
   * same.
   * @throws {UnplannedError} with the reason, where the subject was known by then.
   */
  async plan(
    name: SchemaName,
    context: ReadingContext | undefined,
    before: ReadPlan | null,
    date: () => Dated,
  ): Promise<ReadPlan> {
    const { registry, schema, config } = this.#options;
    const format = this.#schemas.askedFormat;
    const own = schema === null ? null : await this.#schemas.know(schema);
    let subject = context === undefined ? null : await this.#names.subject(context, own?.recordName ?? null);
    try {
      const written = await this.#schemas.know(await this.#writerSchema(name, subject));
      const writer = written.select(name.messageIndexes);
      subject ??= await this.#names.subject(context, writer.recordName);
      const latest = subject === null ? null : await latestOf(registry, subject, config, format);
      if (latest === null) return { ...name, ...forGood, ...this.#part(subject, writer, own) };
      if (before?.subject === subject && before.latestId === latest.schemaId) return Object.assign(before, date());
      return { ...name, ...date(), ...await this.#partAsLatest(subject!, name, writer, latest) };
    } catch (cause) {
      throw subject === null ? cause : new UnplannedError(subject, cause);
    }
  }

  /** Forgets all that can be asked for again. */
  clear(): void {
    this.#schemas.clear();
    this.#names.clear();
  }

  async #writerSchema({ id, guid }: SchemaName, subject: string | null): Promise<Schema> {
    const { registry } = this.#options;
    const format = this.#schemas.askedFormat;
    if (id !== null) return await registry.getSchema(id, { ...format, ...(subject === null ? {} : { subject }) });
    if (guid !== null) return await registry.getSchemaByGuid(guid, format);
    throw new SerializationError("Cannot find the schema: the message has neither an id nor a GUID");
  }

  #part(
    subject: string | null,
    writer: KnownSchema<Parsed>,
    reader: KnownSchema<Parsed> | null,
    migration: Migration | null = null,
  ): Omit<ReadPlan, keyof (SchemaName & Dated)> {
    const shape = reader ?? writer;
    const domainRules = this.#rules(subject, shape, false);
    return {
      subject,
      latestId: null,
      // What a migration gives has the reader's shape: before, the writer's is wanted.
      decode: writer.decode(migration === null ? reader : null),
      migration,
      ...checksOf({ ...this.#options, known: shape, hasDomainRules: domainRules !== null }),
      encodingRules: this.#rules(subject, writer, true),
      domainRules,
    };
  }

  async #partAsLatest(
    subject: string,
    name: SchemaName,
    writer: KnownSchema<Parsed>,
    latest: RegisteredSchema,
  ): Promise<Omit<ReadPlan, keyof (SchemaName & Dated)>> {
    // In Protobuf, the message with the writer's name.
    const reader = (await this.#schemas.know(latest.schema)).forValue({ $typeName: writer.recordName ?? undefined });
    const steps = isNameOf(name, latest) ? [] : await this.#steps(subject, writer.schema, latest);
    const migration = steps.length === 0 ? null : this.#migration(steps, writer, reader);
    return { ...this.#part(subject, writer, reader, migration), latestId: latest.schemaId };
  }

  #migration(
    steps: readonly RulePlan[],
    writer: KnownSchema<Parsed>,
    reader: KnownSchema<Parsed>,
  ): Migration {
    const { format } = this.#options;
    return {
      steps,
      toPlain: (value) => format.toPlain === undefined ? value : format.toPlain(writer.parsed, value),
      fromPlain: (plain) => format.fromPlain === undefined ? plain : format.fromPlain(reader.parsed, plain),
    };
  }

  /** The steps from the writer's version to the latest; none if no version between has rules for that. */
  async #steps(subject: string, schema: Schema, latest: RegisteredSchema): Promise<readonly RulePlan[]> {
    const { registry, ruleRegistry } = this.#options;
    const writer = { ...await registry.lookupSchema(subject, schema, { deleted: true }), schema };
    const between: RegisteredSchema[] = [];
    for (const version of versionsBetween(writer.version ?? 0, latest.version ?? 0)) {
      between.push(await registry.getVersion(subject, version, { deleted: true, ...this.#schemas.askedFormat }));
    }
    return planSteps(planMigrations(writer, latest, between), ruleRegistry, subject);
  }

  #rules(
    subject: string | null,
    known: KnownSchema<Parsed>,
    isEncoding: boolean,
  ): RulePlan | null {
    const { format, ruleRegistry } = this.#options;
    const plan = planRules({
      registry: ruleRegistry,
      mode: "READ",
      isEncoding,
      subject: subject ?? "",
      source: null,
      target: known.schema,
      references: known.references,
      ...(isEncoding ? {} : viewOf(format, known)),
    });
    return plan.rules.length === 0 ? null : plan;
  }
}

function isNameOf({ id, guid }: SchemaName, { schemaId, guid: itsGuid }: RegisteredSchema): boolean {
  return id === null ? guid === itsGuid : id === schemaId;
}

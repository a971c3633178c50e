/**
 * The configuration of serializers and deserializers: Python's dotted names, their types and defaults, and the check of
 * them.
 */
import {
  type Check,
  type Checks,
  isBoolean,
  isFunction,
  isObject,
  isOneOf,
  isRecord,
  isString,
  problemsOf,
} from "./option_checks.ts";
import type { ValidationRuleExecutor } from "./rules/validation.ts";
import type { SubjectNameStrategy, SubjectNameStrategyType } from "./subject.ts";
import type { SchemaIdDeserializer, SchemaIdSerializer } from "./wire.ts";

/** Details of the strategy ASSOCIATED. */
export interface SubjectNameStrategyConfig {
  /** The Kafka cluster whose topics are meant. Default: any. */
  readonly "subject.name.strategy.kafka.cluster.id"?: string | null;
  /** The strategy where a topic has no associated subject; with `NONE` that is an error. Default: `"TOPIC"`. */
  readonly "subject.name.strategy.fallback.type"?: Exclude<SubjectNameStrategyType, "ASSOCIATED"> | "NONE" | null;
}

/**
 * When constraints are executed.
 *
 * Source: `ValidationRulesExecution` in confluent-kafka-python.
 */
export type ValidationRulesExecution = "DISABLED" | "BEFORE_DOMAIN_RULES" | "AFTER_DOMAIN_RULES";

/** What serializers and deserializers of all formats have. Null is as good as leaving a property out. */
export interface SerdeConfig {
  /**
   * Whether the latest version of the subject is used: to write with, or to read as. It is asked for again when it is
   * older than the client's `"cache.latest.ttl.sec"`, by default five minutes. Default: false.
   */
  readonly "use.latest.version"?: boolean | null;
  /** The same for the latest version whose metadata has these properties; goes before the others. Default: none. */
  readonly "use.latest.with.metadata"?: Readonly<Record<string, string>> | null;
  /** How subjects are named. Default: `"ASSOCIATED"`, which falls back to `"TOPIC"`. */
  readonly "subject.name.strategy.type"?: SubjectNameStrategyType | null;
  /** Details of `"ASSOCIATED"`. */
  readonly "subject.name.strategy.conf"?: SubjectNameStrategyConfig | null;
  /** A function that names subjects; goes before the type. */
  readonly "subject.name.strategy"?: SubjectNameStrategy | null;
  /**
   * When values are checked by the constraints that their schema's text has as `confluent:rules`: before or after its domain
   * rules, or never. Without domain rules both are the same. A value that violates one is an error, a `ValidationRuleError`.
   * Default: `"DISABLED"`. In confluent-kafka-python only serializers have it.
   */
  readonly "validation.rules.execution"?: ValidationRulesExecution | null;
  /** Whether the first constraint that a value violates is enough; else all are told. Default: false. */
  readonly "validation.rules.fail.fast"?: boolean | null;
  /** What executes constraints, such as a `CelValidator` of `/rules/cel`: wanted where they are. Default: nothing. */
  readonly "validation.rules.executor"?: ValidationRuleExecutor | null;
}

/** The configuration of serializers of all formats. */
export interface SerializerConfig extends SerdeConfig {
  /** Whether a schema that the subject does not have yet is registered; else that is an error. Default: true. */
  readonly "auto.register.schemas"?: boolean | null;
  /** Whether the registry is to compare schemas by their meaning instead of their text. Default: false. */
  readonly "normalize.schemas"?: boolean | null;
  /** The id of the schema to write with, which the subject must have. Default: none. */
  readonly "use.schema.id"?: number | null;
  /** Where the schema's id goes. Default: in front of the payload. */
  readonly "schema.id.serializer"?: SchemaIdSerializer | null;
}

/** The configuration of deserializers of all formats. */
export interface DeserializerConfig extends SerdeConfig {
  /** Where the schema's id is looked for. Default: in a header, then in front of the payload. */
  readonly "schema.id.deserializer"?: SchemaIdDeserializer | null;
}

const isSchemaId: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
    ? undefined
    : "a whole number from 0 to 4294967295 is wanted";

const isMetadata: Check = (value) =>
  isRecord(value) && Object.values(value).every((property) => typeof property === "string")
    ? undefined
    : "an object whose values are strings is wanted";

function isValidator(value: unknown): string | undefined {
  return isRecord(value) && typeof value["execute"] === "function"
    ? undefined
    : "an object with a function `execute` is wanted";
}

const strategyChecks: Checks = {
  "subject.name.strategy.kafka.cluster.id": isString,
  "subject.name.strategy.fallback.type": isOneOf("TOPIC", "RECORD", "TOPIC_RECORD", "NONE"),
};

const serdeChecks: Checks = {
  "use.latest.version": isBoolean,
  "use.latest.with.metadata": isMetadata,
  "subject.name.strategy.type": isOneOf("TOPIC", "RECORD", "TOPIC_RECORD", "ASSOCIATED"),
  "subject.name.strategy.conf": isObject,
  "subject.name.strategy": isFunction,
  "validation.rules.execution": isOneOf("DISABLED", "BEFORE_DOMAIN_RULES", "AFTER_DOMAIN_RULES"),
  "validation.rules.fail.fast": isBoolean,
  "validation.rules.executor": isValidator,
  ruleRegistry: isObject,
  ruleConfig: isObject,
};

const serializerChecks: Checks = {
  ...serdeChecks,
  "auto.register.schemas": isBoolean,
  "normalize.schemas": isBoolean,
  "use.schema.id": isSchemaId,
  "schema.id.serializer": isFunction,
  toDict: isFunction,
};

const deserializerChecks: Checks = {
  ...serdeChecks,
  "schema.id.deserializer": isFunction,
  fromDict: isFunction,
};

/**
 * Checks the options of a serializer.
 *
 * @param what What is configured, such as `an AvroSerializer`.
 * @param own The checks of the format's own options.
 * @throws {TypeError} with a line for each option that cannot be used.
 */
export function checkSerializerOptions(
  what: string,
  options: SerializerConfig,
  own: Checks,
): void {
  const problems = problemsOf(options, { ...serializerChecks, ...own });
  problems.push(...problemsOf(options["subject.name.strategy.conf"], strategyChecks), ...validatorProblems(options));
  if (options["use.latest.version"] === true && (options["auto.register.schemas"] ?? true)) {
    problems.push(
      'Cannot set "use.latest.version" with "auto.register.schemas", which is on by default: turn one of them off',
    );
  }
  conclude(what, problems);
}

/** Checks the options of a deserializer in the same way. */
export function checkDeserializerOptions(
  what: string,
  options: DeserializerConfig,
  own: Checks,
): void {
  const problems = problemsOf(options, { ...deserializerChecks, ...own });
  problems.push(...problemsOf(options["subject.name.strategy.conf"], strategyChecks), ...validatorProblems(options));
  conclude(what, problems);
}

/** Whether constraints are executed. */
export function executesConstraints(config: SerdeConfig): boolean {
  return /^(BEFORE|AFTER)_DOMAIN_RULES$/.test(config["validation.rules.execution"] ?? "");
}

function validatorProblems(options: SerdeConfig): string[] {
  if (!isRecord(options) || !executesConstraints(options) || (options["validation.rules.executor"] ?? null) !== null) {
    return [];
  }
  return [
    'Cannot set "validation.rules.execution" without "validation.rules.executor": what is to execute them? ' +
    "new CelValidator() of /rules/cel, perhaps",
  ];
}

function conclude(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new TypeError([`Cannot make ${what}`, ...problems].join("\n"));
}

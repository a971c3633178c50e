/** What checks values before they are written and after they were read: constraints of the schema, and the format itself. */
import { executesConstraints, type SerdeConfig } from "./config.ts";
import type { Format } from "./format.ts";
import { constraintCheck } from "./rules/validation.ts";
import type { KnownSchema } from "./schemas.ts";

/** Throws if a value is not allowed. */
export type CheckValue = (value: unknown) => void;

/** The checks of values; null where there is nothing to check. */
export interface ValueChecks {
  /** Before the domain rules, where there are both. */
  readonly checkBefore: CheckValue | null;
  /** After them. */
  readonly validate: CheckValue | null;
}

/** What {@link checksOf} goes by. */
export interface ChecksOptions<Parsed> {
  readonly format: Format<Parsed>;
  readonly config: SerdeConfig;
  /** The schema that values are of. */
  readonly known: KnownSchema<Parsed>;
  /** The one whose constraints count. Default: the same. */
  readonly ruled?: KnownSchema<Parsed>;
  readonly hasDomainRules: boolean;
}

/** Says which checks there are, and when. */
export function checksOf<Parsed>(options: ChecksOptions<Parsed>): ValueChecks {
  const { format, config, known, hasDomainRules } = options;
  const ofFormat: CheckValue | null = format.validate === undefined
    ? null
    : (value) => format.validate!(known.parsed, value);
  const ofConstraints = constraintsOf(options);
  if (ofConstraints === null) return { checkBefore: null, validate: ofFormat };
  if (hasDomainRules && config["validation.rules.execution"] === "BEFORE_DOMAIN_RULES") {
    return { checkBefore: ofConstraints, validate: ofFormat };
  }
  return { checkBefore: null, validate: ofFormat === null ? ofConstraints : both(ofConstraints, ofFormat) };
}

function constraintsOf<Parsed>({ format, config, known, ruled = known }: ChecksOptions<Parsed>): CheckValue | null {
  const executor = config["validation.rules.executor"];
  if (!executesConstraints(config) || !executor) return null;
  const walk = format.constraints?.(ruled.parsed, known.parsed) ?? null;
  if (walk === null) return null;
  const { schema, references } = ruled;
  return constraintCheck(walk, {
    executor,
    failFast: config["validation.rules.fail.fast"] ?? false,
    schema,
    references,
  });
}

function both(first: CheckValue, second: CheckValue): CheckValue {
  return (value) => {
    first(value);
    second(value);
  };
}

/** The parameters of encryption rules: `encrypt.*`, of the rule or of the schema's metadata. */
import type { Rule } from "../../../schema_registry/schema.ts";
import type { RuleContext } from "../types.ts";
import { invalidArgument } from "./error.ts";
import { type DekAlgorithm, dekAlgorithms } from "./types.ts";

/** Where keys may be besides, in a KEK's properties or in the configuration. */
export const alternatesKey = "encrypt.alternate.kms.key.ids";

const MS_PER_DAY = 86_400_000;
/** Some thousands of years: far beyond any use, and safe to count in milliseconds. */
const MAX_EXPIRY_DAYS = 1_000_000;

/** What a rule says about its encryption. */
export interface EncryptionParameters {
  /** `encrypt.kek.name`. */
  readonly kekName: string;
  /** `encrypt.kms.type`; needed where the KEK is not in the registry yet. */
  readonly kmsType: string | undefined;
  /** `encrypt.kms.key.id`; needed where the KEK is not in the registry yet. */
  readonly kmsKeyId: string | undefined;
  /** `encrypt.dek.algorithm`. Default: `AES256_GCM`. */
  readonly algorithm: DekAlgorithm;
  /**
   * `encrypt.dek.expiry.days`, in milliseconds: so long a DEK is written with. Default: 0, for ever. If it is not, every text
   * has the version of its DEK in front.
   */
  readonly expiryMs: number;
  /** `encrypt.alternate.kms.key.ids`: other keys of the same service, with commas between, for when the first is out of reach. */
  readonly alternates: string | undefined;
}

/** Reads parameters, once for each rule: a field rule runs for every field. */
export class ParameterReader {
  readonly #known = new WeakMap<Rule, { readonly target: unknown; readonly parameters: EncryptionParameters }>();

  /**
   * Gives a rule's parameters.
   *
   * @throws {EncryptionError} `_INVALID_ARG` for one that is missing or wrong.
   */
  read(context: RuleContext): EncryptionParameters {
    const known = this.#known.get(context.rule);
    // The metadata of another schema may have other parameters for the same rule.
    if (known?.target === context.target) return known.parameters;
    const parameters = parametersOf(context);
    this.#known.set(context.rule, { target: context.target, parameters });
    return parameters;
  }
}

function parametersOf(context: RuleContext): EncryptionParameters {
  const kekName = context.parameter("encrypt.kek.name");
  if (!kekName) throw invalidArgument(`Cannot run the rule "${context.rule.name}": it has no "encrypt.kek.name"`);
  return {
    kekName,
    kmsType: context.parameter("encrypt.kms.type") || undefined,
    kmsKeyId: context.parameter("encrypt.kms.key.id") || undefined,
    algorithm: algorithmOf(context),
    expiryMs: expiryDaysOf(context) * MS_PER_DAY,
    alternates: context.parameter(alternatesKey) || undefined,
  };
}

function algorithmOf(context: RuleContext): DekAlgorithm {
  const name = context.parameter("encrypt.dek.algorithm") || "AES256_GCM";
  const algorithm = dekAlgorithms.find((one) => one === name);
  if (algorithm !== undefined) return algorithm;
  throw wrong(context, "encrypt.dek.algorithm", name, `it is one of ${dekAlgorithms.join(", ")}`);
}

function expiryDaysOf(context: RuleContext): number {
  const text = context.parameter("encrypt.dek.expiry.days") || "0";
  const days = /^\d{1,7}$/.test(text) ? Number(text) : Infinity;
  if (days <= MAX_EXPIRY_DAYS) return days;
  throw wrong(context, "encrypt.dek.expiry.days", text, `it is a whole number, 0 to ${MAX_EXPIRY_DAYS}`);
}

function wrong(context: RuleContext, name: string, value: string, rule: string): Error {
  return invalidArgument(`Cannot run the rule "${context.rule.name}" with "${name}" of "${value}": ${rule}`);
}

/** Whether values satisfy a JSON Schema: Ajv, one for each schema, so that the names in one never meet another's. */
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import draft04 from "ajv-draft-04";
import { SerializationError } from "../../kafka/serialization_error.ts";
import { type Documents, type Draft, innerPlaces, isObject, joined, type Place, ROOT } from "./documents.ts";
import { isUnique, regExpOf } from "./keywords.ts";

/** A module of the older kind, whose class is its default export or it itself, by who loads it. */
const Ajv04 = ((draft04 as unknown as { readonly default?: unknown }).default ?? draft04) as typeof Ajv;

/** Draft 06 is 07 without `if`, which the older one has as a keyword unknown to it. */
const classes = { "04": Ajv04, "06": Ajv, "07": Ajv, "2019-09": Ajv2019, "2020-12": Ajv2020 };

/** For one message so many references are followed. Schemas that refer to each other twice could ask for 2^n of them. */
const MAX_STEPS = 10_000_000;
const STEP = "kafka-ffi:step";
/** Copies of a schema go where it is referred to if they are small; copies of copies would be without bounds. */
const INLINE_BELOW = 20;

const shared: Options = {
  strict: false,
  validateFormats: false,
  validateSchema: false,
  addUsedSchema: false,
  logger: false,
  // What a value inherits is not in it: `{}` has no "toString", and "__proto__" may be a key.
  ownProperties: true,
  inlineRefs: INLINE_BELOW,
  code: { regExp: regExpOf },
};

/** Compiles the schemas of one serializer. */
export class Validators {
  /** What checks that schemas are schemas, which takes a while to get ready: once for each draft. */
  readonly #checkers = new Map<Draft, Ajv>();

  /**
   * Compiles a schema.
   *
   * @throws {SerializationError} if it is no valid schema, refers to one that is not there, or code may not be made.
   */
  compile(documents: Documents): Validator {
    this.#check(documents.root, "the schema", documents.draft);
    for (const [name, place] of documents.others) this.#check(place, `the schema "${name}"`, documents.draft);
    return new Validator(documents);
  }

  #check({ schema }: Place, what: string, draft: Draft): void {
    let checker = this.#checkers.get(draft);
    if (!checker) this.#checkers.set(draft, checker = new classes[draft]({ ...shared, validateSchema: true }));
    if (checker.validateSchema(withoutDraft(schema))) return;
    throw new SerializationError(`Cannot use ${what}: it is no valid JSON Schema${placeOf(checker.errors?.[0])}`);
  }
}

/** Says of values whether they satisfy a schema, or a part of it. */
export class Validator {
  readonly #ajv: Ajv;
  readonly #validate: ValidateFunction;
  readonly #parts = new Map<string, ValidateFunction>();
  #steps = 0;

  /** Compiles a schema whose form has been checked. */
  constructor(documents: Documents) {
    const { root, others, draft, isOld } = documents;
    this.#ajv = new classes[draft](shared);
    this.#addKeywords(draft);
    try {
      this.#ajv.addSchema(prepared(root, isOld), ROOT);
      for (const [name, place] of others) this.#addReference(name, root.base, prepared(place, isOld));
      this.#validate = this.#part(`${ROOT}#`);
    } catch (cause) {
      throw notCompiled(cause);
    }
  }

  /**
   * Checks a value.
   *
   * @throws {SerializationError} if it does not satisfy the schema: with its path and the keyword, not the value.
   */
  check(value: unknown): void {
    this.#steps = 0;
    if (this.#run(this.#validate, value)) return;
    throw new SerializationError(`The value does not satisfy its JSON Schema${placeOf(this.#validate.errors?.[0])}`);
  }

  /**
   * Gives what says whether a value satisfies a part of the schema, for all that is to be said of one message: its parts have
   * one bound together.
   */
  judge(): (part: Place, value: unknown) => boolean {
    let steps = 0;
    return (part, value) => {
      // Another message may have had its turn meanwhile, for rules can wait.
      this.#steps = steps;
      const isAccepted = this.#run(this.#part(part.address), value);
      // Each look counts, so that there are not too many of those that follow no reference.
      steps = this.#steps + 1;
      return isAccepted;
    };
  }

  #run(validate: ValidateFunction, value: unknown): boolean {
    try {
      return validate(value) as boolean;
    } catch (cause) {
      if (cause instanceof SerializationError) throw cause;
      // The stack: a schema that refers to itself without a way down into the value.
      throw new SerializationError("Cannot validate the value", undefined, { cause });
    }
  }

  #part(address: string): ValidateFunction {
    let validate = this.#parts.get(address);
    if (validate === undefined) {
      const found = this.#ajv.getSchema(address);
      if (found === undefined) throw new SerializationError("Cannot find a part of the schema");
      this.#parts.set(address, validate = found as ValidateFunction);
    }
    return validate;
  }

  /** A reference goes by its name, which a schema with an identifier of its own makes relative to that. */
  #addReference(name: string, base: string, schema: object | boolean): void {
    this.#ajv.addSchema(schema, name);
    const full = joined(base, name);
    if (full !== name && this.#ajv.schemas[full] === undefined && this.#ajv.refs[full] === undefined) {
      this.#ajv.addSchema(schema, full);
    }
  }

  #addKeywords(draft: Draft): void {
    if (draft === "06") { for (const keyword of ["if", "then", "else"]) this.#ajv.removeKeyword(keyword); }
    // Ajv's own compares each element with each other one: a list of a million would take for ever.
    this.#ajv.removeKeyword("uniqueItems");
    this.#ajv.addKeyword({
      keyword: "uniqueItems",
      type: "array",
      schemaType: "boolean",
      validate: (wanted: boolean, values: unknown[]) => !wanted || isUnique(values),
      errors: false,
    });
    this.#ajv.addKeyword({
      keyword: STEP,
      validate: () => {
        if (++this.#steps > MAX_STEPS) {
          throw new SerializationError("Cannot validate the value: the schema takes too long");
        }
        return true;
      },
      schema: false,
      errors: false,
    });
  }
}

/** The same schema without the draft's URI, by which Ajv would look for a draft of another class. */
function withoutDraft(schema: unknown): object | boolean {
  if (!isObject(schema)) return schema as boolean;
  const { $schema: _, ...rest } = schema;
  return rest;
}

/** A copy for Ajv, in which each reference counts as a step. */
function prepared(place: Place, isOld: boolean): object | boolean {
  const copy = structuredClone(withoutDraft(place.schema));
  const rest: Place[] = [{ ...place, schema: copy }];
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    rest.push(...innerPlaces(one));
    const { schema } = one;
    if (!isObject(schema)) continue;
    const reference = schema["$ref"];
    if (reference === undefined && !("$dynamicRef" in schema) && !("$recursiveRef" in schema)) continue;
    const counted = schema as Record<string, unknown>;
    if (isOld) {
      // There what stands beside a reference is ignored, a count too.
      delete counted["$ref"];
      for (const keyword of Object.keys(counted)) if (!/^(?:definitions|\$?id)$/.test(keyword)) delete counted[keyword];
      counted["allOf"] = [{ $ref: reference }];
    }
    counted[STEP] = true;
  }
  return copy;
}

/** Where and by which keyword something fails. Keys may be in the path, values are not. */
function placeOf(error: ErrorObject | undefined): string {
  return error ? `: "${error.instancePath || "/"}" fails "${error.keyword}"` : "";
}

function notCompiled(cause: unknown): SerializationError {
  if (cause instanceof SerializationError) return cause;
  if (cause instanceof EvalError) {
    const text = "Cannot compile the schema: code may not be generated here; turn validation off";
    return new SerializationError(text, undefined, { cause });
  }
  const missing = typeof cause === "object" && cause !== null && "missingRef" in cause
    ? String(cause.missingRef)
    : null;
  const reason = missing === null ? "" : `: it refers to "${missing}", which is none of its references`;
  return new SerializationError(`Cannot compile the schema${reason}`, undefined, { cause });
}

/** JSON Schema as a format of the serializers. */
import { errorCodes } from "../../kafka/error_codes.ts";
import { SerializationError } from "../../kafka/serialization_error.ts";
import { settled, type Work } from "../../kafka/work.ts";
import type { Format, VisitField } from "../format.ts";
import { walkConstraints } from "./constraints.ts";
import { Documents, isObject } from "./documents.ts";
import { parseText, readText, textOf, writeText } from "./text.ts";
import type { Validator, Validators } from "./validator.ts";
import { loadValidators } from "./validator_loading.ts";
import { walkJson } from "./walk.ts";

/** What {@link jsonFormat} takes. */
export interface JsonFormatOptions {
  /**
   * Whether values are checked against their schema. Default: true. Without, the validator is not even loaded, unless a
   * field rule meets an `anyOf` or `oneOf`.
   */
  readonly validate?: boolean;
  /**
   * Whether values are checked by the constraints of their schema, for which the validator is loaded too: it says which parts of
   * a schema a value is under. Default: false.
   */
  readonly constraints?: boolean;
  /**
   * Gives the JSON of a value, as for those with a `bigint`. Default: `JSON.stringify`, which must not lose anything.
   */
  readonly jsonEncode?: (value: unknown) => string;
  /** Gives the value of JSON. Default: `JSON.parse`, in which integers beyond 2^53 lose digits. */
  readonly jsonDecode?: (text: string) => unknown;
}

/** A JSON Schema, parsed. */
export interface ParsedJson {
  readonly documents: Documents;
  /** What checks values, or null if nothing is to be checked. */
  readonly validator: Validator | null;
}

/** The format, which can also check values: after the rules when writing, and after them when reading. */
export interface JsonFormat extends Format<ParsedJson> {
  /**
   * Checks a value against a schema, if values are to be checked.
   *
   * @throws {SerializationError} with the path in the value and the keyword that fails, and without the value.
   */
  validate(parsed: ParsedJson, value: unknown): void;
}

/** JSON Schema, drafts 04, 06, 07, 2019-09 and 2020-12; the last where a schema does not say. */
export function jsonFormat(options: JsonFormatOptions = {}): JsonFormat {
  const { validate = true, constraints = false, jsonEncode, jsonDecode } = options;
  let validators: Validators | null = null;
  const unchecked = new WeakMap<ParsedJson, Validator>();

  async function load(): Promise<void> {
    if (validate || constraints) validators ??= await loadValidators();
  }

  /** For the walk: what is compiled for values serves here too, else something is compiled now. */
  function* validatorOf(parsed: ParsedJson): Work<Validator> {
    let validator = parsed.validator ?? unchecked.get(parsed);
    if (!validator) {
      validators ??= yield* settled(loadValidators());
      unchecked.set(parsed, validator = validators.compile(parsed.documents));
    }
    return validator;
  }

  return {
    type: "JSON",
    load,
    parse(schema, references) {
      const documents = new Documents(schema, references);
      if (!validate) return { documents, validator: null };
      if (!validators) throw new SerializationError("Cannot parse a JSON Schema before load()", errorCodes._STATE);
      return { documents, validator: validators.compile(documents) };
    },
    recordName({ documents: { root: { schema } } }) {
      return isObject(schema) && typeof schema["title"] === "string" ? schema["title"] : null;
    },
    encoder() {
      const text = jsonEncode ? encodedBy(jsonEncode) : textOf;
      return (value, output) => writeText(text(value), output);
    },
    decoder() {
      const value = jsonDecode ? decodedBy(jsonDecode) : parseText;
      return (data, start) => value(readText(data, start));
    },
    validate({ validator }, value) {
      validator?.check(value);
    },
    constraints(parsed) {
      const { documents } = parsed;
      if (!documents.hasConstraints) return null;
      const validator = parsed.validator ?? unchecked.get(parsed) ?? validators?.compile(documents);
      if (!validator) throw new SerializationError("Cannot check constraints before load()", errorCodes._STATE);
      unchecked.set(parsed, validator);
      return walkConstraints(documents, () => validator.judge());
    },
    *walk(parsed, value, visit: VisitField) {
      const { documents } = parsed;
      const validator = documents.hasChoices ? yield* validatorOf(parsed) : null;
      return yield* walkJson(value, {
        documents,
        visit,
        accepts: validator?.judge() ?? (() => true),
      });
    },
  };
}

function encodedBy(jsonEncode: (value: unknown) => string): (value: unknown) => string {
  return (value) => {
    let text: unknown;
    try {
      text = jsonEncode(value);
    } catch (cause) {
      throw new SerializationError("The function jsonEncode threw", errorCodes._INVALID_ARG, { cause });
    }
    if (typeof text === "string") return text;
    throw new SerializationError("The function jsonEncode gave no text", errorCodes._INVALID_ARG);
  };
}

function decodedBy(jsonDecode: (text: string) => unknown): (text: string) => unknown {
  return (text) => {
    try {
      return jsonDecode(text);
    } catch (cause) {
      // What the runtime says of malformed JSON quotes it, so that is not passed on.
      if (cause instanceof SyntaxError) throw new SerializationError("The text is no JSON");
      throw new SerializationError("The function jsonDecode threw", errorCodes._BAD_MSG, { cause });
    }
  };
}

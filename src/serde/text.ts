/** Strings, UUIDs, and bytes as they are. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Serde } from "../kafka/serialization.ts";
import { SerializationError } from "../kafka/serialization_error.ts";
import { refused, serde } from "./_check.ts";

/** What {@link Serdes.string} takes. */
export interface StringOptions {
  /** Whether bytes that are no UTF-8 are an error; else each becomes U+FFFD. Default: true. */
  readonly fatal?: boolean;
}

// A byte order mark is a character like any other, as it is to Python.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of bytes that are UTF-8. */
function textOf(data: Uint8Array): string {
  try {
    return strict.decode(data);
  } catch {
    throw new SerializationError("the bytes are no UTF-8");
  }
}

/** A string that has a UTF-8 form. It stays a string: the producer writes its bytes where they are sent from. */
function checked(value: string): string {
  if (typeof value !== "string") throw refused("a string", value);
  if (value.isWellFormed()) return value;
  throw new SerializationError("the string has half of a surrogate pair", errorCodes._INVALID_ARG);
}

const strictString = serde(checked, textOf);
const lenientString = serde(checked, (data) => lenient.decode(data));

/** Strings as UTF-8. */
export function stringSerde({ fatal = true }: StringOptions = {}): Serde<string> {
  return fatal ? strictString : lenientString;
}

const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** UUIDs in their text form. */
export const uuid: Serde<string> = serde(
  (value) => {
    if (typeof value !== "string") throw refused("a UUID as a string", value);
    if (!uuidForm.test(value)) throw new SerializationError("the string is no UUID", errorCodes._INVALID_ARG);
    return value.toLowerCase();
  },
  (data) => {
    const text = textOf(data);
    if (!uuidForm.test(text)) throw new SerializationError("the text is no UUID");
    return text.toLowerCase();
  },
);

/** Bytes as they are. */
export const bytes: Serde<Uint8Array> = serde(
  (value) => {
    if (!(value instanceof Uint8Array)) throw refused("a Uint8Array", value);
    return value;
  },
  (data) => data,
);

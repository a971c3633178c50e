/** The error of encryption rules. It tells of keys by their names, and never shows one, nor a text, nor a credential. */
import { errorCodes } from "../../../kafka/error_codes.ts";
import { SerializationError } from "../../../kafka/serialization_error.ts";

/** The facts of an {@link EncryptionError} beside its code. */
export interface EncryptionFacts {
  /** Whether the same call may succeed when it is made again. Default: `false`. */
  readonly isRetriable?: boolean;
  /** What led to it. Only errors that this library made, for others may quote what they were given. */
  readonly cause?: unknown;
}

/**
 * A value could not be encrypted or decrypted: a parameter is missing, a key cannot be had, or the bytes do not fit the key.
 *
 * The code says which: `_INVALID_ARG` for parameters and configuration, `_NOENT` for a key that is not there,
 * `_AUTHENTICATION` for a key management service that refuses the credentials, `_TRANSPORT` and `_TIMED_OUT` for one that does
 * not answer, `_FAIL` for one that answers with another error, `_BAD_MSG` for a value.
 *
 * Source: `RuleError` as confluent-kafka-python's encryption executors raise it.
 */
export class EncryptionError extends SerializationError {
  /** The class, for logs. */
  override readonly name = "EncryptionError";

  /** Makes an error of a reason, a code (default: `_BAD_MSG`) and its facts. */
  constructor(message: string, code: number = errorCodes._BAD_MSG, facts: EncryptionFacts = {}) {
    super(message, code, facts);
  }
}

/** Makes the error of a parameter or setting that is missing or wrong. */
export function invalidArgument(message: string): EncryptionError {
  return new EncryptionError(message, errorCodes._INVALID_ARG);
}

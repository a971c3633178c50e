/** The errors of a Schema Registry and of the tokens for it. None of them shows a credential or an answer's contents. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";

/** The facts of a {@link SchemaRegistryError} beside its text. */
export interface RegistryErrorFacts {
  /** The status of the answer; null if there was none. Default: null. */
  readonly httpStatusCode?: number | null;
  /** The registry's own code, such as 40401; -1 if it gave none. Default: -1. */
  readonly errorCode?: number;
  /** The registry's own words. Default: none. */
  readonly errorMessage?: string | null;
  /** The code as a {@link KafkaError}. Default: by the status. */
  readonly code?: number;
  /** Whether the same call may succeed when it is made again. Default: false. */
  readonly isRetriable?: boolean;
  /** What led to it. */
  readonly cause?: unknown;
}

/**
 * A Schema Registry refused a request, gave no answer, or gave one that cannot be used.
 *
 * `code` is `_TRANSPORT` without an answer, `_TIMED_OUT` if time was up, `_AUTHENTICATION` for the statuses 401 and 403,
 * `_NOENT` for 404, `_BAD_MSG` for an answer that cannot be read, else `_FAIL`.
 *
 * Source: `SchemaRegistryError` in confluent-kafka-python.
 */
export class SchemaRegistryError extends KafkaError {
  /** The class, for logs. */
  override readonly name: string = "SchemaRegistryError";
  /** The status of the answer, or null if there was none. */
  readonly httpStatusCode: number | null;
  /** The registry's own code, such as 40401 for an unknown subject; -1 if it gave none. */
  readonly errorCode: number;
  /** The registry's own words, or null if it gave none. */
  readonly errorMessage: string | null;

  /** Makes an error of a text and its facts. */
  constructor(message: string, facts: RegistryErrorFacts = {}) {
    const status = facts.httpStatusCode ?? null;
    super(message, facts.code ?? codeOf(status), { isRetriable: facts.isRetriable ?? false, cause: facts.cause });
    this.httpStatusCode = status;
    this.errorCode = facts.errorCode ?? -1;
    this.errorMessage = facts.errorMessage ?? null;
  }
}

/**
 * A token for a registry could not be had; `httpStatusCode` is that of the token endpoint's answer.
 *
 * Source: `OAuthTokenError` in confluent-kafka-python.
 */
export class OAuthTokenError extends SchemaRegistryError {
  /** The class, for logs. */
  override readonly name = "OAuthTokenError";

  /** Makes an error of a text and its facts; `code` is `_AUTHENTICATION`. */
  constructor(message: string, facts: RegistryErrorFacts = {}) {
    super(message, { ...facts, code: errorCodes._AUTHENTICATION });
  }
}

/** An answer that cannot be used, whatever its status. */
export function unreadable(what: string, httpStatusCode: number | null = null): SchemaRegistryError {
  return new SchemaRegistryError(`Cannot read the registry's answer: ${what}`, {
    httpStatusCode,
    code: errorCodes._BAD_MSG,
  });
}

function codeOf(status: number | null): number {
  switch (status) {
    case null:
      return errorCodes._TRANSPORT;
    case 401:
    case 403:
      return errorCodes._AUTHENTICATION;
    case 404:
      return errorCodes._NOENT;
    case 408:
    case 504:
      return errorCodes._TIMED_OUT;
    default:
      return errorCodes._FAIL;
  }
}

/** Logging in: tokens, names and passwords into librdkafka, and the request that shows that a broker answers. */
import { errorCodes } from "../kafka/error_codes.ts";
import { constants, type Pointer } from "../../ffi/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import type { Native } from "./native.ts";
import { type Request, withOptions } from "./queries.ts";

/** A token in the form in which librdkafka takes it. */
export interface TokenValues {
  readonly token: string;
  /** When it runs out, in milliseconds since 1970. */
  readonly expiresAt: number;
  readonly principal: string;
  readonly extensions: readonly (readonly [name: string, value: string])[];
}

/**
 * Gives librdkafka a token: brokers that wait for one are connected to.
 *
 * @throws {KafkaError} `_INVALID_ARG` if it has run out or has characters that a token cannot have; `_STATE` if the mechanism
 * is another one.
 */
export function setToken(native: Native, client: Pointer, values: TokenValues): void {
  const { c, library, scratch } = native;
  scratch.reset();
  const text = scratch.take(512);
  const entries = values.extensions.flat();
  const list = scratch.take(Math.max(8, entries.length * 8));
  const view = new DataView(list.bytes.buffer, list.bytes.byteOffset);
  entries.forEach((entry, index) => {
    view.setBigUint64(index * 8, BigInt(library.number(secretText(native, entry, "an extension"))), true);
  });
  const code = c.rd_kafka_oauthbearer_set_token(
    client,
    secretText(native, values.token, "a token"),
    library.word(values.expiresAt),
    secretText(native, values.principal, "a principal"),
    entries.length === 0 ? library.nullPointer : list.pointer,
    library.word(entries.length),
    text.pointer,
    library.word(512),
  );
  if (code !== 0) throw new KafkaError(`Cannot use the token: ${native.text(text.pointer) ?? ""}`, code);
}

/** Tells librdkafka that there is no token. It asks again after 10 seconds. */
export function setTokenFailure(native: Native, client: Pointer, reason: string): void {
  // What a handler throws may have any text, and C wants one that is not empty.
  const text = native.scratch.reset().text(reason.toWellFormed().replaceAll("\0", " ") || "no reason", "a reason");
  native.c.rd_kafka_oauthbearer_set_token_failure(client, text);
}

/** Changes the name and password for logins from now on. */
export function setCredentials(native: Native, client: Pointer, username: string, password: string): void {
  native.scratch.reset();
  native.checkError(
    "Cannot set the credentials",
    native.c.rd_kafka_sasl_set_credentials(
      client,
      secretText(native, username, "a user name"),
      secretText(native, password, "a password"),
    ),
  );
}

/** Asks for the brokers of the cluster, which any cluster answers. */
export function requestCluster(native: Native, request: Request): void {
  withOptions(native, constants.RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER, request, (options) => {
    native.c.rd_kafka_DescribeCluster(request.client, options, request.queue);
  });
}

/** A C string whose value no error message shows. */
function secretText(native: Native, value: unknown, what: string): Pointer {
  if (typeof value !== "string") throw new TypeError(`Cannot use ${what} of type ${typeof value}: a string is wanted`);
  if (value.includes("\0") || !value.isWellFormed()) {
    throw new KafkaError(
      `Cannot use ${what}: it has a null character or half of a surrogate pair`,
      errorCodes._INVALID_ARG,
    );
  }
  return native.scratch.text(value, what);
}

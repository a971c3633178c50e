/** The runtime's cryptography for drivers that cannot do without it. */
import { type RuntimeCrypto, runtimeCrypto } from "../../../../../ffi/crypto.ts";
import { errorCodes } from "../../../../kafka/error_codes.ts";
import { EncryptionError } from "../error.ts";

/**
 * Gives what the runtime has.
 *
 * @throws {EncryptionError} `_NOT_IMPLEMENTED` if it has none.
 */
export function cryptoFor(service: string): RuntimeCrypto {
  const found = runtimeCrypto();
  if (found !== null) return found;
  throw new EncryptionError(`Cannot use ${service}: this runtime has no node:crypto`, errorCodes._NOT_IMPLEMENTED);
}

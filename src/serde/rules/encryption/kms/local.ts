/** The driver for `local-kms://`: keys that are derived from a secret of the configuration, for tests and development. */
import { gcmCipher } from "../cipher.ts";
import { cryptoFor } from "./crypto.ts";
import { Settings } from "./settings.ts";
import type { Kms, KmsDriver, KmsOptions } from "./types.ts";

const SERVICE = "the local KMS";
const KEY_BYTES = 16;

/**
 * Gives the driver for `local-kms://`. All its keys are one: AES-128-GCM with what HKDF makes of the secret.
 *
 * Settings: `secret`, else the variable `LOCAL_SECRET`.
 *
 * Source: `LocalKmsDriver` in confluent-kafka-python.
 *
 * @example Let rules use its keys
 * ```ts
 * import { localKms } from "@kafka-ffi/kafka/kms/local";
 * import { FieldEncryptExecutor } from "@kafka-ffi/kafka/rules/encryption";
 *
 * const executor = new FieldEncryptExecutor({ kms: [localKms()] });
 * ```
 */
export function localKms(options: Pick<KmsOptions, "environment"> = {}): KmsDriver {
  return {
    prefix: "local-kms://",
    newKms: (config) => new LocalKms(new Settings(SERVICE, config, options).required("secret", "LOCAL_SECRET")),
  };
}

class LocalKms implements Kms {
  readonly #cipher;

  constructor(secret: string) {
    const derived = cryptoFor(SERVICE).hkdfSha256(new TextEncoder().encode(secret), KEY_BYTES);
    this.#cipher = gcmCipher(derived);
  }

  // deno-lint-ignore require-await -- The others have to wait.
  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    return this.#cipher.encrypt(plaintext);
  }

  // deno-lint-ignore require-await -- The others have to wait.
  async decrypt(ciphertext: Uint8Array): Promise<Uint8Array> {
    return this.#cipher.decrypt(ciphertext);
  }
}

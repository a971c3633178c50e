/** Wraps and unwraps the key material of DEKs with a KEK, by whichever of its keys a key management service answers for. */
import { errorCodes } from "../../../kafka/error_codes.ts";
import { Cache } from "../../../schema_registry/cache.ts";
import { EncryptionError } from "./error.ts";
import type { KmsRegistry } from "./kms/registry.ts";
import type { Kms, KmsConfig } from "./kms/types.ts";
import { alternatesKey, type EncryptionParameters } from "./parameters.ts";
import type { Kek } from "./types.ts";

/** More keys than anybody has in use at once; one that made room only has to log in again. */
const MAX_KEYS = 100;

/** Wraps and unwraps. */
export class KeyWrapping {
  readonly #registry: KmsRegistry;
  readonly #config: KmsConfig;
  /** They are kept for the tokens that they hold. */
  readonly #keys = new Cache<Kms>({ capacity: MAX_KEYS });

  /** Makes one of the services there are, and the configuration for them. */
  constructor(registry: KmsRegistry, config: KmsConfig) {
    this.#registry = registry;
    this.#config = config;
  }

  /**
   * Wraps key material.
   *
   * @throws {EncryptionError} if none of the KEK's keys can.
   */
  async wrap(kek: Kek, parameters: EncryptionParameters, material: Uint8Array): Promise<Uint8Array> {
    return await this.#tryKeys(kek, parameters, "wrap", async (kms) => await kms.encrypt(material));
  }

  /**
   * Unwraps key material.
   *
   * @throws {EncryptionError} if none of the KEK's keys can.
   */
  async unwrap(kek: Kek, parameters: EncryptionParameters, wrapped: Uint8Array): Promise<Uint8Array> {
    return await this.#tryKeys(kek, parameters, "unwrap", async (kms) => await kms.decrypt(wrapped));
  }

  async #tryKeys(
    kek: Kek,
    parameters: EncryptionParameters,
    verb: string,
    work: (kms: Kms) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const failures: unknown[] = [];
    for (const keyId of this.#keyIdsOf(kek, parameters)) {
      try {
        return await work(this.#kmsOf(kek, keyId));
      } catch (error) {
        failures.push(error);
      }
    }
    throw allFailed(`Cannot ${verb} a DEK with the KEK "${kek.name}"`, failures);
  }

  /** The key itself, and those that stand in for it. */
  #keyIdsOf(kek: Kek, parameters: EncryptionParameters): Set<string> {
    const alternates = kek.kmsProps?.[alternatesKey] ?? parameters.alternates ?? this.#config[alternatesKey];
    const listed = typeof alternates === "string" ? alternates.split(",").map((id) => id.trim()) : [];
    return new Set([kek.kmsKeyId, ...listed.filter((id) => id !== "")]);
  }

  #kmsOf(kek: Kek, keyId: string): Kms {
    const url = `${kek.kmsType}://${keyId}`;
    const place = JSON.stringify([url, kek.kmsProps ?? {}]);
    const known = this.#keys.get(place);
    if (known !== undefined) return known;
    const kms = this.#registry.newKms({ ...this.#config, ...kek.kmsProps }, url);
    this.#keys.set(place, kms);
    return kms;
  }
}

function allFailed(action: string, failures: readonly unknown[]): EncryptionError {
  const ours = failures.filter((failure) => failure instanceof EncryptionError);
  // The text of an error that a user's own driver throws may quote a key.
  const reasons = failures.map((failure) => failure instanceof EncryptionError ? failure.message : "its driver failed");
  const isRetriable = ours.some((failure) => failure.isRetriable);
  const facts = ours[0] === undefined ? { isRetriable } : { isRetriable, cause: ours[0] };
  return new EncryptionError(`${action}: ${reasons.join("; ")}`, ours[0]?.code ?? errorCodes._FAIL, facts);
}

/** The key management services that a serializer's encryption rules can use: each instance has its own, none is global. */
import { invalidArgument } from "../error.ts";
import type { Kms, KmsConfig, KmsDriver } from "./types.ts";

/**
 * Drivers by the prefix of their keys' URLs.
 *
 * @example Two services, each for its own keys
 * ```ts
 * import { awsKms } from "@kafka-ffi/kafka/kms/aws";
 * import { localKms } from "@kafka-ffi/kafka/kms/local";
 * import { FieldEncryptExecutor, KmsRegistry } from "@kafka-ffi/kafka/rules/encryption";
 *
 * const executor = new FieldEncryptExecutor({ kms: new KmsRegistry([awsKms(), localKms()]) });
 * ```
 */
export class KmsRegistry {
  readonly #drivers: KmsDriver[] = [];

  /** Makes a registry of some drivers. */
  constructor(drivers: Iterable<KmsDriver> = []) {
    for (const driver of drivers) this.register(driver);
  }

  /** Adds a driver. It takes the place of one with the same prefix. */
  register(driver: KmsDriver): void {
    const index = this.#drivers.findIndex((one) => one.prefix === driver.prefix);
    this.#drivers.splice(index < 0 ? this.#drivers.length : index, 1, driver);
  }

  /**
   * Gives the key of a URL.
   *
   * @throws {EncryptionError} `_INVALID_ARG` if no driver knows the URL, or its driver refuses it.
   */
  newKms(config: KmsConfig, keyUrl: string): Kms {
    const driver = this.#drivers.find((one) => keyUrl.startsWith(one.prefix));
    if (driver !== undefined) return driver.newKms(config, keyUrl);
    const kind = `${keyUrl.split("://", 1)[0]}://`;
    const known = this.#drivers.map((one) => one.prefix).join(", ") || "none";
    throw invalidArgument(`Cannot find a driver for keys of "${kind}": there are ${known}`);
  }
}

/** What a key management service is to encryption rules: it wraps and unwraps the key material of DEKs. */
import type { Transport } from "../../../../schema_registry/transport.ts";

/** A key in a key management service. */
export interface Kms {
  /** Wraps key material. */
  encrypt(plaintext: Uint8Array): Promise<Uint8Array>;
  /** Unwraps what {@link encrypt} wrapped. */
  decrypt(ciphertext: Uint8Array): Promise<Uint8Array>;
}

/** Settings for key management services: the rule configuration's, and those of a KEK before them. */
export type KmsConfig = Readonly<Record<string, unknown>>;

/** Knows one kind of key management service. */
export interface KmsDriver {
  /** What the URLs of its keys begin with, such as `aws-kms://`. */
  readonly prefix: string;
  /**
   * Gives the key of a URL. Nothing is asked of the service yet.
   *
   * @throws {EncryptionError} `_INVALID_ARG` if the URL names no key, or a setting is missing or wrong.
   */
  newKms(config: KmsConfig, keyUrl: string): Kms;
}

/** What all drivers are made with. */
export interface KmsOptions {
  /** Carries the requests. Default: `fetch`. */
  readonly transport?: Transport;
  /** A request that takes longer fails, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
  /** Reads a variable of the environment, where a setting is not given. Default: the process's own; none where it has none. */
  readonly environment?: (name: string) => string | undefined;
  /** The time in milliseconds since 1970, for tests. */
  readonly now?: () => number;
}

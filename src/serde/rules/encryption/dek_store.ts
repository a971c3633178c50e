/** The DEKs in use, ready to encrypt with; fetched from the DEK registry, and where a message is written made there. */
import { errorCodes } from "../../../kafka/error_codes.ts";
import { Cache } from "../../../schema_registry/cache.ts";
import { SingleFlight } from "../../../schema_registry/single_flight.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { type Cipher, cipherOf } from "./cipher.ts";
import { EncryptionError, invalidArgument } from "./error.ts";
import type { EncryptionParameters } from "./parameters.ts";
import { keyOf, newKeyMaterial } from "./tink.ts";
import { type Dek, type DekRegistry, isStatus, type Kek } from "./types.ts";
import type { KeyWrapping } from "./wrapping.ts";

/** Stands for the newest version of a DEK. */
export const LATEST_VERSION = -1;

/** A DEK that is to be rotated is asked for again no sooner than this: a registry that fails must not meet every message. */
const LEAST_USE_MS = 60_000;

/** Which DEK is wanted. */
export interface DekRequest {
  readonly parameters: EncryptionParameters;
  readonly subject: string;
  /** Who reads makes no keys, and may use ones that were deleted. */
  readonly isRead: boolean;
  /** A version, or {@link LATEST_VERSION}. */
  readonly version: number;
}

/** A DEK that is ready. */
export interface ReadyDek {
  readonly version: number;
  readonly cipher: Cipher;
}

/** What a store is made of. */
export interface DekStoreOptions {
  readonly registry: DekRegistry;
  readonly wrapping: KeyWrapping;
  /** So many DEKs are kept. */
  readonly capacity: number;
  readonly now: () => number;
  /** Is told why an expired DEK is used on. */
  readonly onRotationError: (error: unknown) => void;
}

/** The DEKs in use. */
export class DekStore {
  readonly #options: DekStoreOptions;
  readonly #registry: DekRegistry;
  readonly #held: Cache<{ readonly dek: ReadyDek; readonly untilMs: number }>;
  readonly #flights = new SingleFlight<ReadyDek>();

  /** Makes a store that is empty. */
  constructor(options: DekStoreOptions) {
    this.#options = options;
    this.#registry = options.registry;
    this.#held = new Cache({ capacity: options.capacity });
  }

  /** Gives a DEK that is at hand and not expired, or undefined. */
  peek(request: DekRequest): ReadyDek | undefined {
    const held = this.#held.get(keyOfRequest(request));
    return held === undefined || held.untilMs <= this.#options.now() ? undefined : held.dek;
  }

  /**
   * Gives a DEK. To write with, it and its KEK are made if they are not there, and a DEK that has expired gets a successor; if
   * it cannot be made, the old one is used on.
   *
   * @throws {EncryptionError} `_NOENT` if there is none to read with; and for the reasons of a {@link KeyWrapping}.
   */
  async get(request: DekRequest): Promise<ReadyDek> {
    const ready = this.peek(request);
    if (ready !== undefined) return ready;
    return await this.#flights.run(keyOfRequest(request), async () => await this.#obtain(request));
  }

  /** Forgets all DEKs. */
  clear(): void {
    this.#held.clear();
  }

  async #obtain(request: DekRequest): Promise<ReadyDek> {
    const kek = await this.#kekFor(request);
    const dek = await this.#dekFor(kek, request);
    // A DEK that was just made is unwrapped like any other: nothing is written with a key that cannot be had again.
    const material = await this.#materialOf(kek, dek, request);
    const { algorithm, expiryMs } = request.parameters;
    const ready = { version: dek.version, cipher: cipherOf(algorithm, keyOf(material, algorithm)) };
    const now = this.#options.now();
    const isForEver = request.version !== LATEST_VERSION;
    const untilMs = isForEver ? Infinity : Math.max((dek.ts ?? now) + expiryMs, now + LEAST_USE_MS);
    this.#held.set(keyOfRequest(request), { dek: ready, untilMs });
    return ready;
  }

  async #kekFor(request: DekRequest): Promise<Kek> {
    const { kekName, kmsType, kmsKeyId } = request.parameters;
    let kek = await this.#findKek(request);
    if (kek === null && !request.isRead) kek = await this.#createKek(request);
    if (kek === null) throw notFound(`the KEK "${kekName}"`);
    // Otherwise a rule could be made to write with a key that its author never chose.
    if ((kmsType ?? kek.kmsType) !== kek.kmsType || (kmsKeyId ?? kek.kmsKeyId) !== kek.kmsKeyId) {
      throw invalidArgument(
        `Cannot use the KEK "${kekName}": the registry has another KMS or key for it than the rule`,
      );
    }
    return kek;
  }

  async #findKek(request: DekRequest): Promise<Kek | null> {
    try {
      return await this.#registry.getKek(request.parameters.kekName, { deleted: request.isRead });
    } catch (error) {
      if (isStatus(error, 404)) return null;
      throw error;
    }
  }

  /** Makes a KEK, or gives the one that another client made meanwhile. */
  async #createKek(request: DekRequest): Promise<Kek | null> {
    const { kekName, kmsType, kmsKeyId } = request.parameters;
    if (kmsType === undefined || kmsKeyId === undefined) {
      throw invalidArgument(`Cannot make the KEK "${kekName}" without "encrypt.kms.type" and "encrypt.kms.key.id"`);
    }
    try {
      return await this.#registry.registerKek({ name: kekName, kmsType, kmsKeyId, shared: false });
    } catch (error) {
      if (isStatus(error, 409)) return await this.#findKek(request);
      throw error;
    }
  }

  async #dekFor(kek: Kek, request: DekRequest): Promise<Dek> {
    const found = await this.#findDek(request);
    if (found !== null) return this.#isExpired(found, request) ? await this.#rotate(kek, found, request) : found;
    const made = request.isRead ? null : await this.#createDek(kek, request);
    if (made !== null) return made;
    throw notFound(`a DEK of the KEK "${kek.name}" for the subject "${request.subject}"`);
  }

  async #findDek(request: DekRequest): Promise<Dek | null> {
    const { kekName, algorithm } = request.parameters;
    const query = { algorithm, version: request.version, deleted: request.isRead };
    try {
      return await this.#registry.getDek(kekName, request.subject, query);
    } catch (error) {
      if (isStatus(error, 404)) return null;
      throw error;
    }
  }

  /** Makes a DEK, or gives the one that another client made meanwhile. */
  async #createDek(kek: Kek, request: DekRequest, version?: number): Promise<Dek | null> {
    const { parameters, subject } = request;
    const { algorithm } = parameters;
    let encryptedKeyMaterial: string | undefined;
    if (!kek.shared) {
      encryptedKeyMaterial = toBase64(await this.#options.wrapping.wrap(kek, parameters, newKeyMaterial(algorithm)));
    }
    const dek = {
      algorithm,
      ...(encryptedKeyMaterial === undefined ? {} : { encryptedKeyMaterial }),
      ...(version === undefined ? {} : { version }),
    };
    try {
      return await this.#registry.registerDek(kek.name, subject, dek);
    } catch (error) {
      if (isStatus(error, 409)) return await this.#findDek(request);
      throw error;
    }
  }

  async #rotate(kek: Kek, old: Dek, request: DekRequest): Promise<Dek> {
    try {
      return await this.#createDek(kek, request, old.version + 1) ?? old;
    } catch (error) {
      this.#options.onRotationError(error);
      return old;
    }
  }

  #isExpired(dek: Dek, request: DekRequest): boolean {
    if (request.version !== LATEST_VERSION || typeof dek.ts !== "number") return false;
    return this.#options.now() - dek.ts >= request.parameters.expiryMs;
  }

  async #materialOf(kek: Kek, dek: Dek, request: DekRequest): Promise<Uint8Array> {
    if (dek.keyMaterial) return fromBase64(dek.keyMaterial, "a DEK's key material");
    if (dek.encryptedKeyMaterial) {
      const wrapped = fromBase64(dek.encryptedKeyMaterial, "a DEK's encrypted key material");
      return await this.#options.wrapping.unwrap(kek, request.parameters, wrapped);
    }
    throw notFound(`the key material of a DEK of the KEK "${kek.name}"`);
  }
}

/** The expiry is a part of it, for rules that differ in nothing else must not take an expired DEK from each other. */
function keyOfRequest({ parameters, subject, isRead, version }: DekRequest): string {
  return `${version}\0${isRead}\0${parameters.algorithm}\0${parameters.expiryMs}\0${parameters.kekName}\0${subject}`;
}

function notFound(what: string): EncryptionError {
  return new EncryptionError(`Cannot find ${what} in the DEK registry`, errorCodes._NOENT);
}

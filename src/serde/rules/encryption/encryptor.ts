/** What both kinds of encryption rule are made of: bytes in, bytes out, at once if the DEK is at hand. */
import { errorCodes } from "../../../kafka/error_codes.ts";
import type { SchemaRegistryConfig } from "../../../schema_registry/config.ts";
import { DekRegistryClient } from "../../../schema_registry/dek_client.ts";
import type { RuleContext } from "../types.ts";
import { type DekRequest, DekStore, LATEST_VERSION, type ReadyDek } from "./dek_store.ts";
import { EncryptionError, invalidArgument } from "./error.ts";
import { KmsRegistry } from "./kms/registry.ts";
import type { KmsDriver } from "./kms/types.ts";
import { ParameterReader } from "./parameters.ts";
import type { DekRegistry } from "./types.ts";
import { KeyWrapping } from "./wrapping.ts";

/** What encryption rules are executed with. */
export interface EncryptionOptions {
  /** Where KEKs and DEKs are kept. Default: a `DekRegistryClient` with the configuration of the serializer's registry client. */
  readonly dekRegistry?: DekRegistry;
  /** The key management services there are. */
  readonly kms: KmsRegistry | Iterable<KmsDriver>;
  /** So many DEKs are kept in memory, those used last. Default: 1000. */
  readonly cacheCapacity?: number;
  /** Is told why a DEK that has expired could not be replaced, and is used on. Default: nobody is told. */
  readonly onRotationError?: (error: unknown) => void;
  /** The time in milliseconds since 1970, for tests. */
  readonly now?: () => number;
}

type Config = Readonly<Record<string, unknown>>;

/** What is to be done to some bytes, and with which DEK. */
interface Task {
  readonly request: DekRequest;
  readonly bytes: Uint8Array;
}

const DEFAULT_CAPACITY = 1000;
/** Without expiry there is but one DEK. */
const ONLY_VERSION = 1;
/** A zero, and the version of the DEK: before every text of a rule whose DEKs expire. */
const VERSION_BYTES = 5;

/** Encrypts in the mode WRITE, and decrypts in the mode READ. */
export class Encryptor {
  readonly #options: EncryptionOptions;
  readonly #kms: KmsRegistry;
  readonly #parameters = new ParameterReader();
  #configured: { readonly clientConfig: Config; readonly ruleConfig: Config; readonly deks: DekStore } | null = null;
  /** The client that was made here, for want of another. */
  #client: DekRegistryClient | null = null;

  /** Makes one that still has to be configured. */
  constructor(options: EncryptionOptions) {
    this.#options = options;
    this.#kms = options.kms instanceof KmsRegistry ? options.kms : new KmsRegistry(options.kms);
  }

  /**
   * Is told of the configurations. It may be told again, by serializers that share it, as long as they are the same.
   *
   * @throws {EncryptionError} `_INVALID_ARG` if they are others.
   */
  configure(clientConfig: Config, ruleConfig: Config): void {
    const known = this.#configured;
    if (known !== null) {
      if (isSame(known.clientConfig, clientConfig) && isSame(known.ruleConfig, ruleConfig)) return;
      throw invalidArgument("Cannot configure the encryption rules: they are configured already, and otherwise");
    }
    const { dekRegistry, cacheCapacity, onRotationError, now } = this.#options;
    let registry = dekRegistry;
    if (registry === undefined) registry = this.#client = registryClient(clientConfig);
    const deks = new DekStore({
      registry,
      wrapping: new KeyWrapping(this.#kms, ruleConfig),
      capacity: cacheCapacity ?? DEFAULT_CAPACITY,
      now: now ?? Date.now,
      onRotationError: onRotationError ?? (() => {}),
    });
    this.#configured = { clientConfig, ruleConfig, deks };
  }

  /**
   * Encrypts or decrypts, and gives what `finish` makes of the bytes: at once if the DEK is at hand, else a promise of it.
   *
   * @throws {EncryptionError} for the reasons that it gives.
   */
  run<T>(context: RuleContext, bytes: Uint8Array, finish: (bytes: Uint8Array) => T): T | Promise<T> {
    const task = this.#taskOf(context, bytes);
    const dek = this.#deks.peek(task.request);
    return dek === undefined ? this.#runLater(task, finish) : finish(done(task, dek));
  }

  /** Forgets all keys, and closes the client that it made itself. */
  async close(): Promise<void> {
    this.#configured?.deks.clear();
    await this.#client?.close();
  }

  async #runLater<T>(task: Task, finish: (bytes: Uint8Array) => T): Promise<T> {
    return finish(done(task, await this.#deks.get(task.request)));
  }

  get #deks(): DekStore {
    if (this.#configured !== null) return this.#configured.deks;
    throw new EncryptionError("Cannot run an encryption rule before it is configured", errorCodes._STATE);
  }

  #taskOf(context: RuleContext, bytes: Uint8Array): Task {
    const { mode, subject } = context;
    const parameters = this.#parameters.read(context);
    const isRead = mode === "READ";
    if (!isRead && mode !== "WRITE") {
      throw invalidArgument(`Cannot run the rule "${context.rule.name}" in the mode ${mode}: only in READ and WRITE`);
    }
    const common = { parameters, subject, isRead };
    if (parameters.expiryMs === 0) return { request: { ...common, version: ONLY_VERSION }, bytes };
    if (!isRead) return { request: { ...common, version: LATEST_VERSION }, bytes };
    return { request: { ...common, version: versionOf(bytes) }, bytes: bytes.subarray(VERSION_BYTES) };
  }
}

/** The client checks its configuration itself. */
function registryClient(config: Config): DekRegistryClient {
  return new DekRegistryClient(config as unknown as SchemaRegistryConfig);
}

function done({ request, bytes }: Task, { version, cipher }: ReadyDek): Uint8Array {
  if (request.isRead) return cipher.decrypt(bytes);
  if (request.version !== LATEST_VERSION) return cipher.encrypt(bytes);
  const data = cipher.encrypt(bytes, VERSION_BYTES);
  new DataView(data.buffer).setUint32(1, version);
  return data;
}

function versionOf(bytes: Uint8Array): number {
  const version = bytes.length < VERSION_BYTES || bytes[0] !== 0
    ? 0
    : new DataView(bytes.buffer, bytes.byteOffset, VERSION_BYTES).getInt32(1);
  if (version > 0) return version;
  throw new EncryptionError("Cannot decrypt the value: it does not begin with the version of a DEK");
}

function isSame(a: Config, b: Config): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.is(a[name], b[name]));
}

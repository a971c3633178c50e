/** The executors of encryption rules: `ENCRYPT_PAYLOAD` for whole messages, `ENCRYPT` for single fields. */
import type { FieldContext, FieldRuleExecutor, RuleContext, RuleExecutor } from "../types.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { type EncryptionOptions, Encryptor } from "./encryptor.ts";
import { EncryptionError } from "./error.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const asTheyAre = (bytes: Uint8Array): Uint8Array => bytes;

/**
 * Executes rules of the type `ENCRYPT_PAYLOAD`, which are encoding rules: the bytes of a message are encrypted when it is
 * written, and decrypted when it is read.
 *
 * Parameters are `encrypt.kek.name`, `encrypt.kms.type`, `encrypt.kms.key.id`, `encrypt.dek.algorithm` (`AES256_GCM`, the
 * default, `AES128_GCM` or `AES256_SIV`), `encrypt.dek.expiry.days` and `encrypt.alternate.kms.key.ids`. A writer makes the
 * KEK and the DEK if they are not there; a reader never does.
 *
 * Source: `EncryptionExecutor` in confluent-kafka-python.
 *
 * @example Encrypt whole messages with a key that Vault keeps
 * ```ts
 * import { vaultKms } from "@kafka-ffi/kafka/kms/vault";
 * import { RuleRegistry } from "@kafka-ffi/kafka/rules";
 * import { EncryptExecutor } from "@kafka-ffi/kafka/rules/encryption";
 *
 * const ruleRegistry = new RuleRegistry({ executors: [new EncryptExecutor({ kms: [vaultKms()] })] });
 * ```
 */
export class EncryptExecutor implements RuleExecutor {
  /** The type of the rules that it executes. */
  readonly type = "ENCRYPT_PAYLOAD";
  readonly #encryptor: Encryptor;

  /** Makes an executor, for one rule registry. */
  constructor(options: EncryptionOptions) {
    this.#encryptor = new Encryptor(options);
  }

  /** Is told of the configurations: see {@link RuleExecutor.configure}. */
  configure(
    clientConfig: Readonly<Record<string, unknown>>,
    ruleConfig: Readonly<Record<string, unknown>>,
  ): void {
    this.#encryptor.configure(clientConfig, ruleConfig);
  }

  /**
   * Encrypts or decrypts a message's bytes: at once if the DEK is at hand, else there is a promise of them.
   *
   * @throws {EncryptionError} with the reason.
   */
  transform(context: RuleContext, value: unknown): unknown {
    if (value === null || value === undefined) return value;
    if (value instanceof Uint8Array) return this.#encryptor.run(context, value, asTheyAre);
    throw new EncryptionError(`Cannot run the rule "${context.rule.name}": the message is not encoded at this point`);
  }

  /** Forgets all keys. */
  async close(): Promise<void> {
    await this.#encryptor.close();
  }
}

/**
 * Executes rules of the type `ENCRYPT`: fields that are strings are encrypted to text in base64, fields that are bytes to bytes.
 * The parameters are those of {@link EncryptExecutor}.
 *
 * Source: `FieldEncryptionExecutor` in confluent-kafka-python.
 *
 * @example Encrypt the fields that a rule's tags name
 * ```ts
 * import { awsKms } from "@kafka-ffi/kafka/kms/aws";
 * import { RuleRegistry } from "@kafka-ffi/kafka/rules";
 * import { FieldEncryptExecutor } from "@kafka-ffi/kafka/rules/encryption";
 *
 * const ruleRegistry = new RuleRegistry({ executors: [new FieldEncryptExecutor({ kms: [awsKms()] })] });
 * ```
 */
export class FieldEncryptExecutor implements FieldRuleExecutor {
  /** The type of the rules that it executes. */
  readonly type = "ENCRYPT";
  readonly #encryptor: Encryptor;

  /** Makes an executor, for one rule registry. */
  constructor(options: EncryptionOptions) {
    this.#encryptor = new Encryptor(options);
  }

  /** Is told of the configurations: see {@link RuleExecutor.configure}. */
  configure(
    clientConfig: Readonly<Record<string, unknown>>,
    ruleConfig: Readonly<Record<string, unknown>>,
  ): void {
    this.#encryptor.configure(clientConfig, ruleConfig);
  }

  /**
   * Encrypts or decrypts a field: at once if the DEK is at hand, else there is a promise of it. Null stays null.
   *
   * @throws {EncryptionError} if the field is neither a string nor bytes, or with another reason.
   */
  transformField(context: RuleContext, field: FieldContext, value: unknown): unknown {
    if (value === null || value === undefined) return value;
    if (field.type === "STRING" && typeof value === "string") return this.#transformText(context, field, value);
    if (field.type === "BYTES" && value instanceof Uint8Array) return this.#encryptor.run(context, value, asTheyAre);
    throw cannotUse(context, field, `it is of type ${field.type}, and only strings and bytes can be encrypted`);
  }

  #transformText(context: RuleContext, field: FieldContext, text: string): unknown {
    if (context.mode === "READ") {
      return this.#encryptor.run(context, fromBase64(text, `the field "${field.fullName}"`), (bytes) => {
        return textOf(context, field, bytes);
      });
    }
    if (text.isWellFormed()) return this.#encryptor.run(context, encoder.encode(text), toBase64);
    throw cannotUse(context, field, "it has half of a surrogate pair");
  }

  /** Forgets all keys. */
  async close(): Promise<void> {
    await this.#encryptor.close();
  }
}

function textOf(context: RuleContext, field: FieldContext, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw cannotUse(context, field, "what was encrypted is not UTF-8");
  }
}

function cannotUse(context: RuleContext, field: FieldContext, reason: string): EncryptionError {
  return new EncryptionError(`Cannot run the rule "${context.rule.name}" on the field "${field.fullName}": ${reason}`);
}

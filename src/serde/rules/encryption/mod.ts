/**
 * Encryption of fields and of whole messages by rules. The drivers for key management services are modules of their own, so
 * that a program has only those that it uses.
 *
 * @module
 */
export { EncryptExecutor, FieldEncryptExecutor } from "./executor.ts";
export type { EncryptionOptions } from "./encryptor.ts";
export { EncryptionError, type EncryptionFacts } from "./error.ts";
export { KmsRegistry } from "./kms/registry.ts";
export type { Kms, KmsConfig, KmsDriver, KmsOptions } from "./kms/types.ts";
export type { Dek, DekAlgorithm, DekQuery, DekRegistry, Kek, NewDek, NewKek } from "./types.ts";

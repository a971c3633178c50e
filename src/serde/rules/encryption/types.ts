/** What encryption rules need of a DEK registry's client, which can be another than ours. */
import type { Dek, DekAlgorithm, Kek, NewDek, NewKek } from "../../../schema_registry/dek.ts";
import { SchemaRegistryError } from "../../../schema_registry/error.ts";

export type { Dek, DekAlgorithm, Kek, NewDek, NewKek };

/** The algorithms by name. */
export const dekAlgorithms: readonly DekAlgorithm[] = ["AES128_GCM", "AES256_GCM", "AES256_SIV"];

/** Which DEK is meant. */
export interface DekQuery {
  /** Its algorithm: a subject may have one DEK for each. */
  readonly algorithm: DekAlgorithm;
  /** A version, or -1 for the latest. */
  readonly version: number;
  /** Whether a DEK that was deleted is given too. */
  readonly deleted: boolean;
}

/**
 * What encryption rules need of a DEK registry's client; `DekRegistryClient` is one.
 *
 * A failed call throws a `SchemaRegistryError` with the status 404 for a key that is not there, 409 for one that is there
 * already.
 */
export interface DekRegistry {
  /** Registers a KEK. */
  registerKek(kek: NewKek): Promise<Kek>;
  /** Gives a KEK by its name. */
  getKek(name: string, options: { readonly deleted: boolean }): Promise<Kek>;
  /** Registers a DEK of a KEK for a subject. */
  registerDek(kekName: string, subject: string, dek: NewDek): Promise<Dek>;
  /** Gives a DEK of a KEK for a subject. */
  getDek(kekName: string, subject: string, query: DekQuery): Promise<Dek>;
}

/** Whether an error of a {@link DekRegistry} has an HTTP status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof SchemaRegistryError && error.httpStatusCode === status;
}

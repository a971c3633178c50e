/** What a DEK registry keeps, as plain values, and what encryption rules need of a client of one. */

/** How data is encrypted with a DEK. */
export type DekAlgorithm = "AES128_GCM" | "AES256_GCM" | "AES256_SIV";

/** The algorithms by name. */
export const dekAlgorithms: readonly DekAlgorithm[] = ["AES128_GCM", "AES256_GCM", "AES256_SIV"];

/** A key encryption key: where in a key management service it is. The key itself never leaves that service. */
export interface Kek {
  readonly name: string;
  /** The kind of service, such as `aws-kms`. */
  readonly kmsType: string;
  /** The key's name there, such as an ARN. */
  readonly kmsKeyId: string;
  /** Settings for the service, which come before the configuration's own. */
  readonly kmsProps?: Readonly<Record<string, string>>;
  readonly doc?: string;
  /** Whether the registry itself may use the key: then it makes, wraps and unwraps the DEKs. */
  readonly shared?: boolean;
  readonly deleted?: boolean;
}

/** What a KEK is made of. */
export type NewKek = Pick<Kek, "name" | "kmsType" | "kmsKeyId" | "kmsProps" | "doc" | "shared">;

/** A data encryption key of a subject, wrapped by a KEK. */
export interface Dek {
  readonly kekName: string;
  readonly subject: string;
  readonly version: number;
  readonly algorithm: DekAlgorithm;
  /** The wrapped key, in base64. */
  readonly encryptedKeyMaterial?: string;
  /** The key in clear, in base64: only where the KEK is shared. */
  readonly keyMaterial?: string;
  /** When it was made, in milliseconds since 1970. */
  readonly ts?: number;
  readonly deleted?: boolean;
}

/** What a DEK is made of. */
export interface NewDek {
  readonly algorithm: DekAlgorithm;
  /** The wrapped key, in base64; left out, the registry makes one. */
  readonly encryptedKeyMaterial?: string;
  /** Default: the first. */
  readonly version?: number;
}

/** Which DEK is meant. */
export interface DekQuery {
  readonly algorithm: DekAlgorithm;
  /** A version, or -1 for the latest. */
  readonly version: number;
  /** Whether a DEK that was deleted is given too. */
  readonly deleted: boolean;
}

/**
 * What encryption rules need of a DEK registry's client.
 *
 * A failed call throws an error with the answer's HTTP status as `httpStatusCode`: 404 for a key that is not there, 409 for one
 * that is there already.
 */
export interface DekRegistry {
  registerKek(kek: NewKek): Promise<Kek>;
  getKek(name: string, options: { readonly deleted: boolean }): Promise<Kek>;
  registerDek(kekName: string, subject: string, dek: NewDek): Promise<Dek>;
  getDek(kekName: string, subject: string, query: DekQuery): Promise<Dek>;
}

/** Whether an error of a {@link DekRegistry} has an HTTP status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof Error && (error as { readonly httpStatusCode?: unknown }).httpStatusCode === status;
}

/** What a DEK registry keeps, as plain values: the keys that encrypt fields, and the keys that those are wrapped with. */

/** How data is encrypted with a DEK. */
export type DekAlgorithm = "AES128_GCM" | "AES256_GCM" | "AES256_SIV";

/**
 * A key encryption key: where in a key management service it is. The key itself never leaves that service.
 *
 * Source: `Kek` in confluent-kafka-python.
 */
export interface Kek {
  /** Its name in the registry. */
  readonly name: string;
  /** The kind of service, such as `aws-kms`. */
  readonly kmsType: string;
  /** The key's name there, such as an ARN. */
  readonly kmsKeyId: string;
  /** Settings for the service. */
  readonly kmsProps?: Readonly<Record<string, string>>;
  /** What is said about it. */
  readonly doc?: string;
  /** Whether the registry itself may use the key: then it makes, wraps and unwraps the DEKs. */
  readonly shared?: boolean;
  /** When it was made, in milliseconds since 1970. */
  readonly ts?: number;
  /** Whether it is softly deleted. Default: false. */
  readonly deleted?: boolean;
}

/** What a KEK is made of. */
export type NewKek = Pick<Kek, "name" | "kmsType" | "kmsKeyId" | "kmsProps" | "doc" | "shared">;

/** What of a KEK can be changed. */
export type KekChanges = Pick<Kek, "kmsProps" | "doc" | "shared">;

/**
 * A data encryption key of a subject, wrapped by a KEK.
 *
 * Source: `Dek` in confluent-kafka-python.
 */
export interface Dek {
  /** The KEK that wraps it. */
  readonly kekName: string;
  /** The subject whose fields it encrypts. */
  readonly subject: string;
  /** Its version in that subject, from 1 on. */
  readonly version: number;
  /** What it encrypts with. */
  readonly algorithm: DekAlgorithm;
  /** The wrapped key, in base64. */
  readonly encryptedKeyMaterial?: string;
  /** The key in clear, in base64: only where the KEK is shared. */
  readonly keyMaterial?: string;
  /** When it was made, in milliseconds since 1970. */
  readonly ts?: number;
  /** Whether it is softly deleted. Default: false. */
  readonly deleted?: boolean;
}

/** What a DEK is made of. */
export interface NewDek {
  /** Default: `AES256_GCM`. */
  readonly algorithm?: DekAlgorithm;
  /** The wrapped key, in base64; left out, a registry that may use the KEK makes one. */
  readonly encryptedKeyMaterial?: string;
  /** Default: 1. */
  readonly version?: number;
}

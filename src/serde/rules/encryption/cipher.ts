/** Encrypts and decrypts with the key of a DEK, at once: AES-GCM and AES-SIV in the byte formats of Confluent's clients. */
import { aessiv, gcm } from "@noble/ciphers/aes.js";
import { type GcmKey, runtimeCrypto } from "../../../../ffi/crypto.ts";
import { EncryptionError } from "./error.ts";
import type { DekAlgorithm } from "./types.ts";

/** Encrypts and decrypts with one key. The key is not to be seen from outside. */
export interface Cipher {
  /** Gives the encrypted text behind so many bytes that are left free. */
  encrypt(text: Uint8Array, freeBytes?: number): Uint8Array;
  /**
   * Gives the text of what {@link encrypt} made, in memory of its own.
   *
   * @throws {EncryptionError} `_BAD_MSG` if the bytes were changed, or encrypted with another key.
   */
  decrypt(data: Uint8Array): Uint8Array;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** SIV can take any number of associated data into account, and one that is empty makes other bytes than none at all. */
const emptyDatum = new Uint8Array(0);

/** Makes the cipher of an algorithm and a key, which has the algorithm's length. */
export function cipherOf(algorithm: DekAlgorithm, key: Uint8Array): Cipher {
  return algorithm === "AES256_SIV" ? sivCipher(key) : gcmCipher(key);
}

/** AES-GCM: a random nonce of 12 bytes, the encrypted text, and a tag of 16 bytes. */
export function gcmCipher(key: Uint8Array): Cipher {
  const gcmKey = runtimeCrypto()?.gcmKey(key) ?? portableGcmKey(key);
  return {
    encrypt(text, freeBytes = 0) {
      const start = freeBytes + NONCE_BYTES;
      const data = new Uint8Array(start + text.length + TAG_BYTES);
      // Taken from the system each time: a store of random bytes could be doubled by a snapshot of the machine, and a nonce
      // that is used twice gives the texts away.
      const nonce = crypto.getRandomValues(data.subarray(freeBytes, start));
      gcmKey.seal(nonce, text, data, start);
      return data;
    },
    decrypt(data) {
      if (data.length < NONCE_BYTES + TAG_BYTES) throw tooShort(data.length, NONCE_BYTES + TAG_BYTES);
      return opened(() => gcmKey.open(data.subarray(0, NONCE_BYTES), data.subarray(NONCE_BYTES)));
    },
  };
}

/** AES-SIV (RFC 5297): a synthetic nonce of 16 bytes and the encrypted text. The same text always makes the same bytes. */
function sivCipher(key: Uint8Array): Cipher {
  return {
    encrypt(text, freeBytes = 0) {
      const sealed = aessiv(key, emptyDatum).encrypt(text);
      if (freeBytes === 0) return sealed;
      const data = new Uint8Array(freeBytes + sealed.length);
      data.set(sealed, freeBytes);
      return data;
    },
    decrypt(data) {
      if (data.length < TAG_BYTES) throw tooShort(data.length, TAG_BYTES);
      return opened(() => aessiv(key, emptyDatum).decrypt(data));
    },
  };
}

/** For a host without `node:crypto`; it takes several times as long. */
export function portableGcmKey(key: Uint8Array): GcmKey {
  return {
    seal: (nonce, text, target, at) => target.set(gcm(key, nonce).encrypt(text), at),
    open: (nonce, sealed) => gcm(key, nonce).decrypt(sealed),
  };
}

function opened(open: () => Uint8Array): Uint8Array {
  try {
    return open();
  } catch {
    // What the runtimes throw here says the same in other words each.
    throw new EncryptionError("Cannot decrypt the value: it was changed, or encrypted with another key");
  }
}

function tooShort(byteLength: number, least: number): EncryptionError {
  return new EncryptionError(`Cannot decrypt the value: it has ${byteLength} bytes, and needs at least ${least}`);
}

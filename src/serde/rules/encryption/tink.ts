/** The key material of a DEK: a Tink key in Protobuf's wire format, which is what a KEK wraps. */
import { EncryptionError } from "./error.ts";
import type { DekAlgorithm } from "./types.ts";

/** An algorithm's key: its length, and the number of the field that holds it in Tink's message for it. */
const layouts: Readonly<Record<DekAlgorithm, { readonly byteLength: number; readonly field: number }>> = {
  AES128_GCM: { byteLength: 16, field: 3 },
  AES256_GCM: { byteLength: 32, field: 3 },
  AES256_SIV: { byteLength: 64, field: 2 },
};

const WIRE_VARINT = 0;
const WIRE_BYTES = 2;

/** Makes a new key at random, as key material. */
export function newKeyMaterial(algorithm: DekAlgorithm): Uint8Array {
  const { byteLength, field } = layouts[algorithm];
  // The version, which is 0, is not written.
  const material = new Uint8Array(2 + byteLength);
  material[0] = field << 3 | WIRE_BYTES;
  material[1] = byteLength;
  crypto.getRandomValues(material.subarray(2));
  return material;
}

/**
 * Takes the key out of key material.
 *
 * @throws {EncryptionError} `_BAD_MSG` if there is none of the algorithm's length in it.
 */
export function keyOf(material: Uint8Array, algorithm: DekAlgorithm): Uint8Array {
  const { byteLength, field } = layouts[algorithm];
  const key = bytesField(material, field);
  if (key?.length !== byteLength) {
    throw new EncryptionError(`Cannot use the DEK: its key material is not a key for ${algorithm}`);
  }
  return key;
}

/** A field of bytes in a message whose other fields are bytes or small numbers, as Tink's keys are. */
function bytesField(message: Uint8Array, field: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (let at = 0; at < message.length;) {
    const tag = message[at++]!;
    const value = message[at++];
    // No field, version or length of these messages takes more than one byte.
    if (value === undefined || value > 0x7f || tag > 0x7f) return undefined;
    if ((tag & 7) === WIRE_VARINT) continue;
    if ((tag & 7) !== WIRE_BYTES || at + value > message.length) return undefined;
    if (tag >> 3 === field) found = message.slice(at, at + value);
    at += value;
  }
  return found;
}

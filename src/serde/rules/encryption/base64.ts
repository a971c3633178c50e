/** Bytes as base64 text and back, by the runtime's own means where it has them. */
import { EncryptionError } from "./error.ts";

interface NativeBase64 {
  toBase64?(): string;
}

const CHUNK_BYTES = 8192;

/** Writes bytes in base64. */
export function toBase64(bytes: Uint8Array): string {
  const native = bytes as NativeBase64;
  if (native.toBase64 !== undefined) return native.toBase64();
  let binary = "";
  // So many bytes at once are arguments of one call, which have a limit.
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return btoa(binary);
}

/** Writes bytes in the alphabet for URLs, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Reads base64 of either alphabet.
 *
 * @param what What it is, for the error.
 * @throws {EncryptionError} `_BAD_MSG` if it is none.
 */
export function fromBase64(text: string, what: string): Uint8Array {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  let binary: string;
  try {
    binary = atob(plain);
  } catch {
    // The error of the runtime may quote the text.
    throw new EncryptionError(`Cannot read ${what}: it is not base64`);
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

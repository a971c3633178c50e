/** The ciphers of DEKs and their key material: what was changed is refused, and every runtime has the same bytes. */
import { runtimeCrypto } from "../../../../ffi/crypto.ts";
import { fromBase64, toBase64, toBase64Url } from "../../../../src/serde/rules/encryption/base64.ts";
import { cipherOf, portableGcmKey } from "../../../../src/serde/rules/encryption/cipher.ts";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { keyOf, newKeyMaterial } from "../../../../src/serde/rules/encryption/tink.ts";
import { dekAlgorithms } from "../../../../src/serde/rules/encryption/types.ts";
import { test } from "../../../harness.ts";
import { assertEquals, assertNotEquals, assertThrows } from "../../../support/assert.ts";

const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

test("cipherOf() decrypts what it encrypted, of any length", () => {
  for (const algorithm of dekAlgorithms) {
    const cipher = cipherOf(algorithm, keyOf(newKeyMaterial(algorithm), algorithm));
    for (const length of [0, 1, 15, 16, 17, 1000, 30_000]) {
      const text = randomBytes(length);
      const data = cipher.encrypt(text, 5);
      assertEquals(data.subarray(0, 5), new Uint8Array(5));
      assertEquals(data.length, 5 + length + (algorithm === "AES256_SIV" ? 16 : 28));
      assertEquals(cipher.decrypt(data.subarray(5)), text);
    }
  }
});

test("cipherOf() encrypts a text another way each time, with AES-SIV the same way", () => {
  const text = randomBytes(20);
  for (const algorithm of dekAlgorithms) {
    const cipher = cipherOf(algorithm, keyOf(newKeyMaterial(algorithm), algorithm));
    const compare = algorithm === "AES256_SIV" ? assertEquals : assertNotEquals;
    compare(cipher.encrypt(text), cipher.encrypt(text));
  }
});

test("cipherOf() refuses what was changed, cut, or encrypted with another key", () => {
  for (const algorithm of dekAlgorithms) {
    const cipher = cipherOf(algorithm, keyOf(newKeyMaterial(algorithm), algorithm));
    const other = cipherOf(algorithm, keyOf(newKeyMaterial(algorithm), algorithm));
    const data = cipher.encrypt(new TextEncoder().encode("hunter2"));
    for (let i = 0; i < data.length; i++) {
      const changed = data.with(i, data[i]! ^ 1);
      assertThrows(() => cipher.decrypt(changed), EncryptionError, "it was changed");
    }
    for (let length = 0; length < data.length; length++) {
      assertThrows(() => cipher.decrypt(data.subarray(0, length)), EncryptionError);
    }
    assertThrows(() => other.decrypt(data), EncryptionError, "another key");
  }
});

test("portableGcmKey() has the bytes of the runtime's own", () => {
  for (const keyLength of [16, 32]) {
    const key = randomBytes(keyLength);
    const [native, portable] = [runtimeCrypto()!.gcmKey(key), portableGcmKey(key)];
    const [nonce, text] = [randomBytes(12), randomBytes(100)];
    const [one, two] = [new Uint8Array(120), new Uint8Array(120)];
    native.seal(nonce, text, one, 4);
    portable.seal(nonce, text, two, 4);
    assertEquals(one, two);
    assertEquals(portable.open(nonce, one.subarray(4)), text);
    assertEquals(native.open(nonce, two.subarray(4)), text);
    assertThrows(() => portable.open(nonce, one.subarray(5)));
    assertThrows(() => native.open(nonce, two.subarray(5)));
  }
});

test("keyOf() takes a key of the right length out of its message, and nothing else", () => {
  const key = randomBytes(32);
  assertEquals(keyOf(Uint8Array.of(0x1a, 32, ...key), "AES256_GCM"), key);
  // With the version written out, and with parameters, as other makers of Tink's keys have them.
  assertEquals(keyOf(Uint8Array.of(0x08, 0, 0x12, 2, 0x08, 16, 0x1a, 32, ...key), "AES256_GCM"), key);
  const wrong: Uint8Array[] = [
    new Uint8Array(0),
    key,
    Uint8Array.of(0x1a),
    Uint8Array.of(0x1a, 32),
    Uint8Array.of(0x1a, 32, ...key.subarray(1)),
    Uint8Array.of(0x1a, 31, ...key.subarray(1)),
    Uint8Array.of(0x12, 32, ...key),
    Uint8Array.of(0x1a, 0x80, 32, ...key),
    Uint8Array.of(0x1d, 32, ...key),
  ];
  for (const material of wrong) assertThrows(() => keyOf(material, "AES256_GCM"), EncryptionError, "its key material");
  assertThrows(() => keyOf(Uint8Array.of(0x1a, 32, ...key), "AES128_GCM"), EncryptionError);
  assertThrows(() => keyOf(Uint8Array.of(0x1a, 32, ...key), "AES256_SIV"), EncryptionError);
});

test("toBase64() and fromBase64() are each other's opposite, with the runtime's own means and without", () => {
  for (const length of [0, 1, 2, 3, 100, 20_000]) {
    const bytes = randomBytes(length);
    const withoutNative = Object.defineProperty(new Uint8Array(bytes), "toBase64", { value: undefined });
    assertEquals(toBase64(withoutNative), toBase64(bytes));
    assertEquals(fromBase64(toBase64(bytes), "it"), bytes);
    assertEquals(fromBase64(toBase64Url(bytes), "it"), bytes);
  }
  assertEquals(toBase64Url(Uint8Array.of(251, 255)), "-_8");
  const error = assertThrows(() => fromBase64("hunter2!", "the field"), EncryptionError, "Cannot read the field");
  assertEquals(error.message.includes("hunter2"), false);
});

/**
 * Encryption, digests and signatures that are there at once, without a promise, by the runtime's own `node:crypto`.
 *
 * Deno, Bun and Node have the same, so this is one adapter for three. WebCrypto only ever answers with promises, which would
 * cost a serializer its synchronous form.
 */
import type * as NodeCrypto from "node:crypto";

/** The length of the tag that AES-GCM puts behind a text, in bytes. */
const TAG_BYTES = 16;

/** An AES-GCM key, ready to use. */
export interface GcmKey {
  /** Writes the encrypted text and the tag behind it at a place of `target`. */
  seal(nonce: Uint8Array, text: Uint8Array, target: Uint8Array, at: number): void;
  /** Gives the text of what {@link seal} wrote, in memory of its own. Throws if the tag does not fit. */
  open(nonce: Uint8Array, sealed: Uint8Array): Uint8Array;
}

/** What a key of a pair is: one for RSA, one for ECDSA on the curve P-256, or something else. */
export type KeyKind = "RSA" | "P-256" | "other";

/** A private key, ready to sign. */
export interface SigningKey {
  readonly kind: KeyKind;
  /** Signs with SHA-256 as a JSON Web Token is signed: RSASSA-PKCS1-v1_5, or ECDSA with its two numbers side by side. */
  sign(data: Uint8Array): Uint8Array;
}

/** A public key, ready to verify. */
export interface VerifyingKey {
  readonly kind: KeyKind;
  /** Whether a signature is the one of a {@link SigningKey}. */
  verify(data: Uint8Array, signature: Uint8Array): boolean;
}

/** What the library needs of `node:crypto`. */
export interface RuntimeCrypto {
  /** Makes an AES-GCM key of 16 or 32 bytes. */
  gcmKey(key: Uint8Array): GcmKey;
  /** SHA-256. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC with SHA-256. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** HKDF with SHA-256, without salt and info. */
  hkdfSha256(secret: Uint8Array, byteLength: number): Uint8Array;
  /** RSASSA-PKCS1-v1_5 with SHA-256, by a private key in PEM. Throws if that is none. */
  signRsaSha256(privateKeyPem: string, data: Uint8Array): Uint8Array;
  /** Reads a private key in PEM, encrypted or not; other blocks may stand beside it. Throws if there is none. */
  signingKey(pem: string, passphrase: string | null): SigningKey;
  /** Reads a public key or a certificate in PEM. Throws if that is neither. */
  verifyingKey(pem: string): VerifyingKey;
}

/** Gives what the runtime has, or null where there is no `node:crypto`. Nothing is loaded before it is asked for. */
export function runtimeCrypto(): RuntimeCrypto | null {
  // A static import would end every program on a host without this module, and a dynamic one is a promise.
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const node = process?.getBuiltinModule?.("node:crypto") as typeof NodeCrypto | undefined;
  return node === undefined ? null : adapterOf(node);
}

function adapterOf(node: typeof NodeCrypto): RuntimeCrypto {
  return {
    gcmKey: (key) => gcmKey(node, key),
    sha256: (data) => plain(node.createHash("sha256").update(data).digest()),
    hmacSha256: (key, data) => plain(node.createHmac("sha256", key).update(data).digest()),
    hkdfSha256(secret, byteLength) {
      return new Uint8Array(node.hkdfSync("sha256", secret, new Uint8Array(0), new Uint8Array(0), byteLength));
    },
    signRsaSha256: (privateKeyPem, data) => plain(node.sign("sha256", data, privateKeyPem)),
    signingKey: (pem, passphrase) => signingKey(node, pem, passphrase),
    verifyingKey(pem) {
      const key = node.createPublicKey(pem);
      return {
        kind: kindOf(key),
        verify: (data, signature) => node.verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature),
      };
    },
  };
}

function signingKey(node: typeof NodeCrypto, pem: string, passphrase: string | null): SigningKey {
  const block = /-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----/s.exec(pem)?.[0] ?? pem;
  const key = node.createPrivateKey({ key: block, ...(passphrase !== null && { passphrase }) });
  return {
    kind: kindOf(key),
    sign: (data) => plain(node.sign("sha256", data, { key, dsaEncoding: "ieee-p1363" })),
  };
}

function kindOf(key: NodeCrypto.KeyObject): KeyKind {
  if (key.asymmetricKeyType === "rsa") return "RSA";
  return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? "P-256" : "other";
}

function gcmKey(node: typeof NodeCrypto, key: Uint8Array): GcmKey {
  const algorithm = key.length === 16 ? "aes-128-gcm" : "aes-256-gcm";
  const options = { authTagLength: TAG_BYTES };
  return {
    seal(nonce, text, target, at) {
      const cipher = node.createCipheriv(algorithm, key, nonce, options);
      target.set(cipher.update(text), at);
      cipher.final(); // GCM holds nothing back, but without this call there is no tag.
      target.set(cipher.getAuthTag(), at + text.length);
    },
    open(nonce, sealed) {
      const textLength = sealed.length - TAG_BYTES;
      const decipher = node.createDecipheriv(algorithm, key, nonce, options);
      decipher.setAuthTag(sealed.subarray(textLength));
      const text = decipher.update(sealed.subarray(0, textLength));
      decipher.final(); // Only now the text can be trusted.
      return plain(text);
    },
  };
}

/** A `Buffer` may lie in memory that it shares with others; what goes on to users is a copy without a neighbour. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

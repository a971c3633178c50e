/** JSON Web Tokens that say who a client is (RFC 7523): what is in them, and how they are signed. */
import type { SigningKey } from "../../ffi/crypto.ts";

/** How a token is signed, by JOSE's names. */
export type JwtAlgorithm = "RS256" | "ES256";

/** An object of a token. */
export type JwtFields = Readonly<Record<string, unknown>>;

/** What is the same in all tokens of a client, and how long each is good. */
export interface JwtContent {
  readonly header: JwtFields;
  readonly payload: JwtFields;
  /** How long from now. */
  readonly expSeconds: number;
  /** Since when before now, for a server whose clock is late. */
  readonly nbfSeconds: number;
  /** Whether it has an id of its own, by which a server knows one that is shown twice. */
  readonly hasId: boolean;
}

/** The kind of key that an algorithm signs with. */
export const keyKinds: Readonly<Record<JwtAlgorithm, SigningKey["kind"]>> = { RS256: "RSA", ES256: "P-256" };

/** Makes a token, for now. */
export function signJwt(algorithm: JwtAlgorithm, key: SigningKey, content: JwtContent): string {
  const iat = Math.floor(Date.now() / 1000);
  const header = { typ: "JWT", ...content.header, alg: algorithm };
  const payload = {
    ...content.payload,
    iat,
    nbf: iat - content.nbfSeconds,
    exp: iat + content.expSeconds,
    ...(content.hasId && { jti: crypto.randomUUID() }),
  };
  const encoder = new TextEncoder();
  const text = [header, payload].map((part) => base64Url(encoder.encode(JSON.stringify(part)))).join(".");
  return `${text}.${base64Url(key.sign(encoder.encode(text)))}`;
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

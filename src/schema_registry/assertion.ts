/** What a client shows a token endpoint in place of a secret, or to have a token for it: signed here, or elsewhere. */
import { runtimeCrypto, type SigningKey } from "../../ffi/crypto.ts";
import { readTextFile } from "../../ffi/files.ts";
import type { ConfigReader, SchemaRegistryConfig } from "./config.ts";
import { OAuthTokenError } from "./error.ts";
import { type JwtAlgorithm, type JwtContent, type JwtFields, keyKinds, signJwt } from "./jwt.ts";

/**
 * Gives an assertion, a JSON Web Token that somebody else has signed. It is asked for each request for a token, and nobody but
 * itself bounds the time it takes.
 */
export type AssertionProvider = () => string | Promise<string>;

/** Gives a new assertion; throws an {@link OAuthTokenError} if there is none. */
export type AssertionSource = () => Promise<string>;

/** What the rest of the configuration says about assertions. */
interface Defaults {
  /** For whom they are. */
  readonly audience: string;
  /** Whose they are. */
  readonly clientId: string | null;
}

type Key = keyof SchemaRegistryConfig;

/** Each is a place that assertions may come from, and there can be one only. */
const sources = [
  "bearer.auth.assertion.private.key.pem",
  "bearer.auth.assertion.private.key.file",
  "bearer.auth.assertion.file",
  "bearer.auth.assertion.provider.function",
] as const;

/** What only makes sense for assertions that are signed here. */
const signingKeys = [
  "bearer.auth.assertion.algorithm",
  "bearer.auth.assertion.private.key.passphrase",
  "bearer.auth.assertion.claim.aud",
  "bearer.auth.assertion.claim.exp.seconds",
  "bearer.auth.assertion.claim.iss",
  "bearer.auth.assertion.claim.jti.include",
  "bearer.auth.assertion.claim.nbf.seconds",
  "bearer.auth.assertion.claim.sub",
  "bearer.auth.assertion.jwt.template.file",
] as const;

/** Why there is no assertion, in words that show nothing of what was given. */
class Unusable extends Error {}

/** Whether anything is set that is about assertions. */
export function hasAssertion(reader: ConfigReader): boolean {
  return [...sources, ...signingKeys].some((key) => reader.has(key));
}

/** Reads where assertions come from, and what is in them. Null if there is a problem. */
export function readAssertion(reader: ConfigReader, defaults: Defaults): AssertionSource | null {
  const [source, other] = sources.filter((key) => reader.has(key));
  if (source === undefined) {
    reader.refuse(
      sources[0],
      `it is missing, and so are the other places of an assertion: ${sources.slice(1).join(", ")}`,
    );
    return null;
  }
  if (other !== undefined) {
    reader.refuse(other, `"${source}" is set too, and an assertion comes from one place`);
    return null;
  }
  switch (source) {
    case "bearer.auth.assertion.private.key.pem":
    case "bearer.auth.assertion.private.key.file":
      return readSigning(reader, source, defaults);
    default:
      for (const key of signingKeys) {
        if (reader.has(key)) reader.refuse(key, `an assertion of "${source}" is signed already`);
      }
      return source === "bearer.auth.assertion.file" ? readFile(reader, source) : readProvider(reader, source);
  }
}

function readFile(reader: ConfigReader, key: Key): AssertionSource | null {
  const path = reader.text(key);
  return path === null ? null : sourceOf(key, () => textOf(path).trim());
}

function readProvider(reader: ConfigReader, key: Key): AssertionSource | null {
  const provider = reader.get(key);
  if (typeof provider === "function") return sourceOf(key, provider as AssertionProvider);
  reader.refuse(key, "a function is expected");
  return null;
}

/** A key is tried at once, and so is a template: what is wrong with them shows before there is a request. */
function readSigning(reader: ConfigReader, source: Key, defaults: Defaults): AssertionSource | null {
  const algorithm = readAlgorithm(reader);
  const passphrase = reader.text("bearer.auth.assertion.private.key.passphrase");
  const given = reader.text(source);
  const content = readContent(reader, defaults);
  if (algorithm === null || given === null || content === null) return null;
  const isFile = source === "bearer.auth.assertion.private.key.file";
  const load = () => keyOf(isFile ? textOf(given) : given, passphrase, algorithm);
  const key = attempt(reader, source, load);
  if (key === null) return null;
  return sourceOf(source, () => signJwt(algorithm, isFile ? load() : key, content()));
}

function readAlgorithm(reader: ConfigReader): JwtAlgorithm | null {
  const algorithm = reader.text("bearer.auth.assertion.algorithm") ?? "RS256";
  if (algorithm === "RS256" || algorithm === "ES256") return algorithm;
  reader.refuse("bearer.auth.assertion.algorithm", `${JSON.stringify(algorithm)} is none of RS256, ES256`);
  return null;
}

/** What assertions say; a template's file is read anew for each. */
function readContent(reader: ConfigReader, { audience, clientId }: Defaults): (() => JwtContent) | null {
  const range = { max: 2_147_483_647, isInteger: true };
  const [iss, sub, aud] = (["iss", "sub", "aud"] as const).map((name) =>
    reader.text(`bearer.auth.assertion.claim.${name}`)
  );
  const expSeconds = reader.number("bearer.auth.assertion.claim.exp.seconds", { ...range, default: 300, min: 1 });
  const nbfSeconds = reader.number("bearer.auth.assertion.claim.nbf.seconds", { ...range, default: 60, min: 0 });
  const hasId = reader.boolean("bearer.auth.assertion.claim.jti.include", true);
  const template = reader.text("bearer.auth.assertion.jwt.template.file");
  const content = (): JwtContent => {
    const { header, payload } = template === null ? { header: {}, payload: {} } : templateOf(template);
    return {
      header,
      payload: {
        ...(clientId !== null && { iss: clientId, sub: clientId }),
        aud: audience,
        ...payload,
        ...(iss && { iss }),
        ...(sub && { sub }),
        ...(aud && { aud }),
      },
      expSeconds,
      nbfSeconds,
      hasId,
    };
  };
  const first = attempt(reader, "bearer.auth.assertion.jwt.template.file", content);
  for (const name of first === null ? [] : ["iss", "sub"] as const) {
    const key = `bearer.auth.assertion.claim.${name}` as const;
    if (first?.payload[name] === undefined && !reader.has(key)) {
      reader.refuse(key, 'an assertion needs it, and "bearer.auth.client.id" is not set either');
    }
  }
  return first === null ? null : content;
}

/** What a task gives, or null with a problem of a key. */
function attempt<T>(reader: ConfigReader, key: Key, task: () => T): T | null {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    reader.refuse(key, error.message);
    return null;
  }
}

function sourceOf(key: Key, give: AssertionProvider): AssertionSource {
  return async () => {
    try {
      const assertion: unknown = await give();
      if (typeof assertion === "string" && /^[\w-]+(\.[\w-]*){2,4}$/.test(assertion)) return assertion;
      throw new Unusable("what it gives is no JSON Web Token");
    } catch (cause) {
      const isOurs = cause instanceof Unusable;
      throw new OAuthTokenError(
        `Cannot get an assertion from "${key}"${isOurs ? `: ${cause.message}` : ""}`,
        isOurs ? {} : { cause },
      );
    }
  };
}

/** The text of a file. The name is not shown: it may be a key by mistake. */
function textOf(path: string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    throw new Unusable(`the file cannot be read${typeof code === "string" ? ` (${code})` : ""}`);
  }
}

function keyOf(text: string, passphrase: string | null, algorithm: JwtAlgorithm): SigningKey {
  const crypto = runtimeCrypto();
  if (crypto === null) throw new Unusable("this runtime has no node:crypto, by which assertions are signed");
  // Where a key went through the environment, its line ends may be written as two characters.
  const pem = text.replaceAll("\\n", "\n");
  let key: SigningKey;
  try {
    key = crypto.signingKey(pem, passphrase);
  } catch {
    throw new Unusable(whyUnreadable(pem, passphrase));
  }
  if (key.kind === keyKinds[algorithm]) return key;
  throw new Unusable(`${algorithm} needs ${algorithm === "RS256" ? "an RSA key" : "a key on the curve P-256"}`);
}

function whyUnreadable(pem: string, passphrase: string | null): string {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) return "it is no private key in PEM";
  if (!/ENCRYPTED/.test(pem)) return "the private key cannot be read";
  return passphrase === null
    ? 'the private key is encrypted, and "bearer.auth.assertion.private.key.passphrase" is missing'
    : "the private key cannot be decrypted: the passphrase is another one, or the runtime does not know the cipher";
}

function templateOf(pathOrText: string): { readonly header: JwtFields; readonly payload: JwtFields } {
  const text = pathOrText.trimStart().startsWith("{") ? pathOrText : textOf(pathOrText);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Unusable("it is no JSON");
  }
  if (!isFields(value)) throw new Unusable('it is no object with "header" and "payload"');
  const { header = {}, payload = {}, ...others } = value;
  if (isFields(header) && isFields(payload) && Object.keys(others).length === 0) return { header, payload };
  throw new Unusable('it is no object with "header" and "payload", which are objects, and nothing else');
}

function isFields(value: unknown): value is JwtFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

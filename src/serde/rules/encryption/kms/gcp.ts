/** The driver for `gcp-kms://`: keys of Google Cloud's Key Management Service, by its REST interface. */
import { fromBase64, toBase64, toBase64Url } from "../base64.ts";
import { invalidArgument } from "../error.ts";
import { cryptoFor } from "./crypto.ts";
import { ServiceClient } from "./http.ts";
import { Lasting, type Obtained } from "./lasting.ts";
import { Settings } from "./settings.ts";
import type { Kms, KmsDriver, KmsOptions } from "./types.ts";

const SERVICE = "Google Cloud KMS";
const PREFIX = "gcp-kms://";
const HOST = "https://cloudkms.googleapis.com";
const SCOPE = "https://www.googleapis.com/auth/cloudkms";
const DEFAULT_TOKEN_URI = "https://oauth2.googleapis.com/token";
const ASSERTION_SECONDS = 3600;

/**
 * Gives the driver for `gcp-kms://`. A key's URL has its resource's name:
 * `gcp-kms://projects/my-project/locations/global/keyRings/my-ring/cryptoKeys/my-key`.
 *
 * Settings are the fields of a service account's file: `account.type` (only `service_account`, the default), `client.email`,
 * `private.key.id`, `private.key` in PEM, `client.id`, and `token.uri` (default: `https://oauth2.googleapis.com/token`).
 *
 * Google's own places for credentials, as `GOOGLE_APPLICATION_CREDENTIALS` and the metadata server, are not looked at.
 *
 * Source: `GcpKmsDriver` in confluent-kafka-python.
 *
 * @example Let rules use its keys
 * ```ts
 * import { gcpKms } from "@kafka-ffi/kafka/kms/gcp";
 * import { FieldEncryptExecutor } from "@kafka-ffi/kafka/rules/encryption";
 *
 * const executor = new FieldEncryptExecutor({ kms: [gcpKms()] });
 * ```
 */
export function gcpKms(options: KmsOptions = {}): KmsDriver {
  return {
    prefix: PREFIX,
    newKms: (config, keyUrl) => new GcpKms(new Settings(SERVICE, config, options), keyUrl, options),
  };
}

interface ServiceAccount {
  readonly clientEmail: string;
  readonly privateKeyId: string;
  readonly privateKey: string;
  readonly tokenUri: string;
}

class GcpKms implements Kms {
  readonly #client: ServiceClient;
  readonly #crypto = cryptoFor(SERVICE);
  readonly #now: () => number;
  readonly #key: string;
  readonly #token: Lasting<string>;

  constructor(settings: Settings, keyUrl: string, options: KmsOptions) {
    this.#client = new ServiceClient(SERVICE, options);
    this.#now = options.now ?? Date.now;
    this.#key = keyOf(keyUrl);
    const account = serviceAccountOf(settings);
    this.#token = new Lasting(async () => await this.#login(account), options.now);
  }

  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const task = "wrap a key";
    const answer = await this.#ask("encrypt", task, { plaintext: toBase64(plaintext) });
    return fromBase64(this.#client.text(task, answer, "ciphertext"), "the answer of Google Cloud KMS");
  }

  async decrypt(ciphertext: Uint8Array): Promise<Uint8Array> {
    const task = "unwrap a key";
    const answer = await this.#ask("decrypt", task, { ciphertext: toBase64(ciphertext) });
    return fromBase64(this.#client.text(task, answer, "plaintext"), "the answer of Google Cloud KMS");
  }

  async #ask(operation: string, task: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
    return await this.#token.use(async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      return await this.#client.postJson(`${HOST}/v1/${this.#key}:${operation}`, task, { headers, body });
    });
  }

  /** Trades a statement that is signed with the account's key for a token (RFC 7523). */
  async #login(account: ServiceAccount): Promise<Obtained<string>> {
    const answer = await this.#client.postForm(account.tokenUri, "log in", {
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: this.#assertion(account),
    });
    const lifetimeMs = Number(answer["expires_in"] ?? 0) * 1000;
    return { value: this.#client.text("log in", answer, "access_token"), lifetimeMs };
  }

  #assertion(account: ServiceAccount): string {
    const iat = Math.floor(this.#now() / 1000);
    const header = { alg: "RS256", typ: "JWT", kid: account.privateKeyId };
    const claims = {
      iss: account.clientEmail,
      scope: SCOPE,
      aud: account.tokenUri,
      iat,
      exp: iat + ASSERTION_SECONDS,
    };
    const encoder = new TextEncoder();
    const text = [header, claims].map((part) => toBase64Url(encoder.encode(JSON.stringify(part)))).join(".");
    return `${text}.${toBase64Url(this.#sign(account.privateKey, encoder.encode(text)))}`;
  }

  #sign(privateKey: string, data: Uint8Array): Uint8Array {
    try {
      return this.#crypto.signRsaSha256(privateKey, data);
    } catch {
      throw invalidArgument(`Cannot use ${SERVICE}: "private.key" is not a private key in PEM`);
    }
  }
}

function serviceAccountOf(settings: Settings): ServiceAccount {
  const type = settings.optional("account.type") ?? "service_account";
  if (type !== "service_account") {
    throw invalidArgument(
      `Cannot use ${SERVICE} with an "account.type" of "${type}": only "service_account" is supported`,
    );
  }
  const tokenUri = settings.optional("token.uri") ?? DEFAULT_TOKEN_URI;
  if (!tokenUri.startsWith("https://")) throw invalidArgument(`Cannot use ${SERVICE}: "token.uri" is not an https URL`);
  return {
    clientEmail: settings.required("client.email"),
    privateKeyId: settings.required("private.key.id"),
    // Where the key went through a properties file, its line ends are written as two characters.
    privateKey: settings.required("private.key").replaceAll("\\n", "\n"),
    tokenUri,
  };
}

/** The URL comes from the registry, and becomes a part of the path that is asked for. */
function keyOf(keyUrl: string): string {
  const name = keyUrl.slice(PREFIX.length);
  if (/^projects\/\w[\w.:-]*\/locations\/[\w-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+$/.test(name)) return name;
  throw invalidArgument(
    `Cannot use ${SERVICE}: "${keyUrl}" is not of the form "${PREFIX}projects/…/locations/…/keyRings/…/cryptoKeys/…"`,
  );
}

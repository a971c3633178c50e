/** The driver for `azure-kms://`: RSA keys of Azure's Key Vault, by its REST interface. */
import { fromBase64, toBase64Url } from "../base64.ts";
import { invalidArgument } from "../error.ts";
import { ServiceClient } from "./http.ts";
import { Lasting, type Obtained } from "./lasting.ts";
import { Settings } from "./settings.ts";
import type { Kms, KmsConfig, KmsDriver, KmsOptions } from "./types.ts";

const SERVICE = "Azure Key Vault";
const PREFIX = "azure-kms://";
const API_VERSION = "7.4";
const ALGORITHM = "RSA-OAEP-256";
/** What is in front of a wrapped key that names the version of its key. */
const versionMark = new TextEncoder().encode("azure:v1:");
const VERSION_LENGTH = 32;

/** The vaults' domains, and where those that use them log in. A token is for all vaults of a domain, and goes nowhere else. */
const clouds = [
  { domain: "vault.azure.net", login: "login.microsoftonline.com" },
  { domain: "managedhsm.azure.net", login: "login.microsoftonline.com" },
  { domain: "vault.azure.cn", login: "login.partner.microsoftonline.cn" },
  { domain: "vault.usgovcloudapi.net", login: "login.microsoftonline.us" },
] as const;

/**
 * Gives the driver for `azure-kms://`. A key's URL has its identifier: `azure-kms://https://my-vault.vault.azure.net/keys/my-key`,
 * with `/` and a version behind it for another than the newest.
 *
 * Settings, and the variables of the environment that stand in for them:
 *
 * - `tenant.id`, `AZURE_TENANT_ID`; `client.id`, `AZURE_CLIENT_ID`; `client.secret`, `AZURE_CLIENT_SECRET`.
 * - `encrypt.azure.key.version.save`: with `true` the version of the key is written in front of what it wraps, so that it is
 *   found when the key has a newer version. What has one in front is always read with that version. Default: `false`.
 *
 * Source: `AzureKmsDriver` in confluent-kafka-python.
 *
 * @example Let rules use its keys
 * ```ts
 * import { azureKms } from "@kafka-ffi/kafka/kms/azure";
 * import { FieldEncryptExecutor } from "@kafka-ffi/kafka/rules/encryption";
 *
 * const executor = new FieldEncryptExecutor({ kms: [azureKms()] });
 * ```
 */
export function azureKms(options: KmsOptions = {}): KmsDriver {
  return { prefix: PREFIX, newKms: (config, keyUrl) => new AzureKms(config, keyUrl, options) };
}

type Cloud = typeof clouds[number];

/** A key's place: its address without a version, the version or an empty text, and the cloud. */
interface KeyPlace {
  readonly address: string;
  readonly version: string;
  readonly cloud: Cloud;
}

interface ClientSecret {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

class AzureKms implements Kms {
  readonly #client: ServiceClient;
  readonly #place: KeyPlace;
  readonly #savesVersion: boolean;
  readonly #token: Lasting<string>;

  constructor(config: KmsConfig, keyUrl: string, options: KmsOptions) {
    const settings = new Settings(SERVICE, config, options);
    this.#client = new ServiceClient(SERVICE, options);
    this.#place = placeOf(keyUrl);
    this.#savesVersion = String(config["encrypt.azure.key.version.save"] ?? "false").toLowerCase() === "true";
    const secret = clientSecretOf(settings);
    this.#token = new Lasting(async () => await this.#login(secret), options.now);
  }

  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const task = "wrap a key";
    const answer = await this.#ask("encrypt", task, { version: this.#place.version, data: plaintext });
    const wrapped = this.#valueOf(task, answer);
    if (!this.#savesVersion) return wrapped;
    const version = this.#client.text(task, answer, "kid").split("/").at(-1) ?? "";
    if (!isVersion(version)) throw this.#client.unusable(task, 'its "kid" has no version');
    return concat(versionMark, new TextEncoder().encode(`${version}:`), wrapped);
  }

  async decrypt(ciphertext: Uint8Array): Promise<Uint8Array> {
    const task = "unwrap a key";
    const marked = versionedPart(ciphertext);
    const version = marked?.version ?? this.#place.version;
    return this.#valueOf(task, await this.#ask("decrypt", task, { version, data: marked?.rest ?? ciphertext }));
  }

  #valueOf(task: string, answer: Readonly<Record<string, unknown>>): Uint8Array {
    return fromBase64(this.#client.text(task, answer, "value"), "the answer of Azure Key Vault");
  }

  async #ask(operation: "encrypt" | "decrypt", task: string, what: {
    readonly version: string;
    readonly data: Uint8Array;
  }): Promise<Readonly<Record<string, unknown>>> {
    const key = what.version === "" ? this.#place.address : `${this.#place.address}/${what.version}`;
    const body = { alg: ALGORITHM, value: toBase64Url(what.data) };
    return await this.#token.use(async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      return await this.#client.postJson(`${key}/${operation}?api-version=${API_VERSION}`, task, { headers, body });
    });
  }

  async #login(secret: ClientSecret): Promise<Obtained<string>> {
    const { domain, login } = this.#place.cloud;
    const answer = await this.#client.postForm(`https://${login}/${secret.tenantId}/oauth2/v2.0/token`, "log in", {
      grant_type: "client_credentials",
      client_id: secret.clientId,
      client_secret: secret.clientSecret,
      scope: `https://${domain}/.default`,
    });
    const lifetimeMs = Number(answer["expires_in"] ?? 0) * 1000;
    return { value: this.#client.text("log in", answer, "access_token"), lifetimeMs };
  }
}

function clientSecretOf(settings: Settings): ClientSecret {
  const tenantId = settings.required("tenant.id", "AZURE_TENANT_ID");
  if (!/^[\w.-]+$/.test(tenantId)) {
    throw invalidArgument(`Cannot use ${SERVICE}: "tenant.id" is not the name of a tenant`);
  }
  return {
    tenantId,
    clientId: settings.required("client.id", "AZURE_CLIENT_ID"),
    clientSecret: settings.required("client.secret", "AZURE_CLIENT_SECRET"),
  };
}

/** The URL comes from the registry, and a token and a key in clear go where it says: it has to be a vault. */
function placeOf(keyUrl: string): KeyPlace {
  const pattern = /^(https:\/\/[a-z0-9-]+\.([a-z.]+)\/keys\/[A-Za-z0-9-]+)(?:\/([0-9a-f]*))?$/;
  const [, address, domain, version = ""] = pattern.exec(keyUrl.slice(PREFIX.length)) ?? [];
  const cloud = clouds.find((one) => one.domain === domain);
  if (address !== undefined && cloud !== undefined) return { address, version, cloud };
  throw invalidArgument(
    `Cannot use ${SERVICE}: the key's URL is not of the form "${PREFIX}https://name.vault.azure.net/keys/key/version"`,
  );
}

/** Parts a wrapped key that names its version, or gives null. */
function versionedPart(ciphertext: Uint8Array): { readonly version: string; readonly rest: Uint8Array } | null {
  if (!versionMark.every((byte, i) => ciphertext[i] === byte)) return null;
  const end = versionMark.length + VERSION_LENGTH;
  const version = new TextDecoder().decode(ciphertext.subarray(versionMark.length, end));
  if (!isVersion(version) || ciphertext[end] !== 0x3a) return null;
  return { version, rest: ciphertext.subarray(end + 1) };
}

function isVersion(text: string): boolean {
  return /^[0-9a-f]{32}$/i.test(text);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

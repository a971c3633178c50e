/** The driver for `hcvault://`: keys of HashiCorp Vault's transit engine. */
import { fromBase64, toBase64 } from "../base64.ts";
import { invalidArgument } from "../error.ts";
import { ServiceClient } from "./http.ts";
import { Lasting, type Obtained } from "./lasting.ts";
import { Settings } from "./settings.ts";
import type { Kms, KmsDriver, KmsOptions } from "./types.ts";

const SERVICE = "HashiCorp Vault";
const PREFIX = "hcvault://";

/** What {@link vaultKms} is made with. */
export interface VaultOptions extends KmsOptions {
  /**
   * The one server that the token may go to. A key's URL comes from the registry; with this option, one that names another
   * server is refused. It is no setting, for a KEK's properties could replace that. Default: the variable `VAULT_ADDR` of the
   * environment; without either, any server.
   */
  readonly address?: string;
}

/**
 * Gives the driver for `hcvault://`. A key's URL has the server's address and the key's path in its transit engine:
 * `hcvault://https://vault.example:8200/transit/keys/my-key`. Without `https://` it is meant; `http://` is used where it is
 * said.
 *
 * Settings, and the variables of the environment that stand in for them:
 *
 * - `token.id`, `VAULT_TOKEN`: a token; or a login by AppRole with `approle.role.id`, `VAULT_APP_ROLE_ID`, and
 *   `approle.secret.id`, `VAULT_APP_ROLE_SECRET_ID`. The login comes first if both are given.
 * - `namespace`, `VAULT_NAMESPACE`.
 *
 * Certificates are the transport's: give one that has them.
 *
 * Source: `HcVaultKmsDriver` in confluent-kafka-python.
 *
 * @example Let rules use its keys
 * ```ts
 * import { vaultKms } from "@kafka-ffi/kafka/kms/vault";
 * import { FieldEncryptExecutor } from "@kafka-ffi/kafka/rules/encryption";
 *
 * const executor = new FieldEncryptExecutor({ kms: [vaultKms()] });
 * ```
 */
export function vaultKms(options: VaultOptions = {}): KmsDriver {
  return {
    prefix: PREFIX,
    newKms: (config, keyUrl) => new VaultKms(new Settings(SERVICE, config, options), keyUrl, options),
  };
}

/** A key's place: the server, the engine's path, the key's name. */
interface KeyPlace {
  readonly origin: string;
  readonly mount: string;
  readonly key: string;
}

interface AppRole {
  readonly roleId: string;
  readonly secretId: string;
}

class VaultKms implements Kms {
  readonly #client: ServiceClient;
  readonly #place: KeyPlace;
  readonly #namespace: string | undefined;
  readonly #token: Lasting<string>;

  constructor(settings: Settings, keyUrl: string, options: VaultOptions) {
    this.#place = placeOf(keyUrl, options.address ?? settings.variable("VAULT_ADDR"));
    this.#client = new ServiceClient(SERVICE, options);
    this.#namespace = settings.optional("namespace", "VAULT_NAMESPACE");
    const role = appRoleOf(settings);
    const token = role === null ? settings.required("token.id", "VAULT_TOKEN") : "";
    this.#token = new Lasting(
      async () => role === null ? { value: token, lifetimeMs: Infinity } : await this.#login(role),
      options.now,
    );
  }

  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const data = await this.#transit("encrypt", { plaintext: toBase64(plaintext) });
    return new TextEncoder().encode(this.#client.text("wrap a key", data, "ciphertext"));
  }

  async decrypt(ciphertext: Uint8Array): Promise<Uint8Array> {
    const data = await this.#transit("decrypt", { ciphertext: new TextDecoder().decode(ciphertext) });
    return fromBase64(this.#client.text("unwrap a key", data, "plaintext"), "the answer of HashiCorp Vault");
  }

  async #transit(operation: "encrypt" | "decrypt", body: unknown): Promise<Readonly<Record<string, unknown>>> {
    const { mount, key } = this.#place;
    const task = operation === "encrypt" ? "wrap a key" : "unwrap a key";
    return await this.#token.use(async (token) => {
      const headers = { "x-vault-token": token };
      return await this.#post(`${mount}/${operation}/${key}`, task, "data", { headers, body });
    });
  }

  async #login(role: AppRole): Promise<Obtained<string>> {
    const body = { role_id: role.roleId, secret_id: role.secretId };
    const auth = await this.#post("auth/approle/login", "log in", "auth", { headers: {}, body });
    const seconds = auth["lease_duration"];
    // Vault says 0 of a token that does not end.
    const lifetimeMs = typeof seconds === "number" && seconds > 0 ? seconds * 1000 : Infinity;
    return { value: this.#client.text("log in", auth, "client_token"), lifetimeMs };
  }

  /** Posts to a path, and gives the part of the answer that holds what was asked for. */
  async #post(path: string, task: string, part: "auth" | "data", request: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  }): Promise<Readonly<Record<string, unknown>>> {
    const namespace = this.#namespace === undefined ? {} : { "x-vault-namespace": this.#namespace };
    const headers = { "x-vault-request": "true", ...namespace, ...request.headers };
    const answer = await this.#client.postJson(`${this.#place.origin}/v1/${path}`, task, {
      headers,
      body: request.body,
    });
    const found = answer[part];
    if (typeof found === "object" && found !== null) return found as Readonly<Record<string, unknown>>;
    throw this.#client.unusable(task, `it has no "${part}"`);
  }
}

function appRoleOf(settings: Settings): AppRole | null {
  const roleId = settings.optional("approle.role.id", "VAULT_APP_ROLE_ID");
  const secretId = settings.optional("approle.secret.id", "VAULT_APP_ROLE_SECRET_ID");
  return roleId === undefined || secretId === undefined ? null : { roleId, secretId };
}

function placeOf(keyUrl: string, address: string | undefined): KeyPlace {
  const text = keyUrl.slice(PREFIX.length);
  const url = parseUrl(/^https?:\/\//.test(text) ? text : `https://${text}`);
  const [, mount, key] = /^\/(.+)\/keys\/([^/]+)$/.exec(url?.pathname ?? "") ?? [];
  if (url === null || mount === undefined || key === undefined || url.username !== "" || url.password !== "") {
    // The URL is not shown, for it may hold a password.
    throw invalidArgument(
      `Cannot use ${SERVICE}: the key's URL is not of the form "${PREFIX}https://server/transit/keys/name"`,
    );
  }
  if (address !== undefined && parseUrl(address)?.origin !== url.origin) {
    throw invalidArgument(`Cannot use ${SERVICE}: the key is at "${url.origin}", which is not the address that is set`);
  }
  return { origin: url.origin, mount, key };
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

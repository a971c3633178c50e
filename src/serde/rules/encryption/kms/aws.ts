/** The driver for `aws-kms://`: keys of AWS's Key Management Service, by its JSON interface. */
import { fromBase64, toBase64 } from "../base64.ts";
import { invalidArgument } from "../error.ts";
import { cryptoFor } from "./crypto.ts";
import { ServiceClient } from "./http.ts";
import { Lasting, type Obtained } from "./lasting.ts";
import { Settings } from "./settings.ts";
import { type AwsCredentials, signedHeaders } from "./sigv4.ts";
import type { Kms, KmsDriver, KmsOptions } from "./types.ts";

const SERVICE = "AWS KMS";
const PREFIX = "aws-kms://";
const DEFAULT_SESSION_NAME = "confluent-encrypt";

/**
 * Gives the driver for `aws-kms://`. A key's URL has its ARN, or an alias' ARN, which also names the region:
 * `aws-kms://arn:aws:kms:eu-west-1:111122223333:key/1234abcd-…`.
 *
 * Settings, and the variables of the environment that stand in for them:
 *
 * - `access.key.id`, `AWS_ACCESS_KEY_ID`; `secret.access.key`, `AWS_SECRET_ACCESS_KEY`; `session.token`, `AWS_SESSION_TOKEN`
 *   for credentials that have one.
 * - `role.arn`, `AWS_ROLE_ARN`: a role that these credentials take on first, in the key's region; with `role.session.name`,
 *   `AWS_ROLE_SESSION_NAME` (default: `confluent-encrypt`), and `role.external.id`, `AWS_ROLE_EXTERNAL_ID`.
 *
 * Profiles of AWS's own configuration files are not read: give what they hold as settings.
 *
 * Source: `AwsKmsDriver` in confluent-kafka-python.
 *
 * @example Let rules use its keys
 * ```ts
 * import { awsKms } from "@kafka-ffi/kafka/kms/aws";
 * import { FieldEncryptExecutor } from "@kafka-ffi/kafka/rules/encryption";
 *
 * const executor = new FieldEncryptExecutor({ kms: [awsKms()] });
 * ```
 */
export function awsKms(options: KmsOptions = {}): KmsDriver {
  return {
    prefix: PREFIX,
    newKms: (config, keyUrl) => new AwsKms(new Settings(SERVICE, config, options), keyUrl, options),
  };
}

/** A role to take on. */
interface Role {
  readonly arn: string;
  readonly sessionName: string;
  readonly externalId: string | undefined;
}

class AwsKms implements Kms {
  readonly #client: ServiceClient;
  readonly #crypto = cryptoFor(SERVICE);
  readonly #now: () => number;
  readonly #keyArn: string;
  readonly #region: string;
  /** What the hosts of this region's services end with. */
  readonly #domain: string;
  readonly #credentials: Lasting<AwsCredentials>;

  constructor(settings: Settings, keyUrl: string, options: KmsOptions) {
    const { arn, region, partition } = keyOf(keyUrl);
    this.#client = new ServiceClient(SERVICE, options);
    this.#now = options.now ?? Date.now;
    this.#keyArn = arn;
    this.#region = region;
    this.#domain = `${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
    const own = credentialsOf(settings);
    const role = roleOf(settings);
    this.#credentials = new Lasting(
      async () => role === null ? { value: own, lifetimeMs: Infinity } : await this.#assume(role, own),
      options.now,
    );
  }

  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const task = "wrap a key";
    const answer = await this.#ask("Encrypt", task, { KeyId: this.#keyArn, Plaintext: toBase64(plaintext) });
    return fromBase64(this.#client.text(task, answer, "CiphertextBlob"), "the answer of AWS KMS");
  }

  async decrypt(ciphertext: Uint8Array): Promise<Uint8Array> {
    const task = "unwrap a key";
    const answer = await this.#ask("Decrypt", task, { KeyId: this.#keyArn, CiphertextBlob: toBase64(ciphertext) });
    return fromBase64(this.#client.text(task, answer, "Plaintext"), "the answer of AWS KMS");
  }

  async #ask(operation: string, task: string, parameters: unknown): Promise<Readonly<Record<string, unknown>>> {
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${operation}` };
    const body = JSON.stringify(parameters);
    return await this.#credentials.use(async (credentials) => {
      return this.#client.object(task, await this.#post("kms", task, { headers, body, credentials }));
    });
  }

  async #assume(role: Role, credentials: AwsCredentials): Promise<Obtained<AwsCredentials>> {
    const task = "take on a role";
    const fields = new URLSearchParams({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: role.arn,
      RoleSessionName: role.sessionName,
      ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
    });
    const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
    const xml = await this.#post("sts", task, { headers, body: fields.toString(), credentials });
    const field = (name: string) => this.#client.text(task, { [name]: element(xml, name) }, name);
    const value = {
      accessKeyId: field("AccessKeyId"),
      secretAccessKey: field("SecretAccessKey"),
      sessionToken: field("SessionToken"),
    };
    return { value, lifetimeMs: Date.parse(field("Expiration")) - this.#now() };
  }

  async #post(service: "kms" | "sts", task: string, request: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly credentials: AwsCredentials;
  }): Promise<string> {
    const { body, credentials } = request;
    const host = `${service}.${this.#domain}`;
    const scope = { region: this.#region, service, nowMs: this.#now() };
    const signable = { method: "POST", host, headers: request.headers, body };
    const headers = signedHeaders(this.#crypto, signable, credentials, scope);
    return await this.#client.post(`https://${host}/`, task, { headers, body });
  }
}

function credentialsOf(settings: Settings): AwsCredentials {
  return {
    accessKeyId: settings.required("access.key.id", "AWS_ACCESS_KEY_ID"),
    secretAccessKey: settings.required("secret.access.key", "AWS_SECRET_ACCESS_KEY"),
    sessionToken: settings.optional("session.token", "AWS_SESSION_TOKEN"),
  };
}

function roleOf(settings: Settings): Role | null {
  const arn = settings.optional("role.arn", "AWS_ROLE_ARN");
  if (arn === undefined) return null;
  return {
    arn,
    sessionName: settings.optional("role.session.name", "AWS_ROLE_SESSION_NAME") ?? DEFAULT_SESSION_NAME,
    externalId: settings.optional("role.external.id", "AWS_ROLE_EXTERNAL_ID"),
  };
}

/** The URL comes from the registry, and the region becomes a part of a host's name: it has to look like one. */
function keyOf(keyUrl: string): { readonly arn: string; readonly region: string; readonly partition: string } {
  const arn = keyUrl.slice(PREFIX.length);
  const [, partition, region] = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):\d+:(?:key|alias)\/[\w/-]+$/.exec(arn) ?? [];
  if (partition !== undefined && region !== undefined) return { arn, region, partition };
  throw invalidArgument(
    `Cannot use AWS KMS: "${keyUrl}" is not of the form "${PREFIX}arn:aws:kms:region:account:key/id"`,
  );
}

function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.trim();
}

/** What the parts of a registry client share: the checked configuration, and the way to the registry. */
import { Authentication } from "./auth.ts";
import { checkRegistryConfig, type RegistrySettings, type SchemaRegistryConfig } from "./config.ts";
import { HttpClient } from "./http.ts";
import { RestClient } from "./rest.ts";
import type { Transport } from "./transport.ts";
import { openTransports, type Transports } from "./transports.ts";

/** What a registry client is told beside its configuration. */
export interface SchemaRegistryOptions {
  /** Sends the requests, those for tokens too. Default: `fetch`, or `node:https` if `ssl.*` or `proxy` is set. */
  readonly transport?: Transport;
  /** The size of an answer at most. Default: 16 MiB. */
  readonly maxResponseBytes?: number;
  /** Whether a registry that is not the leader hands a request on to it. Default: the registry decides. */
  readonly forward?: boolean;
}

const maxResponseBytes = 16 * 1024 * 1024;

/** A way to a registry. Making one sends nothing. */
export class Connection {
  /** The configuration as it was given. */
  readonly config: SchemaRegistryConfig;
  readonly settings: RegistrySettings;
  readonly rest: RestClient;
  readonly #transports: Transports;

  /** @throws {KafkaError} `_INVALID_ARG` if the configuration cannot be used. */
  constructor(config: SchemaRegistryConfig, options: SchemaRegistryOptions) {
    this.config = config;
    this.settings = checkRegistryConfig(config);
    const limits = { ...this.settings, maxResponseBytes: options.maxResponseBytes ?? maxResponseBytes };
    this.#transports = openTransports(this.settings, options.transport);
    const { registry, tokens } = this.#transports;
    this.rest = new RestClient(new HttpClient(registry, limits), {
      urls: this.settings.isMock ? ["http://mock"] : this.settings.urls,
      auth: new Authentication(this.settings.auth, new HttpClient(tokens, limits)),
      headers: options.forward === undefined ? {} : { "x-forward": String(options.forward) },
    });
  }

  /** Closes connections that are kept for later requests. */
  async close(): Promise<void> {
    await this.#transports.close();
  }
}

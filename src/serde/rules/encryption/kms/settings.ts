/** Reads a driver's settings: from the configuration, else from the environment. */
import { environmentVariable } from "../../../../../ffi/environment.ts";
import { invalidArgument } from "../error.ts";
import type { KmsConfig, KmsOptions } from "./types.ts";

/** The settings of one key. */
export class Settings {
  readonly #service: string;
  readonly #config: KmsConfig;
  readonly #environment: (name: string) => string | undefined;

  /** Makes settings of a service's name for errors, the configuration, and the driver's options. */
  constructor(service: string, config: KmsConfig, options: KmsOptions) {
    this.#service = service;
    this.#config = config;
    this.#environment = options.environment ?? environmentVariable;
  }

  /**
   * Gives a setting, or undefined if it is not given.
   *
   * @throws {EncryptionError} `_INVALID_ARG` if it is no string.
   */
  optional(key: string, variable?: string): string | undefined {
    const value = this.#config[key];
    if (value !== undefined && value !== null && typeof value !== "string") {
      throw invalidArgument(`Cannot use ${this.#service} with a "${key}" of type ${typeof value}: it is a string`);
    }
    return value || (variable === undefined ? undefined : this.variable(variable));
  }

  /** Gives a variable of the environment, whatever the configuration says. */
  variable(name: string): string | undefined {
    return this.#environment(name) || undefined;
  }

  /**
   * Gives a setting.
   *
   * @throws {EncryptionError} `_INVALID_ARG` if it is not given, or no string.
   */
  required(key: string, variable?: string): string {
    const value = this.optional(key, variable);
    if (value !== undefined) return value;
    const places = variable === undefined ? `"${key}"` : `"${key}" or the environment variable ${variable}`;
    throw invalidArgument(`Cannot use ${this.#service} without ${places}`);
  }
}

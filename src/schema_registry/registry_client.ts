/** What the clients of a registry have in common: a configuration, a context, an end, and the way in for their parts. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import type { SchemaRegistryConfig } from "./config.ts";
import { Connection, type SchemaRegistryOptions } from "./connection.ts";
import { contextPrefix, inContext } from "./context.ts";
import type { CallOptions } from "./rest.ts";

/** A client's workings. */
interface Inside {
  readonly connection: Connection;
  /** What puts a subject into the client's context. */
  readonly prefix: string;
  /** Whether the connection is another client's, and ends with that. */
  readonly isBorrowed: boolean;
  readonly closing: { isClosed: boolean };
  /** What the client remembers of the registry: is cleared when something is deleted there. */
  readonly memory: Clearable;
}

/** Something that can be forgotten. */
interface Clearable {
  clear(): void;
}

/** Where parts of the client look for what its users do not see. */
const insides = new WeakMap<RegistryClient, Inside>();

/** The options of a client in another client's context, and that client. */
const lenders = new WeakMap<SchemaRegistryOptions, { readonly lender: RegistryClient; readonly prefix: string }>();

/**
 * What {@link SchemaRegistryClient} and {@link DekRegistryClient} have in common.
 *
 * @example Say where a client's requests go
 * ```ts
 * import type { RegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * function describe(client: RegistryClient): string {
 *   return `${client.config.url}, context "${client.context}"`;
 * }
 * ```
 */
export abstract class RegistryClient implements AsyncDisposable {
  /** The configuration, as it was given: secrets are in it. */
  get config(): SchemaRegistryConfig {
    return insideOf(this).connection.config;
  }

  /** The name of the context that this client's subjects are in, as registries list them: `.` for the default one. */
  get context(): string {
    return insideOf(this).prefix.slice(1, -1) || ".";
  }

  /**
   * Closes the connections, and refuses further calls; those under way may fail. A client that `withContext()` gave ends with
   * the client it came from.
   *
   * Source: `SchemaRegistryClient.__exit__` in confluent-kafka-python.
   */
  async close(): Promise<void> {
    const { connection, isBorrowed, closing, memory } = insideOf(this);
    if (isBorrowed || closing.isClosed) return;
    closing.isClosed = true;
    memory.clear();
    await connection.close();
  }

  /** Closes the client at the end of an `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Gives a new client its workings, and what it remembers: its own, or those of the client it shares them with.
 *
 * @throws {KafkaError} `_INVALID_ARG` if the configuration cannot be used.
 */
export function attach<M extends Clearable>(
  client: RegistryClient,
  given: { readonly config: SchemaRegistryConfig; readonly options: SchemaRegistryOptions },
  makeMemory: (connection: Connection) => M,
): M {
  const loan = lenders.get(given.options);
  if (loan !== undefined) {
    const inside = insideOf(loan.lender);
    insides.set(client, { ...inside, prefix: loan.prefix, isBorrowed: true });
    return inside.memory as M;
  }
  const connection = new Connection(given.config, given.options);
  const memory = makeMemory(connection);
  insides.set(client, { connection, prefix: "", isBorrowed: false, closing: { isClosed: false }, memory });
  return memory;
}

/** The options that make a client share another one's connection and memory, in a context. */
export function sharedOptions(lender: RegistryClient, context: string): SchemaRegistryOptions {
  const options: SchemaRegistryOptions = {};
  lenders.set(options, { lender, prefix: contextPrefix(context) });
  return options;
}

/** Calls the registry. */
export async function call(
  client: RegistryClient,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  options: CallOptions = {},
): Promise<unknown> {
  const { connection, closing } = insideOf(client);
  if (closing.isClosed) {
    throw new KafkaError("Cannot ask the registry: the client is closed", errorCodes._STATE);
  }
  return await connection.rest.call(method, path, options);
}

/** A subject as it is named in requests. */
export function qualified(client: RegistryClient, subject: string): string {
  if (typeof subject !== "string") throw new TypeError("Cannot use a subject that is no string");
  return inContext(insideOf(client).prefix, subject);
}

/** A subject that may be left out: in a context it is not, so that the registry looks there. Null: in the default one. */
export function qualifiedOrNull(client: RegistryClient, subject: string | null | undefined): string | null {
  if (typeof subject === "string") return qualified(client, subject);
  const { prefix } = insideOf(client);
  return prefix === "" ? null : prefix;
}

/** Forgets what the client remembers: it may be there no longer. */
export function forget(client: RegistryClient): void {
  insideOf(client).memory.clear();
}

function insideOf(client: RegistryClient): Inside {
  const inside = insides.get(client);
  if (inside === undefined) throw new TypeError("Cannot use an object that no constructor has made");
  return inside;
}

/** What every public client offers: facts about itself, and its end. */
import type { KafkaError } from "../kafka/error.ts";
import type { LibraryInfo } from "../native/native.ts";
import type { Client } from "./client.ts";
import { checkTimeout } from "./wait.ts";

const defaultCloseMs = 30_000;

/** What a public client is made of. */
export interface Workings {
  readonly client: Client;
  /** Ends everything; called once. */
  close(timeoutMs: number): Promise<void>;
  /** Whether calls are still answered although the end has begun, as within a handler that runs for it. */
  isUsable?(): boolean;
}

/** The workings are kept here and not in a field, so that no type of theirs becomes public. */
const workings = new WeakMap<KafkaClient, Workings>();
const closing = new WeakMap<KafkaClient, Promise<void>>();

/** Gives a public client its workings, once, as it is made. */
export function attach(self: KafkaClient, what: Workings): void {
  workings.set(self, what);
}

/**
 * The shared part of a public client that can be used.
 *
 * @param action What the caller is about to do, for the message of the error.
 * @throws {KafkaError} `_DESTROY` if the client is closed or being closed, or the error after which it cannot be used.
 */
export function open(self: KafkaClient, action: string): Client {
  const { client } = workings.get(self)!;
  client.check(action);
  return client;
}

/**
 * What producers and consumers have in common.
 *
 * @example Say which librdkafka is in use
 * ```ts
 * import type { KafkaClient } from "@kafka-ffi/kafka";
 *
 * function describe(client: KafkaClient): string {
 *   return `librdkafka ${client.library.version} from ${client.library.path}`;
 * }
 * ```
 */
export abstract class KafkaClient implements AsyncDisposable {
  /** The librdkafka in use: where it was found, its version and features. */
  get library(): LibraryInfo {
    return workings.get(this)!.client.info;
  }

  /** The error after which this client can no longer be used, or null. */
  get fatalError(): KafkaError | null {
    return workings.get(this)!.client.fatalError;
  }

  /**
   * Ends what is under way and frees everything. Calling it again returns the same promise.
   *
   * @param options After `timeoutMs` (default: 30000) what is left is given up.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    try {
      const timeoutMs = checkTimeout(options.timeoutMs) ?? defaultCloseMs;
      let ending = closing.get(this);
      if (ending === undefined) {
        const part = workings.get(this)!;
        ending = part.close(timeoutMs);
        part.client.refuseCalls(part.isUsable);
        closing.set(this, ending);
      }
      return ending;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What `JSON.stringify` shows: no secret of the configuration is in it. */
  toJSON(): Record<string, unknown> {
    return workings.get(this)!.client.describe();
  }
}

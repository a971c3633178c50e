/** Reading with a tracer's hook: it is told of messages just before they are handed over. */
import type { Client } from "../client/client.ts";
import type { Message } from "../kafka/message.ts";
import type { Tracing } from "../kafka/tracing.ts";
import type { ConsumerOptions } from "./options.ts";
import { Reading, type ReadingSettings } from "./reading.ts";

type OnReceive = NonNullable<Tracing["onReceive"]>;

/** The reading half of a consumer: one that tells the tracer, if there is one that wants to hear of messages. */
export function readingFor(client: Client, options: ConsumerOptions, settings: ReadingSettings): Reading {
  const onReceive = options.tracing?.onReceive;
  if (onReceive === undefined) return new Reading(client, options, settings);
  return new TracedReading(client, options, settings, onReceive);
}

class TracedReading extends Reading {
  readonly #client: Client;
  readonly #onReceive: OnReceive;

  constructor(client: Client, options: ConsumerOptions, settings: ReadingSettings, onReceive: OnReceive) {
    super(client, options, settings);
    this.#client = client;
    this.#onReceive = onReceive;
  }

  override next(): Message | undefined {
    const message = super.next();
    if (message !== undefined) this.#tell([message]);
    return message;
  }

  override async collect(
    max: number,
    firstMs: number | undefined,
    moreMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Message[]> {
    return this.#tell(await super.collect(max, firstMs, moreMs, signal));
  }

  override collectNow(max: number, firstMs: number | undefined, moreMs: number | undefined): Message[] {
    return this.#tell(super.collectNow(max, firstMs, moreMs));
  }

  #tell(messages: Message[]): Message[] {
    if (messages.length > 0) this.#client.run("tracing.onReceive", () => this.#onReceive(messages));
    return messages;
  }
}

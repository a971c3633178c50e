/** Handing messages over in the reader's own types: from the front of the buffer, in order, as they can be deserialized. */
import { isPromise } from "../kafka/promise.ts";
import { Deserializing, hasDeserializers, type Outcome } from "../client/deserializing.ts";
import type { Client } from "../client/client.ts";
import type { Header, Message, TimestampType } from "../kafka/message.ts";
import { DeserializationError } from "../kafka/serialization_error.ts";
import type { Holdings } from "./holdings.ts";
import type { ConsumerOptions } from "./options.ts";

/** How many messages are deserialized ahead while one is waited for, also for who reads one by one. */
const ahead = 100;

/** What became of a message before its turn. */
interface Started {
  /** Whether the outcome is there. */
  isSettled: boolean;
  outcome: Outcome;
  /** The wait that ends with it; 0 if nobody waits. */
  wait: number;
}

/** What is found out together for some messages. */
interface Preparation {
  isSettled: boolean;
  /** As that of {@link Started}. */
  wait: number;
}

/**
 * Messages stay in the buffer until they are handed over, also while something has to be waited for: there a seek, a pause or
 * a rebalance reaches them.
 */
export class Handing {
  readonly #holdings: Holdings;
  readonly #deserializing: Deserializing;
  readonly #wake: () => void;
  /** Only of messages that could not be handed over at once. */
  #started = new Map<Message, Started>();
  /** Messages that a deserializer was not prepared for, with what came with them. It is asked once for each. */
  readonly #preparations = new WeakMap<Message, Preparation>();
  /** The number of the wait that is under way, and how many messages or preparations it is for. */
  #wait = 0;
  #waitingFor = 0;
  /** What was handed over last, as it came. */
  #last: readonly Message[] = [];

  constructor(holdings: Holdings, deserializing: Deserializing, wake: () => void) {
    this.#holdings = holdings;
    this.#deserializing = deserializing;
    this.#wake = wake;
  }

  /** For a consumer with deserializers. `wake` is called when what was waited for is there. */
  static of(client: Client, holdings: Holdings, options: ConsumerOptions, wake: () => void): Handing | null {
    if (!hasDeserializers(options)) return null;
    return new Handing(holdings, new Deserializing(client, options, remake), wake);
  }

  /** Whether the last {@link take} gave nothing because something has to be waited for. */
  get isWaiting(): boolean {
    return this.#waitingFor > 0;
  }

  /** Hands over the next message, if that can be done at once and without a word: else {@link take} has to. */
  next(): Message | undefined {
    const raw = this.#holdings.peek(1)[0];
    if (raw === undefined) return undefined;
    const outcome = this.#outcome(raw);
    if (outcome === undefined || outcome === null || outcome instanceof DeserializationError) return undefined;
    return this.#handOver([raw], 1) ? outcome as Message : undefined;
  }

  /**
   * Hands over up to `max` messages: none while one of them has to be waited for, or when all were skipped.
   *
   * @param mustEnd Whether the time is up: then what comes before such a message is handed over.
   * @throws {DeserializationError} if there is none before a message for which the policy says so. That one is handed over by it.
   */
  take(max: number, mustEnd: boolean): Message[] {
    const raws = this.#holdings.peek(max);
    const messages: Message[] = [];
    let count = 0;
    let error: DeserializationError | null = null;
    this.#waitingFor = 0;
    for (const raw of raws) {
      const outcome = this.#outcome(raw);
      if (outcome === undefined) {
        this.#startAll(raws);
        if (!mustEnd) return [];
        break;
      }
      if (outcome instanceof DeserializationError) {
        error = outcome;
        break;
      }
      count++;
      if (outcome !== null) messages.push(outcome as Message);
    }
    if (error !== null && messages.length === 0) count++;
    // A deserializer, which is the user's code, may have changed what is here.
    if (!this.#handOver(raws, count)) return [];
    if (messages.length > 0) return messages;
    if (error !== null) throw error;
    // The reader has nothing of these to be done with.
    this.#holdings.positions.finish();
    return [];
  }

  #handOver(raws: readonly Message[], count: number): boolean {
    if (!this.#holdings.takeThese(raws, count)) return false;
    this.#last = raws.slice(0, count);
    for (let i = 0; i < count && this.#started.size > 0; i++) this.#started.delete(raws[i]!);
    return true;
  }

  /** What messages were before they were deserialized, if they are those that were handed over last. */
  rawOf(messages: readonly Message[]): readonly Message[] {
    const name = ({ topic, partition, offset }: Message): string => `${topic}:${partition}:${offset}`;
    const names = new Set(messages.map(name));
    return this.#last.filter((raw) => names.has(name(raw)));
  }

  /** The outcome of a message, or undefined if it has to be waited for. */
  #outcome(raw: Message): Outcome | undefined {
    let started = this.#started.size === 0 ? undefined : this.#started.get(raw);
    if (started === undefined) {
      const outcome = this.#begin(raw);
      if (outcome === undefined) return undefined;
      if (!isPromise(outcome) && outcome !== null && !(outcome instanceof DeserializationError)) return outcome;
      // The policy is asked once.
      started = this.#keep(raw, outcome);
    }
    return started.isSettled ? started.outcome : undefined;
  }

  /** Begins with a message; nothing if what it needs is, or has to be, found out together with what others need. */
  #begin(raw: Message): Outcome | Promise<Outcome> | undefined {
    // A reader that was given it may have put it back.
    if (raw instanceof DeserializedMessage) return raw;
    const isPrepared = this.#preparations.get(raw)?.isSettled ?? false;
    return isPrepared ? this.#deserializing.outcome(raw) : this.#deserializing.attempt(raw);
  }

  /** Waits for these messages together, with some behind them. Of others, nothing is kept. */
  #startAll(raws: readonly Message[]): void {
    const before = this.#started;
    this.#started = new Map();
    const wait = ++this.#wait;
    const start = (raw: Message, isWanted: boolean, started: Started): void => {
      this.#started.set(raw, started);
      started.wait = 0;
      if (!isWanted || started.isSettled) return;
      started.wait = wait;
      this.#waitingFor++;
    };
    const wanted: Message[] = [];
    const behind: Message[] = [];
    for (const [i, raw] of this.#holdings.peek(Math.max(raws.length, ahead)).entries()) {
      const isWanted = i < raws.length;
      const started = before.get(raw);
      const outcome = started === undefined ? this.#begin(raw) : undefined;
      if (started !== undefined) start(raw, isWanted, started);
      else if (outcome !== undefined) start(raw, isWanted, this.#keep(raw, outcome));
      else (isWanted ? wanted : behind).push(raw);
    }
    // What is behind is found out, too, and nobody waits for it yet.
    for (const unprepared of [wanted, behind]) {
      this.#prepare(unprepared);
      for (const raw of unprepared) {
        const preparation = this.#preparations.get(raw)!;
        if (preparation.isSettled) {
          start(raw, unprepared === wanted, this.#keep(raw, this.#deserializing.outcome(raw)));
        } else if (unprepared === wanted && preparation.wait !== wait) {
          preparation.wait = wait;
          this.#waitingFor++;
        }
      }
    }
  }

  /** Lets what has to be known for these messages be found out, if nobody does yet. */
  #prepare(unprepared: readonly Message[]): void {
    const raws = unprepared.filter((raw) => !this.#preparations.has(raw));
    const promise = this.#deserializing.prepare(raws);
    const preparation: Preparation = { isSettled: promise === undefined, wait: 0 };
    for (const raw of raws) this.#preparations.set(raw, preparation);
    void promise?.then(() => {
      preparation.isSettled = true;
      if (preparation.wait === this.#wait && --this.#waitingFor === 0) this.#wake();
    });
  }

  #keep(raw: Message, outcome: Outcome | Promise<Outcome>): Started {
    const started: Started = { isSettled: !isPromise(outcome), outcome: isPromise(outcome) ? null : outcome, wait: 0 };
    this.#started.set(raw, started);
    if (isPromise(outcome)) {
      void outcome.then((outcome) => {
        started.isSettled = true;
        started.outcome = outcome;
        if (started.wait === this.#wait && --this.#waitingFor === 0) this.#wake();
      });
    }
    return started;
  }
}

/** What deserializes a consumer's messages, if anything does. */
export function deserializingOf(client: Client, options: ConsumerOptions): Deserializing | null {
  return hasDeserializers(options) ? new Deserializing(client, options, remake) : null;
}

/** A message whose key and value are the reader's own. Own properties in one order, so that all have the same shape. */
class DeserializedMessage implements Message<unknown, unknown> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: unknown;
  readonly value: unknown;
  readonly headers: readonly Header[];
  readonly timestamp: number | null;
  readonly timestampType: TimestampType;
  readonly leaderEpoch: number | null;
  declare readonly error?: DeserializationError;

  // Spelt out, for copying all of a message's properties is several times as slow.
  constructor(raw: Message, key: unknown, value: unknown, error?: DeserializationError) {
    this.topic = raw.topic;
    this.partition = raw.partition;
    this.offset = raw.offset;
    this.key = key;
    this.value = value;
    this.headers = raw.headers;
    this.timestamp = raw.timestamp;
    this.timestampType = raw.timestampType;
    this.leaderEpoch = raw.leaderEpoch;
    if (error !== undefined) this.error = error;
  }
}

function remake(raw: Message, key: unknown, value: unknown, error?: DeserializationError): DeserializedMessage {
  return new DeserializedMessage(raw, key, value, error);
}

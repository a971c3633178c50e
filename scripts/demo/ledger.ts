/** Takes note of every message that was sent and read, and says in the end what was right and what was not. */
import type { DeliveryReport, Message } from "../../mod.ts";
import { customersOf, idHeader, type Order, order } from "./orders.ts";

/** One thing that must hold. */
export interface Check {
  readonly name: string;
  /** How many violations there were; none means that it holds. */
  readonly failures: number;
  /** The first few of them. */
  readonly examples: readonly string[];
}

const names = {
  delivered: "every message was reported as delivered",
  missing: "every message was read",
  twice: "none was read twice",
  content: "keys, values and headers are as they were sent",
  place: "each was read where its delivery report said",
  order: "each key's messages came in the order of sending",
  log: "the partitions hold these messages and no others, and were read to their ends",
  errors: "no error was reported by the way",
} as const;

const shownExamples = 3;
const decoder = new TextDecoder();

/** The account of one run. */
export class Ledger {
  readonly #topic: string;
  readonly #messages: number;
  readonly #customers: number;
  /** By number: the partition of the delivery report (-1 before it came), its offset, and how often it was read. */
  readonly #partition: Int32Array;
  readonly #offset: Float64Array;
  readonly #reads: Uint8Array;
  readonly #lastOfKey = new Map<string, number>();
  readonly #failures = new Map<keyof typeof names, { count: number; examples: string[] }>();
  /** Messages that have a delivery report. */
  reported = 0;
  /** Different messages that were read. */
  read = 0;

  constructor(topic: string, messages: number) {
    this.#topic = topic;
    this.#messages = messages;
    this.#customers = customersOf(messages);
    this.#partition = new Int32Array(messages).fill(-1);
    this.#offset = new Float64Array(messages);
    this.#reads = new Uint8Array(messages);
  }

  /** Enters a delivery report. */
  enterReport({ message, partition, offset, error }: DeliveryReport): void {
    const { id } = message as Order;
    this.reported++;
    if (error !== null) this.fail("delivered", `order ${id}: ${error.codeName}: ${error.message}`);
    else if (this.#partition[id] !== -1) this.fail("delivered", `order ${id} was reported twice`);
    else {
      this.#partition[id] = partition;
      this.#offset[id] = offset ?? -1;
    }
  }

  /** Enters a message that was read. */
  enterMessage(message: Message): void {
    const where = `${message.topic} [${message.partition}] at offset ${message.offset}`;
    const id = numberOf(message);
    if (!(id >= 0 && id < this.#messages)) return this.fail("content", `${where}: no order of this run`);
    if (this.#reads[id]!++ > 0) return this.fail("twice", `order ${id} again: ${where}`);
    this.read++;
    const expected = order(this.#topic, id, this.#customers);
    this.#compare(`order ${id}, ${where}`, message, expected);
    if (message.partition !== this.#partition[id] || message.offset !== this.#offset[id]) {
      this.fail("place", `order ${id}: ${where}, reported [${this.#partition[id]}] at ${this.#offset[id]}`);
    }
    const last = this.#lastOfKey.get(expected.key) ?? -1;
    if (id < last) this.fail("order", `${expected.key}: order ${id} came after ${last}`);
    this.#lastOfKey.set(expected.key, id);
  }

  /** Notes that something does not hold. */
  fail(check: keyof typeof names, what: string): void {
    const entry = this.#failures.get(check) ?? { count: 0, examples: [] };
    if (entry.count++ < shownExamples) entry.examples.push(what);
    this.#failures.set(check, entry);
  }

  /** Every check with its outcome, once the run is over. */
  close(): Check[] {
    for (let id = 0; id < this.#messages; id++) {
      if (this.#partition[id] === -1) this.fail("delivered", `order ${id} has no good report`);
      if (this.#reads[id] === 0) this.fail("missing", `order ${id} was not read`);
    }
    return Object.entries(names).map(([key, name]) => {
      const failed = this.#failures.get(key as keyof typeof names);
      return { name, failures: failed?.count ?? 0, examples: failed?.examples ?? [] };
    });
  }

  #compare(where: string, message: Message, expected: Order): void {
    const key = message.key && decoder.decode(message.key);
    if (key !== expected.key) this.fail("content", `${where}: the key is ${JSON.stringify(key)}`);
    const value = message.value && decoder.decode(message.value);
    if (value !== expected.value) this.fail("content", `${where}: the value is ${JSON.stringify(value)}`);
    const { headers } = message;
    const isSame = headers.length === expected.headers.length && expected.headers.every(([name, text], i) => {
      const [readName, bytes] = headers[i]!;
      return name === readName && bytes !== null && decoder.decode(bytes) === text;
    });
    if (!isSame) this.fail("content", `${where}: the headers are ${headers.map(([name]) => name).join(", ")}`);
  }
}

function numberOf({ headers }: Message): number {
  const bytes = headers.find(([name]) => name === idHeader)?.[1];
  return bytes ? Number(decoder.decode(bytes)) : -1;
}

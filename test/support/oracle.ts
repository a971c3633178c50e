/**
 * Knows of every message what was sent, what was acknowledged and what was read, and says what is wrong with it.
 *
 * A message's identity is its value: the producer's name, a lane and a running number. A lane's messages go to one partition,
 * so that they must be read in the order of their numbers.
 */
import type { DeliveryReport, Message, ProducerMessage } from "../../mod.ts";
import { assertEquals } from "./assert.ts";
import { randomName } from "./random.ts";

type Outcome = "open" | "acked" | "failed" | "unknown";

interface Entry {
  outcome: Outcome;
  /** Times it was settled: more than once is wrong. */
  settled: number;
  /** Where and when its report said it was written. */
  offset: number | null;
  timestamp: number | null;
  seen: number;
}

/** What {@link Oracle.verdict} finds. The lists name messages; all of them but `duplicated` must always be empty. */
export interface Verdict {
  readonly sent: number;
  readonly acked: number;
  /** Surely not written. */
  readonly failed: number;
  /** Perhaps written: the producer could not tell. */
  readonly unknown: number;
  readonly read: number;
  /** Settled not at all, or more than once. */
  readonly unsettled: readonly string[];
  /** Acknowledged and not read. */
  readonly lost: readonly string[];
  /** Read more than once. */
  readonly duplicated: readonly string[];
  /** Read after a later one of its lane, its duplicates aside. */
  readonly disordered: readonly string[];
  /** Read though it failed, never sent, or read at another offset than its report said. */
  readonly wrong: readonly string[];
}

/** How many messages a list of a {@link Verdict} names at most. */
const named = 20;

/** One producer's messages. */
export class Oracle {
  readonly #name: string;
  readonly #lanes = new Map<number, Entry[]>();
  readonly #highest = new Map<number, number>();
  readonly #disordered: string[] = [];
  readonly #wrong: string[] = [];
  readonly #comparesTimestamps: boolean;
  #read = 0;

  /** @param options `timestamps` compares them too: not with librdkafka's own brokers, which answer with one that they make up. */
  constructor(options: { readonly name?: string; readonly timestamps?: boolean } = {}) {
    this.#name = options.name ?? randomName("p");
    this.#comparesTimestamps = options.timestamps ?? false;
  }

  /** The next message of a lane. Its lane is also its partition, unless `message` says otherwise. */
  next(
    message: Omit<ProducerMessage, "value">,
    lane: number = message.partition ?? 0,
  ): ProducerMessage & { value: string } {
    let entries = this.#lanes.get(lane);
    if (entries === undefined) this.#lanes.set(lane, entries = []);
    entries.push({ outcome: "open", settled: 0, offset: null, timestamp: null, seen: 0 });
    return { ...message, value: `${this.#name}/${lane}/${entries.length - 1}` };
  }

  /** A message's report has come; for `send()`, see {@link settle}. */
  report({ message, error, status, offset, timestamp }: DeliveryReport<unknown, unknown>): void {
    const entry = this.#entry((message.value as string).trimEnd())!;
    entry.settled++;
    entry.offset = offset;
    entry.timestamp = timestamp;
    entry.outcome = error === null ? "acked" : status === "NOT_PERSISTED" ? "failed" : "unknown";
  }

  /** Waits for what `send()` returned for a message and notes how it ended; never rejects. */
  async settle(promise: Promise<DeliveryReport>): Promise<void> {
    try {
      this.report(await promise);
    } catch (error) {
      const { reports } = error as { reports?: readonly DeliveryReport[] };
      if (reports === undefined) throw error;
      for (const report of reports) this.report(report);
    }
  }

  /** A message was read. Those of others are passed over. */
  see({ value, offset, partition, timestamp }: Message): void {
    const id = new TextDecoder().decode(value ?? new Uint8Array()).trimEnd();
    if (!id.startsWith(`${this.#name}/`)) return;
    this.#read++;
    const [, lane, number] = id.split("/").map(Number) as [number, number, number];
    const entry = this.#entry(id);
    if (entry === undefined) {
      this.#note(this.#wrong, `${id} was never sent`);
      return;
    }
    entry.seen++;
    if (entry.seen > 1) return;
    if (entry.outcome === "acked" && entry.offset !== null && entry.offset !== offset) {
      this.#note(this.#wrong, `${id} is at ${offset} of partition ${partition}, its report said ${entry.offset}`);
    }
    if (this.#comparesTimestamps && entry.outcome === "acked" && entry.timestamp !== timestamp) {
      this.#note(this.#wrong, `${id} has the timestamp ${timestamp}, its report said ${entry.timestamp}`);
    }
    const highest = this.#highest.get(lane) ?? -1;
    if (number < highest) this.#note(this.#disordered, `${id} after ${highest}`);
    this.#highest.set(lane, Math.max(highest, number));
  }

  /** What is known by now. */
  verdict(): Verdict {
    const count = { open: 0, acked: 0, failed: 0, unknown: 0 };
    const unsettled: string[] = [];
    const lost: string[] = [];
    const duplicated: string[] = [];
    const wrong = this.#wrong.slice();
    for (const [lane, entries] of this.#lanes) {
      entries.forEach(({ outcome, settled, seen }, number) => {
        const id = `${this.#name}/${lane}/${number}`;
        count[outcome]++;
        if (settled !== 1) this.#note(unsettled, `${id} was settled ${settled} times`);
        if (outcome === "acked" && seen === 0) this.#note(lost, id);
        if (outcome === "failed" && seen > 0) this.#note(wrong, `${id} failed and was written`);
        if (seen > 1) this.#note(duplicated, `${id} was read ${seen} times`);
      });
    }
    const { acked, failed, unknown } = count;
    const sent = acked + failed + unknown + count.open;
    return {
      ...{ sent, acked, failed, unknown, read: this.#read },
      ...{ unsettled, lost, duplicated, disordered: this.#disordered.slice(), wrong },
    };
  }

  /** Asserts that every message was acknowledged, and read exactly once and in order. */
  assertExactlyOnce(count: number): void {
    this.#assertOnce(count, this.verdict());
  }

  /** The same in any order. */
  assertOnce(count: number): void {
    this.#assertOnce(count, { ...this.verdict(), disordered: [] });
  }

  #assertOnce(count: number, verdict: Verdict): void {
    assertEquals(verdict, {
      ...{ sent: count, acked: count, failed: 0, unknown: 0, read: count },
      ...{ unsettled: [], lost: [], duplicated: [], disordered: [], wrong: [] },
    });
  }

  #entry(id: string): Entry | undefined {
    const [, lane, number] = id.split("/").map(Number) as [number, number, number];
    return this.#lanes.get(lane)?.[number];
  }

  #note(list: string[], text: string): void {
    if (list.length < named) list.push(text);
  }
}

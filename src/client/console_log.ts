/** What goes to the console when nobody else takes it. */
import type { LogEntry } from "../native/events.ts";

/** The least severe of librdkafka's log levels that goes to the console by itself. */
const warning = 4;
/** How often the console is told of the same matter. */
const repeatMs = 5000;

/** Writes log entries of one client, but not each of many that are alike. */
export class ConsoleLog {
  readonly #role: string;
  /** When something was last written about a matter, and how often it was not since. */
  readonly #logged = new Map<string, { readonly time: number; count: number }>();

  constructor(role: string) {
    this.#role = role;
  }

  /** A broker that is away is tried many times a second: the console is told once, and how often it was since. */
  write(entry: LogEntry): void {
    if (entry.level > warning) return;
    const before = this.#logged.get(entry.facility);
    const now = performance.now();
    if (before !== undefined && now - before.time < repeatMs) {
      before.count++;
      return;
    }
    this.#logged.set(entry.facility, { time: now, count: 0 });
    const more = before === undefined || before.count === 0 ? "" : ` (and ${before.count} like it before)`;
    console.warn(`kafka ${this.#role}: ${entry.facility}: ${entry.message}${more}`);
  }
}

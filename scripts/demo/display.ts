/** What the demo shows: a progress bar on a terminal, plain lines elsewhere, and the figures and checks at the end. */
import process from "node:process";
import type { Check } from "./ledger.ts";
import { DemoError } from "./options.ts";

const barWidth = 30;
const redrawMs = 50;
const plainLineMs = 2000;
const isTerminal = process.stdout.isTTY === true;
const hasColour = isTerminal && !process.env["NO_COLOR"];

/** `100,000`. */
export function number(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Prints one line. */
export function line(text = ""): void {
  console.log(text);
}

/** How far something has come. */
export class Progress {
  readonly #name: string;
  readonly #total: number;
  readonly #started = performance.now();
  #shown = performance.now();

  constructor(name: string, total: number) {
    this.#name = name.padEnd(10);
    this.#total = total;
    if (isTerminal) this.#draw(0);
  }

  /** Shows the state, unless it was shown just now. */
  update(done: number): void {
    if (performance.now() - this.#shown < (isTerminal ? redrawMs : plainLineMs)) return;
    if (isTerminal) this.#draw(done);
    else line(`${this.#name} ${number(done)} of ${number(this.#total)}`);
    this.#shown = performance.now();
  }

  /** Shows the state for good. */
  end(done: number): void {
    if (isTerminal) {
      this.#draw(done);
      process.stdout.write("\n");
    } else line(`${this.#name} ${number(done)} of ${number(this.#total)} in ${this.#seconds()} s`);
  }

  #draw(done: number): void {
    const full = Math.min(barWidth, Math.floor(barWidth * done / this.#total));
    const bar = colour(32, "█".repeat(full)) + colour(90, "░".repeat(barWidth - full));
    const count = number(done).padStart(number(this.#total).length);
    process.stdout.write(`\r\x1b[2K${this.#name} ${bar} ${count} of ${number(this.#total)}  ${this.#seconds()} s`);
  }

  #seconds(): string {
    return ((performance.now() - this.#started) / 1000).toFixed(1);
  }
}

/** Prints figures, one a line, with their values below each other. */
export function showFigures(figures: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...figures.map(([name]) => name.length));
  for (const [name, value] of figures) line(`${name.padEnd(width)}  ${value}`);
}

/** Prints every check, and what was wrong with those that failed. */
export function showChecks(checks: readonly Check[]): void {
  for (const { name, failures, examples } of checks) {
    line(`${failures === 0 ? colour(32, "ok    ") : colour(31, "FAILED")}  ${name}`);
    for (const example of examples) line(`          ${example}`);
    if (failures > examples.length) line(`          and ${number(failures - examples.length)} more`);
  }
}

/** Says on stderr what ended the program; what is not expected is shown with its stack. */
export function showFailure(error: unknown): void {
  const isExpected = error instanceof DemoError || (error as { code?: unknown } | null)?.code !== undefined;
  console.error(isExpected ? (error as Error).message : error);
}

/** The last line. */
export function showVerdict(isRight: boolean, text: string): void {
  line(isRight ? colour(32, text) : colour(31, text));
}

function colour(code: number, text: string): string {
  return hasColour ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** Regular expressions for JSONata, which ends an expression that takes too long, but not one that the runtime is matching. */
import { stepsOf } from "../json/pattern_cost.ts";
import { parsePattern } from "../json/pattern_parse.ts";
import { compile, groupsIn, holds, type Instruction } from "../json/pattern_program.ts";
import { RuleError } from "./error.ts";

/** The runtime is trusted with as many steps, about a millisecond of them. */
const MAX_STEPS = 1_000_000;
/** And with as many where there is no other way: looking around, and referring back. */
const MAX_STEPS_ALONE = 100_000_000;
/** After so many steps it is time to look at the clock. */
const STEPS_PER_LOOK = 100_000;

/** What has been found out about an expression. */
interface Compiled {
  readonly stepsFor: (length: number) => number;
  readonly groups: number;
  /** Null if there is none for it. */
  readonly program: readonly Instruction[] | null;
  /** When an instruction was last come to, by the number of the place in a text. */
  readonly seen: Float64Array;
}

/** A match in the form of the runtime's. */
type Match = (string | undefined)[] & { index: number };

/** A way that is being followed: the next instruction, and where groups began and ended. */
interface Way {
  readonly address: number;
  readonly notes: readonly (number | undefined)[];
}

const compiled = new WeakMap<RegExp, Compiled>();
let place = 0;

/**
 * Gives a class in the place of `RegExp`. What it makes is for one evaluation, which may take some time.
 *
 * @param timeoutMs How long that may be.
 */
export function regExpWithin(timeoutMs: number): RegExpConstructor {
  return class {
    lastIndex = 0;
    readonly #source: RegExp;
    readonly #compiled: Compiled;
    readonly #deadline = performance.now() + timeoutMs;

    constructor(source: RegExp) {
      // With a place of its own, from which it goes on.
      this.#source = new RegExp(source);
      this.#compiled = compiledOf(source);
    }

    exec(text: string): Match | null {
      const match = this.#match(text, this.lastIndex);
      this.lastIndex = match === null ? 0 : match.index + match[0]!.length;
      return match;
    }

    #match(text: string, start: number): Match | null {
      checkTime(this.#deadline);
      const { stepsFor, program } = this.#compiled;
      const steps = stepsFor(Math.max(text.length - start, 0));
      if (steps > MAX_STEPS && program !== null) {
        return start > text.length ? null : search(text, start, this.#compiled, this.#source.multiline, this.#deadline);
      }
      if (steps > MAX_STEPS_ALONE) throw new RuleError("Cannot match the text: it could take for ever");
      this.#source.lastIndex = start;
      return this.#source.exec(text) as Match | null;
    }
  } as unknown as RegExpConstructor;
}

function checkTime(deadline: number): void {
  if (performance.now() > deadline) throw new RuleError("Cannot match the text in time");
}

function compiledOf(source: RegExp): Compiled {
  let known = compiled.get(source);
  if (known === undefined) {
    const node = parsePattern(source.source, source.unicode);
    const program = node && compile(node, source.flags, true);
    const groups = node === null ? 0 : groupsIn(node).length;
    known = { stepsFor: stepsOf(node), groups, program, seen: new Float64Array(program?.length ?? 0) };
    compiled.set(source, known);
  }
  return known;
}

/**
 * Follows all the ways at once, the best first, from each place in the text until there is a match. It is the runtime's; only what
 * a group has taken that stands in loops within loops, each as seldom as can be, may be another part of it.
 */
function search(
  text: string,
  start: number,
  { program, seen, groups }: Compiled,
  hasLines: boolean,
  deadline: number,
): Match | null {
  let ways: Way[] = [];
  let found: readonly (number | undefined)[] | null = null;
  let steps = 0;
  for (let at = start; at <= text.length; at++) {
    if (found === null) ways.push({ address: 0, notes: [at] });
    else if (ways.length === 0) break;
    place++;
    const here: Way[] = [];
    const rest = ways.reverse();
    for (let way = rest.pop(); way !== undefined; way = rest.pop()) {
      if (++steps % STEPS_PER_LOOK === 0) checkTime(deadline);
      const { address, notes } = way;
      if (seen[address] === place) continue;
      seen[address] = place;
      const instruction = program![address]!;
      const next = { address: address + 1, notes };
      switch (instruction.kind) {
        case "found":
          found = noted(notes, [1], at);
          // What is left is worse.
          rest.length = 0;
          break;
        case "char":
          here.push(way);
          break;
        case "split":
          for (const to of instruction.to.toReversed()) rest.push({ address: to, notes });
          break;
        case "assert":
          if (holds(instruction.source, text, at, hasLines)) rest.push(next);
          break;
        case "note":
          rest.push({ ...next, notes: noted(notes, [instruction.slot], at) });
          break;
        case "forget":
          rest.push({ ...next, notes: noted(notes, instruction.groups.flatMap((one) => [2 * one, 2 * one + 1])) });
      }
    }
    const char = text[at];
    ways = here.filter(({ address }) => {
      const instruction = program![address]!;
      return char !== undefined && instruction.kind === "char" && instruction.takes(char);
    }).map(({ address, notes }) => ({ address: address + 1, notes }));
  }
  return found && matchOf(text, found, groups);
}

function noted(notes: Way["notes"], slots: readonly number[], at?: number): Way["notes"] {
  const copy = [...notes];
  for (const slot of slots) copy[slot] = at;
  return copy;
}

function matchOf(text: string, notes: Way["notes"], groups: number): Match {
  const parts = Array.from({ length: groups + 1 }, (_, index) => {
    const [from, to] = [notes[2 * index], notes[2 * index + 1]];
    return from === undefined || to === undefined ? undefined : text.slice(from, to);
  });
  return Object.assign(parts, { index: notes[0]! });
}

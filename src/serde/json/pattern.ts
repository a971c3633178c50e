/** Patterns of schemas: by the runtime where that is sure to be quick, and else in linear time. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { stepsOf } from "./pattern_cost.ts";
import { type Node, parsePattern } from "./pattern_parse.ts";

/** What tests a text. Ajv asks for no more of a regular expression. */
export interface Pattern {
  test(text: string): boolean;
}

/** The runtime is trusted with as many steps, about a millisecond of them. */
const MAX_STEPS = 1_000_000;
/** And with as many where there is no other way, about a second of them. */
const MAX_STEPS_ALONE = 500_000_000;
/** A program has so many instructions at most; `a{1000}` has a thousand. */
const MAX_PROGRAM = 5000;
/** What linear time may take: instructions times characters. */
const MAX_WORK = 200_000_000;

/** One character, or a place between two, or a choice of ways to go on; the last says that all has been found. */
type Instruction =
  | { readonly kind: "char"; readonly takes: (char: string) => boolean }
  | { readonly kind: "assert"; readonly source: "^" | "$" | "\\b" | "\\B" }
  | { readonly kind: "split"; readonly to: number[] }
  | { readonly kind: "found" };

/**
 * Compiles a pattern: with Unicode, as JSON Schema says, or else without, as other languages have it.
 *
 * The runtime goes back and tries again where an expression can match in more than one way, and for `^(a+)+$` that
 * doubles with each character: a text of forty would take for ever. So only what can be no more than a million steps is
 * left to it, and some more of what it alone can match: looking around, and referring back.
 *
 * @throws {SyntaxError} if it is no regular expression.
 */
export function compilePattern(source: string): Pattern {
  const native = nativeOf(source);
  const node = parsePattern(source, native.unicode);
  const stepsFor = stepsOf(node);
  let program: Instruction[] | null | undefined;
  return {
    test(text) {
      const steps = stepsFor(text.length);
      if (steps <= MAX_STEPS) return native.test(text);
      if (program === undefined) program = node && compile(node, native.flags);
      if (program !== null && program.length * text.length <= MAX_WORK) return search(program, text, native.unicode);
      if (steps <= MAX_STEPS_ALONE) return native.test(text);
      throw new SerializationError("Cannot test the text against the schema's pattern: it could take for ever");
    },
  };
}

function nativeOf(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch {
    return new RegExp(source);
  }
}

/** The program for a node, or null if it is too long, or there is none. */
function compile(node: Node, flags: string): Instruction[] | null {
  const program: Instruction[] = [];
  const isDone = emit(node, program, flags);
  program.push({ kind: "found" });
  return isDone ? program : null;
}

/** Appends what matches a node and then goes on behind it. */
function emit(node: Node, program: Instruction[], flags: string): boolean {
  if (program.length > MAX_PROGRAM) return false;
  switch (node.kind) {
    case "char":
      program.push({ kind: "char", takes: takerOf(node.source, flags) });
      return true;
    case "assert":
      program.push(node);
      return true;
    case "sequence":
      return node.nodes.every((one) => emit(one, program, flags));
    case "choice":
      return emitChoice(node.nodes, program, flags);
    case "repeat":
      return emitRepeat(node, program, flags);
    default:
      return false;
  }
}

function emitChoice(nodes: readonly Node[], program: Instruction[], flags: string): boolean {
  const start: number[] = [];
  const ends: number[][] = [];
  program.push({ kind: "split", to: start });
  for (const node of nodes) {
    start.push(program.length);
    if (!emit(node, program, flags)) return false;
    ends.push([]);
    program.push({ kind: "split", to: ends.at(-1)! });
  }
  for (const end of ends) end.push(program.length);
  return true;
}

function emitRepeat({ node, min, max }: Node & { kind: "repeat" }, program: Instruction[], flags: string): boolean {
  for (let count = 0; count < min; count++) if (!emit(node, program, flags)) return false;
  const skips: number[][] = [];
  const optional = max === Infinity ? 1 : max - min;
  for (let count = 0; count < optional; count++) {
    const start = program.length;
    const skip = [start + 1];
    skips.push(skip);
    program.push({ kind: "split", to: skip });
    if (!emit(node, program, flags)) return false;
    if (max === Infinity) program.push({ kind: "split", to: [start] });
  }
  for (const skip of skips) skip.push(program.length);
  return true;
}

/** Asks the runtime about one character; what it said of an ASCII one is remembered. */
function takerOf(source: string, flags: string): (char: string) => boolean {
  const form = new RegExp(`^(?:${source})$`, flags);
  const known = new Map<string, boolean>();
  return (char) => {
    let takes = known.get(char);
    if (takes === undefined) {
      takes = form.test(char);
      if (char < "\x80") known.set(char, takes);
    }
    return takes;
  };
}

/** Follows all the ways at once, from each place in the text. */
function search(program: readonly Instruction[], text: string, isUnicode: boolean): boolean {
  const chars = isUnicode ? [...text] : text.split("");
  const seen = new Int32Array(program.length).fill(-1);
  let threads: number[] = [];
  for (let at = 0; at <= chars.length; at++) {
    const here: number[] = [];
    const rest = [0, ...threads.reverse()];
    for (let address = rest.pop(); address !== undefined; address = rest.pop()) {
      if (seen[address] === at) continue;
      seen[address] = at;
      const instruction = program[address]!;
      if (instruction.kind === "found") return true;
      if (instruction.kind === "char") here.push(address);
      else if (instruction.kind === "split") rest.push(...instruction.to);
      else if (holds(instruction.source, chars, at)) rest.push(address + 1);
    }
    threads = here.filter((address) => takes(program[address]!, chars[at])).map((address) => address + 1);
  }
  return false;
}

function takes(instruction: Instruction, char: string | undefined): boolean {
  return char !== undefined && instruction.kind === "char" && instruction.takes(char);
}

function holds(source: "^" | "$" | "\\b" | "\\B", chars: readonly string[], at: number): boolean {
  if (source === "^") return at === 0;
  if (source === "$") return at === chars.length;
  return (isWord(chars[at - 1]) !== isWord(chars[at])) === (source === "\\b");
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /^\w$/.test(char);
}

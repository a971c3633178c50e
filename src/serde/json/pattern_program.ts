/** Programs for regular expressions, which follow all the ways to match at once: in linear time, whatever the text. */
import type { Node } from "./pattern_parse.ts";

/** A program has so many instructions at most; `a{1000}` has a thousand. */
const MAX_PROGRAM = 5000;

/** One character, or a place between two, or a choice of ways to go on; the last says that all has been found. */
export type Instruction =
  | { readonly kind: "char"; readonly takes: (char: string) => boolean }
  | { readonly kind: "assert"; readonly source: "^" | "$" | "\\b" | "\\B" }
  /** The way that is best comes first. */
  | { readonly kind: "split"; readonly to: number[] }
  /** Where a group begins, at twice its number, or ends, at one more. */
  | { readonly kind: "note"; readonly slot: number }
  | { readonly kind: "forget"; readonly groups: readonly number[] }
  | { readonly kind: "found" };

interface Options {
  readonly flags: string;
  readonly hasGroups: boolean;
}

/**
 * Gives the program for a node; null if it is too long, or there is none.
 *
 * @param hasGroups Whether it notes where groups begin and end.
 */
export function compile(node: Node, flags: string, hasGroups: boolean): readonly Instruction[] | null {
  const program: Instruction[] = [];
  const isDone = emit(node, program, { flags: flags.replace(/[gm]/g, ""), hasGroups });
  program.push({ kind: "found" });
  return isDone ? program : null;
}

/** Appends what matches a node and then goes on behind it. */
function emit(node: Node, program: Instruction[], options: Options): boolean {
  if (program.length > MAX_PROGRAM) return false;
  switch (node.kind) {
    case "char":
      program.push({ kind: "char", takes: takerOf(node.source, options.flags) });
      return true;
    case "assert":
      program.push(node);
      return true;
    case "sequence":
      return node.nodes.every((one) => emit(one, program, options));
    case "choice":
      return emitChoice(node.nodes, program, options);
    case "repeat":
      return emitRepeat(node, program, options);
    case "group": {
      if (!options.hasGroups) return emit(node.node, program, options);
      program.push({ kind: "note", slot: 2 * node.index });
      if (!emit(node.node, program, options)) return false;
      program.push({ kind: "note", slot: 2 * node.index + 1 });
      return true;
    }
    default:
      return false;
  }
}

function emitChoice(nodes: readonly Node[], program: Instruction[], options: Options): boolean {
  const start: number[] = [];
  const ends: number[][] = [];
  program.push({ kind: "split", to: start });
  for (const node of nodes) {
    start.push(program.length);
    if (!emit(node, program, options)) return false;
    ends.push([]);
    program.push({ kind: "split", to: ends.at(-1)! });
  }
  for (const end of ends) end.push(program.length);
  return true;
}

function emitRepeat(repeat: Node & { kind: "repeat" }, program: Instruction[], options: Options): boolean {
  const { node, min, max, isLazy } = repeat;
  const groups = options.hasGroups ? groupsIn(node) : [];
  // What groups have taken is forgotten where they are tried once more.
  const again = () => {
    if (groups.length > 0) program.push({ kind: "forget", groups });
    return emit(node, program, options);
  };
  for (let count = 0; count < min; count++) if (!again()) return false;
  const skips: number[][] = [];
  const optional = max === Infinity ? 1 : max - min;
  for (let count = 0; count < optional; count++) {
    const start = program.length;
    const skip = [start + 1];
    skips.push(skip);
    program.push({ kind: "split", to: skip });
    if (!again()) return false;
    if (max === Infinity) program.push({ kind: "split", to: [start] });
  }
  for (const skip of skips) {
    if (isLazy) skip.unshift(program.length);
    else skip.push(program.length);
  }
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

/** The numbers of the groups in a node. */
export function groupsIn(node: Node): number[] {
  switch (node.kind) {
    case "group":
      return [node.index, ...groupsIn(node.node)];
    case "look":
    case "repeat":
      return groupsIn(node.node);
    case "sequence":
    case "choice":
      return node.nodes.flatMap(groupsIn);
    default:
      return [];
  }
}

/** Whether what must be between two characters is. */
export function holds(
  source: "^" | "$" | "\\b" | "\\B",
  chars: ArrayLike<string>,
  at: number,
  hasLines = false,
): boolean {
  if (source === "^") return at === 0 || hasLines && isLineEnd(chars[at - 1]!);
  if (source === "$") return at === chars.length || hasLines && isLineEnd(chars[at]!);
  return (isWord(chars[at - 1]) !== isWord(chars[at])) === (source === "\\b");
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /^\w$/.test(char);
}

function isLineEnd(char: string): boolean {
  return /^[\n\r\u2028\u2029]$/.test(char);
}

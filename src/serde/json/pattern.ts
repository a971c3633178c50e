/** Patterns of schemas: by the runtime where that is sure to be quick, and else in linear time. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { stepsOf } from "./pattern_cost.ts";
import { parsePattern } from "./pattern_parse.ts";
import { compile, holds, type Instruction } from "./pattern_program.ts";

/** What tests a text. Ajv asks for no more of a regular expression. */
export interface Pattern {
  test(text: string): boolean;
}

/** The runtime is trusted with as many steps, about a millisecond of them. */
const MAX_STEPS = 1_000_000;
/** And with as many where there is no other way, about a second of them. */
const MAX_STEPS_ALONE = 500_000_000;
/** What linear time may take: instructions times characters. */
const MAX_WORK = 200_000_000;

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
  let program: readonly Instruction[] | null | undefined;
  return {
    test(text) {
      const steps = stepsFor(text.length);
      if (steps <= MAX_STEPS) return native.test(text);
      if (program === undefined) program = node && compile(node, native.flags, false);
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
      else if (instruction.kind !== "assert" || holds(instruction.source, chars, at)) rest.push(address + 1);
    }
    threads = here.filter((address) => takes(program[address]!, chars[at])).map((address) => address + 1);
  }
  return false;
}

function takes(instruction: Instruction, char: string | undefined): boolean {
  return char !== undefined && instruction.kind === "char" && instruction.takes(char);
}

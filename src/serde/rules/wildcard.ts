/** Wildcards in the paths by which a schema's metadata tags fields: `*`, `**`, `?` and `[abc]`. */

/** One step of a pattern: which characters it takes, and whether it takes any number of them. */
interface Step {
  readonly takes: (char: string) => boolean;
  readonly isRepeated: boolean;
}

const anything = (): boolean => true;
const inName = (char: string): boolean => char !== ".";

/**
 * Compiles a pattern for paths whose names have dots between.
 *
 * `*` is any part of one name, `**` any part of a path, `?` one character of a name, `[a-z]` one character of a set and
 * `[^a-z]` one that is not in it; a backslash takes the character behind it as it is. `**.*` is the same as `**`.
 *
 * The time it takes to match grows with the product of the lengths and no faster, whatever the pattern.
 *
 * Source: `wildcard_matcher.py` in confluent-kafka-python.
 */
export function wildcard(pattern: string): (text: string) => boolean {
  const steps = stepsOf(pattern);
  return (text) => matches(steps, [...text]);
}

function stepsOf(pattern: string): Step[] {
  const chars = [...pattern.replaceAll("**.*", "**")];
  const steps: Step[] = [];
  for (let index = 0; index < chars.length; index++) {
    const char = chars[index];
    if (char === "*") {
      const isDouble = chars[index + 1] === "*";
      if (isDouble) index++;
      steps.push({ takes: isDouble ? anything : inName, isRepeated: true });
    } else if (char === "?") {
      steps.push({ takes: inName, isRepeated: false });
    } else if (char === "[" && chars.indexOf("]", index + 2) > 0) {
      const end = chars.indexOf("]", index + 2);
      steps.push({ takes: setOf(chars.slice(index + 1, end)), isRepeated: false });
      index = end;
    } else {
      const wanted = char === "\\" && index + 1 < chars.length ? chars[++index] : char;
      steps.push({ takes: (one) => one === wanted, isRepeated: false });
    }
  }
  return steps;
}

function setOf(members: string[]): (char: string) => boolean {
  const isNegated = members[0] === "^" || members[0] === "!";
  const ranges: [from: string, to: string][] = [];
  for (let index = isNegated ? 1 : 0; index < members.length; index++) {
    const from = members[index]!;
    const isRange = members[index + 1] === "-" && index + 2 < members.length;
    ranges.push([from, isRange ? members[index + 2]! : from]);
    if (isRange) index += 2;
  }
  return (char) => ranges.some(([from, to]) => from <= char && char <= to) !== isNegated;
}

/** Follows all the ways at once: after each character, the places in the pattern where a match may stand. */
function matches(steps: readonly Step[], text: readonly string[]): boolean {
  let places = reached(steps, [0]);
  for (const char of text) {
    const next: number[] = [];
    for (const place of places) {
      const step = steps[place];
      if (step?.takes(char)) next.push(step.isRepeated ? place : place + 1);
    }
    if (next.length === 0) return false;
    places = reached(steps, next);
  }
  return places.has(steps.length);
}

/** The places, and those behind the repeated steps that may take nothing. */
function reached(steps: readonly Step[], places: readonly number[]): Set<number> {
  const all = new Set<number>();
  for (let place of places) {
    while (!all.has(place)) {
      all.add(place);
      if (steps[place]?.isRepeated) place++;
    }
  }
  return all;
}

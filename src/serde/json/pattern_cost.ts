/** What a regular expression may cost in an engine that goes back and tries again. */
import type { Node } from "./pattern_parse.ts";

/** So many choices, times the size, times the text's length for each loop that follows another. */
interface Cost {
  readonly choices: number;
  readonly loops: number;
  /** Its characters, with those that are repeated as often as they have to be. */
  readonly size: number;
}

/** As if there were a loop in a loop: there may be two ways for each character. */
const unknown: Cost = { choices: 1, loops: Infinity, size: 1 };
const one: Cost = { choices: 1, loops: 0, size: 1 };

/** How many steps it may take at most to test a text of some length, from each place in it. Null: nothing is known. */
export function stepsOf(node: Node | null): (length: number) => number {
  const { choices, loops, size } = node === null ? unknown : costOf(node);
  const isFromStart = node !== null && isAnchored(node);
  return (length) => {
    const starts = isFromStart ? 1 : Math.max(length, 1);
    return choices * size * starts * (loops === Infinity ? 2 ** length : length ** loops);
  };
}

function costOf(node: Node): Cost {
  switch (node.kind) {
    case "char":
    case "assert":
      return one;
    case "back":
      return { ...one, loops: 1 };
    case "look":
    case "group":
      return costOf(node.node);
    case "sequence":
      return costOfSequence(node.nodes);
    case "choice":
      return node.nodes.map(costOf).reduce((all, cost) => ({
        choices: all.choices + cost.choices,
        loops: Math.max(all.loops, cost.loops),
        size: all.size + cost.size,
      }));
    case "repeat":
      return costOfRepeat(node);
  }
}

function costOfSequence(nodes: readonly Node[]): Cost {
  let [choices, loops, size, most] = [1, 0, 0, 0];
  for (const node of nodes) {
    const cost = costOf(node);
    size += cost.size;
    choices *= cost.choices;
    most = Math.max(most, loops + cost.loops);
    // What has looked around has an answer, and is not tried in another way.
    if (node.kind !== "look") loops += cost.loops;
  }
  return { choices, loops: most, size };
}

function costOfRepeat({ node, min, max }: Node & { kind: "repeat" }): Cost {
  const { choices, loops, size } = costOf(node);
  if (max <= 1) return { choices: choices + 1, loops, size };
  if (!isFixed(node)) return unknown;
  return { choices: 1, loops: min === max ? 0 : 1, size: size * Math.max(min, 1) };
}

/** Whether there is one way to match only. */
function isFixed(node: Node): boolean {
  if (node.kind === "char" || node.kind === "assert") return true;
  if (node.kind === "sequence") return node.nodes.every(isFixed);
  if (node.kind === "group") return isFixed(node.node);
  return node.kind === "repeat" && node.min === node.max && isFixed(node.node);
}

/** Whether it can match at the text's beginning only. */
function isAnchored(node: Node): boolean {
  if (node.kind === "assert") return node.source === "^";
  if (node.kind === "sequence") return node.nodes.length > 0 && isAnchored(node.nodes[0]!);
  if (node.kind === "group") return isAnchored(node.node);
  return node.kind === "choice" && node.nodes.every(isAnchored);
}

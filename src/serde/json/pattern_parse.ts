/** Reads regular expressions: what is one character, and what is done with such parts. */

/** A part of an expression. */
export type Node =
  /** One character, as the source of an expression for it alone. */
  | { readonly kind: "char"; readonly source: string }
  /** What must be so between two characters. */
  | { readonly kind: "assert"; readonly source: "^" | "$" | "\\b" | "\\B" }
  | { readonly kind: "sequence"; readonly nodes: readonly Node[] }
  | { readonly kind: "choice"; readonly nodes: readonly Node[] }
  /** Again and again: as often as can be, or as seldom. */
  | {
    readonly kind: "repeat";
    readonly node: Node;
    readonly min: number;
    readonly max: number;
    readonly isLazy: boolean;
  }
  /** What is told of a match beside all of it; the first is 1. */
  | { readonly kind: "group"; readonly node: Node; readonly index: number }
  /** What must follow, or stand before, and is not taken. */
  | { readonly kind: "look"; readonly node: Node }
  /** What a group has taken, once more. */
  | { readonly kind: "back" };

const MAX_NESTING = 200;

const group = /\((?:\?:|\?<[^=!>][^>]*>|(?!\?))/y;
const look = /\(\?<?[=!]/y;
const assertion = /\^|\$|\\[bB]/y;
const back = /\\(?:[1-9]\d*|k<[^>]*>)/y;
const quantifier = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y;
const charClass = /\[(?:\\[^]|[^\]\\])*\]/y;
const escape =
  /\\(?:[pP]\{[^}]*\}|u\{[\da-fA-F]+\}|u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[^])/y;
const literal = /[^()|]/y;
const literalInUnicode = /[^()|]/uy;

/**
 * Reads an expression of which the runtime has said that it is one.
 *
 * @returns null if it is nested too deep, or has something that is not known here.
 */
export function parsePattern(source: string, isUnicode: boolean): Node | null {
  return new Reader(source, isUnicode).choice(0);
}

class Reader {
  readonly #source: string;
  readonly #isUnicode: boolean;
  #at = 0;
  #groups = 0;

  constructor(source: string, isUnicode: boolean) {
    this.#source = source;
    this.#isUnicode = isUnicode;
  }

  choice(depth: number): Node | null {
    if (depth > MAX_NESTING) return null;
    const nodes: Node[] = [];
    do {
      const node = this.#sequence(depth);
      if (node === null) return null;
      nodes.push(node);
    } while (this.#take(/\|/y));
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #sequence(depth: number): Node | null {
    const nodes: Node[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at]!)) {
      const atom = this.#atom(depth);
      if (atom === null) return null;
      nodes.push(this.#repeated(atom));
    }
    return { kind: "sequence", nodes };
  }

  #atom(depth: number): Node | null {
    const isLook = this.#take(look) !== null;
    const opening = isLook ? null : this.#take(group);
    if (isLook || opening) {
      const index = opening === null || opening[0] === "(?:" ? null : ++this.#groups;
      const node = this.choice(depth + 1);
      if (node === null || !this.#take(/\)/y)) return null;
      if (isLook) return { kind: "look", node };
      return index === null ? node : { kind: "group", node, index };
    }
    const between = this.#take(assertion);
    if (between) return { kind: "assert", source: between[0] as "^" };
    if (this.#take(back)) return { kind: "back" };
    const one = this.#take(charClass) ?? this.#take(escape) ?? this.#take(this.#isUnicode ? literalInUnicode : literal);
    return one && { kind: "char", source: one[0] };
  }

  #repeated(node: Node): Node {
    const match = this.#take(quantifier);
    if (!match) return node;
    const [all, sign, min, comma, max] = match;
    const isLazy = all.length > 1 && all.endsWith("?");
    if (sign) return { kind: "repeat", node, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Infinity, isLazy };
    return { kind: "repeat", node, min: Number(min), max: max ? Number(max) : comma ? Infinity : Number(min), isLazy };
  }

  #take(form: RegExp): RegExpExecArray | null {
    form.lastIndex = this.#at;
    const match = form.exec(this.#source);
    if (match) this.#at = form.lastIndex;
    return match;
  }
}

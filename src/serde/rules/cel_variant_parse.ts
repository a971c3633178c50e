/** Parses JSON for variants: integers keep their digits, and are not doubles. */
import { failed } from "./cel_decimal.ts";

/** A value of JSON; an object is a map. */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | ReadonlyMap<string, Json>;

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get isInteger(): boolean {
    return /^-?\d+$/.test(this.text);
  }

  get double(): number {
    return Number(this.text);
  }
}

const MAX_DEPTH = 500;
const MAX_LENGTH = 16 * 1024 * 1024;
const numberForm = /-?(?:Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|NaN/y;

/**
 * Parses JSON, with `NaN` and `Infinity` for numbers, as Python does. Of a key that is there twice the last counts.
 *
 * @throws {RuleError} if it is none, or too long or deep.
 */
export function parseJson(text: string): Json {
  if (text.length > MAX_LENGTH) throw failed("variants.parseJson", "the text is too long");
  const parser = new Parser(text);
  const value = parser.value(1);
  if (!parser.isAtEnd) throw noJson();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) throw failed("variants.parseJson", "the text is nested too deep");
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): Json {
    const members = new Map<string, Json>();
    this.#at++;
    if (this.#takes("}")) return members;
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw noJson();
      const key = this.#string();
      this.#expect(":");
      members.set(key, this.value(depth + 1));
    } while (this.#takes(","));
    this.#expect("}");
    return members;
  }

  #array(depth: number): Json {
    const items: Json[] = [];
    this.#at++;
    if (this.#takes("]")) return items;
    do items.push(this.value(depth + 1)); while (this.#takes(","));
    this.#expect("]");
    return items;
  }

  #string(): string {
    const start = this.#at;
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#at >= this.#text.length) throw noJson();
      if (this.#text[this.#at] === "\\") this.#at++;
    }
    const quoted = this.#text.slice(start, ++this.#at);
    let string: string;
    try {
      string = JSON.parse(quoted) as string;
    } catch {
      throw noJson();
    }
    // Half of a pair has no UTF-8.
    if (/\p{Surrogate}/u.test(string)) throw noJson();
    return string;
  }

  #number(): JsonNumber {
    numberForm.lastIndex = this.#at;
    const [text] = numberForm.exec(this.#text) ?? [];
    if (text === undefined) throw noJson();
    this.#at += text.length;
    return new JsonNumber(text);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw noJson();
    this.#at += word.length;
    return value;
  }

  #takes(mark: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#takes(mark)) throw noJson();
  }

  #skipSpace(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }
}

function noJson(): Error {
  return failed("variants.parseJson", "the text is no JSON");
}

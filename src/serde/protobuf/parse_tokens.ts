/** The words of a `.proto` text, one at a time. */
import type { SerializationError } from "../../kafka/serialization_error.ts";
import { schemaError } from "./_error.ts";

/** What a word is. */
export type TokenKind = "name" | "integer" | "float" | "string" | "symbol" | "end";

/** A word, and where it begins. */
export interface Token {
  readonly kind: TokenKind;
  /** As it is written; a string with its quotes. */
  readonly text: string;
  readonly at: number;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9A-Fa-f]+|(?:[0-9]+\.[0-9]*|\.?[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const INTEGER = /^(?:0[xX][0-9A-Fa-f]+|0[0-7]*|[1-9][0-9]*)$/;
/** Every type that is looked for is looked for in each part of a package's name. */
const MAX_PARTS = 100;
const SYMBOLS = "{}[]()<>=;,.:/-+";

/** Reads words from the front, with a look at the next one. */
export class Tokens {
  readonly #text: string;
  readonly #fileName: string;
  #at: number;
  #next: Token;

  /** @param fileName The file's name, for errors. */
  constructor(text: string, fileName: string) {
    this.#text = text;
    this.#fileName = fileName;
    this.#at = text.startsWith("\ufeff") ? 1 : 0;
    this.#next = this.#read();
  }

  /** The next word, which stays the next. */
  get next(): Token {
    return this.#next;
  }

  /** Takes the next word. */
  take(): Token {
    const token = this.#next;
    this.#next = this.#read();
    return token;
  }

  /** Whether the next word is this one; a string never is. */
  isNext(text: string): boolean {
    return this.#next.text === text;
  }

  /** Takes the next word if it is this one. */
  takeIf(text: string): boolean {
    if (!this.isNext(text)) return false;
    this.take();
    return true;
  }

  /** Takes this word, which must come next. */
  expect(text: string): Token {
    if (!this.isNext(text)) throw this.unexpected(`"${text}"`);
    return this.take();
  }

  /** Takes a name. */
  name(what: string): string {
    if (this.#next.kind !== "name") throw this.unexpected(what);
    return this.take().text;
  }

  /** Takes names with dots between, which may begin with a dot. */
  dottedName(what: string): string {
    const { at } = this.#next;
    const parts = this.takeIf(".") ? [""] : [];
    do parts.push(this.name(what)); while (this.takeIf("."));
    if (parts.length > MAX_PARTS) throw this.error(at, `the name has more than ${MAX_PARTS} parts`);
    return parts.join(".");
  }

  /** Takes a string, or several in a row that are one, and gives its bytes. */
  bytes(what: string): Uint8Array {
    if (this.#next.kind !== "string") throw this.unexpected(what);
    const parts: number[] = [];
    while (this.#next.kind === "string") {
      const token = this.take();
      if (!unescape(token.text.slice(1, -1), parts)) throw this.error(token.at, "the string has a wrong escape");
    }
    return Uint8Array.from(parts);
  }

  /** Takes a string that is text. */
  string(what: string): string {
    return new TextDecoder().decode(this.bytes(what));
  }

  /** Takes a whole number within limits. */
  integer(what: string, min: number, max: number): number {
    const { at } = this.#next;
    const isNegative = min < 0 && this.takeIf("-");
    if (this.#next.kind !== "integer") throw this.unexpected(what);
    const value = Number(integerOf(this.take().text)) * (isNegative ? -1 : 1);
    if (value < min || value > max) throw this.error(at, `${what} must be from ${min} to ${max}`);
    return value === 0 ? 0 : value;
  }

  /** Something else was expected than the next word. */
  unexpected(wanted: string): SerializationError {
    const { kind, text, at } = this.#next;
    const found = kind === "end" ? "the end of the text" : JSON.stringify(text.slice(0, 40));
    return this.error(at, `expected ${wanted}, found ${found}`);
  }

  /** An error about what begins at a place. */
  error(at: number, reason: string, cause?: unknown): SerializationError {
    const before = this.#text.slice(0, at).split("\n");
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    return schemaError(`Cannot parse "${this.#fileName}" at ${place}: ${reason}`, cause);
  }

  #read(): Token {
    this.#skipSpace();
    const at = this.#at;
    const char = this.#text[at];
    if (char === undefined) return { kind: "end", text: "", at };
    if (char === '"' || char === "'") return this.#token("string", this.#string(char));
    const name = this.#match(NAME);
    if (name !== null) return this.#token("name", name);
    const number = this.#match(NUMBER);
    if (number !== null) {
      if (/[A-Za-z0-9_.]/.test(this.#text[at + number.length] ?? "")) throw this.error(at, "the number is malformed");
      return this.#token(INTEGER.test(number) ? "integer" : "float", number);
    }
    if (!SYMBOLS.includes(char)) throw this.error(at, `${JSON.stringify(char)} cannot stand here`);
    return this.#token("symbol", char);
  }

  #token(kind: TokenKind, text: string): Token {
    const at = this.#at;
    this.#at += text.length;
    return { kind, text, at };
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? null;
  }

  #string(quote: string): string {
    const start = this.#at;
    for (let at = start + 1; at < this.#text.length; at++) {
      const char = this.#text[at];
      if (char === quote) return this.#text.slice(start, at + 1);
      if (char === "\n") break;
      if (char === "\\") at++;
    }
    throw this.error(start, "the string does not end on its line");
  }

  #skipSpace(): void {
    for (;;) {
      while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
      const isLine = this.#text.startsWith("//", this.#at);
      if (!isLine && !this.#text.startsWith("/*", this.#at)) return;
      const end = this.#text.indexOf(isLine ? "\n" : "*/", this.#at + 2);
      if (end < 0 && !isLine) throw this.error(this.#at, "the comment does not end");
      this.#at = end < 0 ? this.#text.length : end + (isLine ? 1 : 2);
    }
  }
}

/** The value of a whole number as it is written: decimal, octal after a 0, hexadecimal after 0x. */
export function integerOf(text: string): bigint {
  return BigInt(/^0[0-7]+$/.test(text) ? `0o${text}` : text);
}

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  "\\": 92,
  "'": 39,
  '"': 34,
  "?": 63,
};
const ESCAPE = /\\(?:([abtnvfr\\'"?])|([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y;

/** Appends the bytes that the inside of a string stands for; false if an escape is none. */
function unescape(text: string, bytes: number[]): boolean {
  const utf8 = (part: string): void => {
    for (const byte of new TextEncoder().encode(part)) bytes.push(byte);
  };
  let at = 0;
  for (;;) {
    const next = text.indexOf("\\", at);
    utf8(text.slice(at, next < 0 ? undefined : next));
    if (next < 0) return true;
    ESCAPE.lastIndex = next;
    const match = ESCAPE.exec(text);
    if (match === null) return false;
    const [all, simple, octal, hex, short, long] = match;
    const codePoint = short ?? long;
    if (simple !== undefined) bytes.push(ESCAPES[simple]!);
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (Number.parseInt(codePoint!, 16) > 0x10ffff) return false;
    else utf8(String.fromCodePoint(Number.parseInt(codePoint!, 16)));
    at = next + all.length;
  }
}

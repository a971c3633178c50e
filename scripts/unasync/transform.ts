/** Turns the text of a file that waits with promises into that of its twin that blocks. */
import { scan } from "../checks/scan.ts";
import { codeWords, commentWords, sharedEntries } from "./table.ts";

/** What a text is turned into, and by what it depends on the other files. */
export interface TransformOptions {
  /** Where the twin imports what the file imports by this specifier. */
  readonly specifier: (specifier: string) => string;
  /** The tests and declarations of the file that its twin has not. */
  readonly leftOut?: readonly string[];
}

/** Around the number of a comment, string or regular expression while the code around it is changed. */
const [open, close] = ["\ue000", "\ue001"];

/**
 * Gives the twin's text, before it is formatted.
 *
 * @throws {Error} if there is no rule for something in it.
 */
export function unasync(source: string, { specifier, leftOut = [] }: TransformOptions): string {
  const pieces: string[] = [];
  let code = "";
  for (const { kind, text } of scan(leftOut.reduce((rest, name) => without(rest, name), source))) {
    if (kind === "code") {
      code += text;
      continue;
    }
    const isPath = kind === "string" && /\b(?:from|import|import\s*\(|new URL\()\s*$/.test(code);
    code += `${open}${pieces.length}${close}`;
    pieces.push(isPath ? `"${specifier(text.slice(1, -1))}"` : kind === "comment" ? unasyncComment(text) : text);
  }
  const twin = unasyncCode(code);
  const left = /\b(async|await|Promise)\b.*/.exec(twin);
  if (left !== null) throw new Error(`there is no rule for "${left[0]}"`);
  const text = twin.replaceAll(new RegExp(`${open}(\\d+)${close}`, "g"), (_, index: string) => pieces[Number(index)]!);
  return withoutUnused(text);
}

function unasyncCode(code: string): string {
  let text = code;
  text = replaceCalls(text, /\breturn Promise\.reject\(/, (value) => `throw ${value}`);
  text = replaceCalls(text, /=> Promise\.reject\(/, (value) => `=> { throw ${value}; }`);
  text = replaceCalls(text, /\bPromise\.resolve\(/, (value) => {
    if (value === "") return "undefined";
    return value.startsWith("{") ? `(${value})` : value;
  });
  text = unwrapTypes(text);
  text = text.replaceAll(/\bfor await \(/g, "for (");
  // A test's word that there is a promise.
  text = text.replaceAll(/^ *assertInstanceOf\(\w+, Promise\);\n/gm, "");
  text = unwrapAwaits(text).replaceAll(/\bawait\s+/g, "").replaceAll(/\basync\s+/g, "");
  for (const [word, twin] of Object.entries(codeWords)) text = text.replaceAll(new RegExp(`\\b${word}\\b`, "g"), twin);
  return text;
}

/** `Promise<T>` becomes `T`, and so does `T | Promise<T>`. */
function unwrapTypes(code: string): string {
  let text = code;
  for (let match; (match = /\bPromise(?:Like)?</.exec(text)) !== null;) {
    const end = closingOf(text, match.index + match[0].length - 1);
    const inner = text.slice(match.index + match[0].length, end).trim().replace(/,$/, "");
    let before = text.slice(0, match.index);
    const union = before.replace(/\s*\|\s*$/, "");
    if (union !== before && union.endsWith(inner)) before = union.slice(0, -inner.length);
    text = before + inner + text.slice(end + 1);
  }
  return text;
}

/** `(await x()).y` becomes `x().y`, for what needs no parentheses. */
function unwrapAwaits(code: string): string {
  let text = code;
  const start = /(?<![\w$)\]>!]|\b(?:if|while|switch|for|catch) )\(await /g;
  for (let match; (match = start.exec(text)) !== null;) {
    const end = closingOf(text, match.index);
    const inner = text.slice(match.index + match[0].length, end);
    if (/\s/.test(withoutBrackets(inner))) continue;
    text = text.slice(0, match.index) + inner + text.slice(end + 1);
    start.lastIndex = match.index;
  }
  return text;
}

function withoutBrackets(text: string): string {
  let depth = 0;
  return [...text].filter((char) => {
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char)) depth--;
    return depth === 0;
  }).join("");
}

/** Replaces what a pattern that ends with a parenthesis calls, together with its arguments. */
function replaceCalls(code: string, pattern: RegExp, replace: (args: string) => string): string {
  let text = code;
  for (let match; (match = pattern.exec(text)) !== null;) {
    const end = closingOf(text, match.index + match[0].length - 1);
    const args = text.slice(match.index + match[0].length, end).trim().replace(/,$/, "");
    text = text.slice(0, match.index) + replace(args) + text.slice(end + 1);
  }
  return text;
}

/** Where the bracket at a place is closed. */
function closingOf(text: string, from: number): number {
  const isType = text[from] === "<";
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if ("([{".includes(char) || (isType && char === "<")) depth++;
    if (")]}".includes(char) || (isType && char === ">" && text[at - 1] !== "=")) depth--;
    if (depth === 0) return at;
  }
  throw new Error(`Cannot find the end of what begins with "${text.slice(from, from + 40)}"`);
}

function unasyncComment(comment: string): string {
  if (/deno-lint-ignore require-await/.test(comment)) return "";
  const text = comment.split("```").map((part, index) => index % 2 === 0 ? part : unasyncExample(part)).join("```");
  return commentWords.reduce((rest, [word, twin]) => rest.replaceAll(commentPattern(word), twin), text);
}

/** Words of a comment, wherever its lines break. */
export function commentPattern(words: string): RegExp {
  return new RegExp(words.split(" ").map(escaped).join("\\s+(?:\\* )?"), "g");
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** An example within a comment: it has no strings that look like code. */
function unasyncExample(example: string): string {
  return unasyncCode(example).replaceAll(
    /"@kafka-ffi\/kafka(\/[^"]*)?"/g,
    (text, entry = "") => sharedEntries.includes(entry as string) ? text : `${text.slice(0, -1)}/sync"`,
  );
}

/** Takes a test or a declaration out of a text, with the comment on it: up to the next line that begins something. */
function without(source: string, name: string): string {
  const known = escaped(name);
  const comment = "(?:/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?";
  const start = `(?:test\\((["\`'])${known}\\1,|(?:async )?(?:function|const|interface|class) ${known}\\b)`;
  const rest = source.replace(new RegExp(`^${comment}${start}[^]*?\\n(?=\\n*(?:[^\\s})\\]]|(?![^])))`, "m"), "");
  if (rest === source) throw new Error(`there is no "${name}" to leave out`);
  return rest;
}

/** Each name is imported once, and only if it is used: a twin may need fewer. */
function withoutUnused(source: string): string {
  return source.replaceAll(
    /^import (type )?\{([^}]*)\} from ("[^"]*");\n/gm,
    (_, type: string | undefined, names, from) => {
      const rest = source.replaceAll(/^import [^;]*;\n/gm, "");
      const used = [...new Set((names as string).split(",").map((name) => name.trim()))].filter((name) => {
        const local = name.split(" ").at(-1)!;
        return local !== "" && new RegExp(`(?<![\\w$])${local.replaceAll("$", "\\$")}(?![\\w$])`).test(rest);
      });
      return used.length === 0 ? "" : `import ${type ?? ""}{ ${used.join(", ")} } from ${from as string};\n`;
    },
  );
}

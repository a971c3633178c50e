/** Topic patterns: a JavaScript RegExp in the form that librdkafka, and a broker, understand. */

/** Every character that a topic name can have. */
const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"];

function refuse(pattern: RegExp, reason: string): never {
  throw new TypeError(`Cannot subscribe to ${String(pattern)}: ${reason}`);
}

/**
 * The pattern as librdkafka takes it: an extended regular expression that starts with `^`.
 *
 * A RegExp that is not anchored matches anywhere in the name, as it does in JavaScript. What the other side does not know
 * (look-around, lazy repetition, back references, flags) is refused rather than matched differently.
 *
 * librdkafka searches for the expression, while a broker matches it with the whole name: the result means the same to both.
 *
 * @throws {TypeError} naming what cannot be carried over.
 */
export function topicPattern(pattern: RegExp): string {
  if (pattern.flags.replace("u", "") !== "") refuse(pattern, `its flags "${pattern.flags}" have no counterpart`);
  const { source } = pattern;
  let result = "";
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    const next = source[i + 1] ?? "";
    if (char === "[") {
      const end = classEnd(source, i);
      result += characterClass(pattern, source.slice(i, end));
      i = end - 1;
    } else if (char === "\\") {
      i++;
      if (/[dDwWsS]/.test(next)) result += characterClass(pattern, `\\${next}`);
      else if (/[A-Za-z0-9]/.test(next)) refuse(pattern, `"\\${next}" has no counterpart`);
      else result += /[.^$*+?()[\]{}|\\]/.test(next) ? `\\${next}` : next;
    } else if (char === "(" && next === "?") {
      if (source[i + 2] !== ":") refuse(pattern, "groups with (? have no counterpart");
      result += "(";
      i += 2;
    } else {
      if ("*+?}".includes(char) && next === "?") refuse(pattern, "lazy repetition has no counterpart");
      if (char === "{" && !/^\{\d+(,\d*)?\}/.test(source.slice(i))) refuse(pattern, 'a bare "{" has no counterpart');
      result += char;
    }
  }
  return `^.*(${result}).*$`;
}

/** Where a class that begins at `start` has ended. */
function classEnd(source: string, start: number): number {
  let end = start + 1;
  while (source[end] !== "]") end += source[end] === "\\" ? 2 : 1;
  return end + 1;
}

/**
 * A class with the same characters, as far as topic names can have them. Escapes and the places where `^` and `-` are themselves
 * differ between the dialects, so the characters are tried one by one.
 */
function characterClass(pattern: RegExp, source: string): string {
  const one = new RegExp(`^${source}$`, pattern.flags);
  const has = alphabet.map((char) => one.test(char));
  let members = "";
  for (let i = 0; i < alphabet.length; i++) {
    if (!has[i]) continue;
    const start = i;
    while (has[i + 1] && alphabet[i + 1]!.charCodeAt(0) === alphabet[i]!.charCodeAt(0) + 1) i++;
    members += i - start < 2 ? alphabet.slice(start, i + 1).join("") : `${alphabet[start]!}-${alphabet[i]!}`;
  }
  if (members === "") refuse(pattern, `no topic name has a character of ${source}`);
  return `[${members}]`;
}

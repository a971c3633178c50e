/** Cuts TypeScript into code, comments, strings and regular expressions, as far as the checks need it. */

/** A piece of a source text. */
export interface Piece {
  kind: "code" | "comment" | "string" | "template" | "regex";
  text: string;
}

const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const string = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/y;
const regex = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** After one of these a slash opens a regular expression, elsewhere it divides. */
const beforeRegex = /(?:^|[(,=:[!&|?{};+\-*%<>~]|\b(?:return|typeof|case|in|of|throw|await|yield))\s*$/;

/** The pieces of `source`, in order; joined again they are `source`. */
export function scan(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let codeFrom = 0;
  // Each open "${" of a template: how many braces were opened inside it.
  const templates: number[] = [];

  const take = (kind: Piece["kind"], end: number) => {
    if (codeFrom < at) pieces.push({ kind: "code", text: source.slice(codeFrom, at) });
    pieces.push({ kind, text: source.slice(at, end) });
    at = codeFrom = end;
  };
  const match = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.test(source) ? pattern.lastIndex : -1;
  };

  while (at < source.length) {
    const char = source[at];
    if (char === "`" || (char === "}" && templates.at(-1) === 0)) {
      if (char === "}") templates.pop();
      const end = templateEnd(source, at + 1);
      if (source[end - 1] === "{") templates.push(0);
      take("template", end);
      continue;
    }
    const depth = templates.length - 1;
    if (depth >= 0 && char === "{") templates[depth] = (templates[depth] ?? 0) + 1;
    if (depth >= 0 && char === "}") templates[depth] = (templates[depth] ?? 0) - 1;
    let end = -1;
    if (char === "/" && (end = match(comment)) > 0) take("comment", end);
    else if ((char === '"' || char === "'") && (end = match(string)) > 0) take("string", end);
    else if (char === "/" && beforeRegex.test(source.slice(Math.max(0, at - 40), at)) && (end = match(regex)) > 0) {
      take("regex", end);
    } else at++;
  }
  if (codeFrom < at) pieces.push({ kind: "code", text: source.slice(codeFrom) });
  return pieces;
}

/** Where a stretch of template text ends: behind its closing backtick, or behind the "${" that interrupts it. */
function templateEnd(source: string, from: number): number {
  for (let at = from; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "`") return at + 1;
    else if (source[at] === "$" && source[at + 1] === "{") return at + 2;
  }
  return source.length;
}

/** Reads the project's files for the checks: which there are, and what a TypeScript file says outside its comments. */
import { readFileSync } from "node:fs";
import { must, root } from "./process.ts";
import { scan } from "./scan.ts";

/** All files that git tracks or would track, relative to the project's folder. */
export async function projectFiles(): Promise<string[]> {
  const listed = await must("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
  const deleted = new Set((await must("git", ["ls-files", "-z", "--deleted"])).split("\0"));
  return listed.split("\0").filter((file) => file !== "" && !deleted.has(file)).sort();
}

/** A file's text. */
export function read(file: string): string {
  return readFileSync(root + file, "utf8");
}

/** One import or re-export. */
export interface Import {
  line: number;
  specifier: string;
}

/** What a file imports, statically or by a literal `import()`. */
export function importsOf(text: string): Import[] {
  const imports: Import[] = [];
  let before = "";
  for (const { kind, text: piece } of scan(text)) {
    const isSpecifier = kind === "string" && /\b(?:from|import|import\s*\()\s*$/.test(before.slice(-200));
    if (isSpecifier) imports.push({ line: lineAt(before, before.length), specifier: piece.slice(1, -1) });
    before += kind === "comment" ? piece.replace(/[^\n]/g, " ") : piece;
  }
  return imports;
}

/** The line number of a position, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** The text with everything made blank that is not code: comments, strings, regular expressions. Lines and columns stay. */
export function codeOf(text: string): string {
  return scan(text).map(({ kind, text }) => kind === "code" ? text : text.replace(/[^\n]/g, " ")).join("");
}

/** Prints what was found wrong, and returns the exit code. */
export function conclude(what: string, problems: readonly string[]): number {
  for (const problem of problems) console.error(problem);
  console.log(`${what}: ${problems.length === 0 ? "ok" : `${problems.length} problems`}`);
  return problems.length === 0 ? 0 : 1;
}

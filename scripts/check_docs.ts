/**
 * Checks the documentation: every public name and member has a doc comment, every class and function an example (errors are
 * shown by what throws them), all examples type-check, and those marked so run.
 *
 * A code block opened with "```ts" is type-checked, one opened with "```ts run" is run as well; "```ts ignore" is for
 * README fragments and is refused in doc comments.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import process from "node:process";
import { must, root, run } from "./checks/process.ts";
import { packageEntries } from "./checks/entries.ts";
import { conclude, lineAt, projectFiles, read } from "./checks/source.ts";
import { deno, ensureTools } from "./checks/tools.ts";

const entries = packageEntries().map(({ file }) => file);

/** The parts of `deno doc --json` used here. */
interface DocJson {
  nodes: Record<string, { symbols: DocSymbol[] }>;
}
interface DocSymbol {
  name: string;
  declarations: {
    kind: string;
    location: { filename: string; line: number };
    jsDoc?: { tags?: { kind: string; doc?: string }[] };
  }[];
}

process.exitCode = await main();

async function main(): Promise<number> {
  await ensureTools();
  const problems: string[] = [];
  const files = await projectFiles();
  const sources = files.filter((file) => /^(src|ffi)\/.*\.ts$/.test(file));
  const pages = files.filter((file) => file.endsWith(".md") && file !== "CHANGELOG.md");

  await step(problems, "deno doc --lint", ["doc", "--lint", "--quiet", ...entries]);
  problems.push(...await missingExamples());
  await checkTypes(problems, [...entries, ...sources], pages);
  for (const file of [...entries, ...sources]) {
    for (const match of read(file).matchAll(/^ *\* *```ts ignore/gm)) {
      problems.push(`${file}:${lineAt(read(file), match.index)}: an example that nobody checks`);
    }
  }
  for (const page of files.filter((file) => file.endsWith(".md"))) problems.push(...deadLinks(page));
  problems.push(...await runExamples([...entries, ...sources, ...pages]));
  return conclude("docs", problems);
}

async function step(problems: string[], what: string, args: readonly string[]): Promise<void> {
  const result = await run(deno, args, { quiet: true, env: { NO_COLOR: "1" } });
  if (result.code !== 0) problems.push(`${what} ${result.end}\n${result.output}`);
}

/**
 * Deno puts an import of each of the module's exports into an example, used or not: so its own settings, which forbid what is
 * not used, do not fit. Those of this check lie beside them for a moment, because the project's own name must resolve.
 */
async function checkTypes(problems: string[], sources: readonly string[], pages: readonly string[]): Promise<void> {
  const config = JSON.parse(read("deno.json")) as { compilerOptions: Record<string, unknown> };
  Object.assign(config.compilerOptions, { noUnusedLocals: false, noUnusedParameters: false });
  const file = `${root}deno.docs.tmp.json`;
  writeFileSync(file, JSON.stringify(config));
  try {
    const check = ["check", "--quiet", `--config=${file}`];
    await step(problems, "type check of the doc comments' code", [...check, "--doc", ...sources]);
    if (pages.length > 0) await step(problems, "type check of the pages' code", [...check, "--doc-only", ...pages]);
  } finally {
    rmSync(file);
  }
}

/** Links to files of the project that are not there. */
function deadLinks(page: string): string[] {
  const text = read(page);
  return [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)]
    .filter(([, target = ""]) => !existsSync(root + posix.join(posix.dirname(page), target)))
    .map((match) => `${page}:${lineAt(text, match.index)}: links to ${match[1]}, which is not there`);
}

/** Interfaces, types, constants and errors are shown by the examples of what uses them. */
async function missingExamples(): Promise<string[]> {
  const json = await must(deno, ["doc", "--json", "--quiet", ...entries], { env: { NO_COLOR: "1" } });
  const { nodes } = JSON.parse(json.slice(json.indexOf("{"))) as DocJson;
  const problems: string[] = [];
  for (const symbol of Object.values(nodes).flatMap((node) => node.symbols)) {
    const declared = symbol.declarations.filter((one) => one.kind === "class" || one.kind === "function");
    const [first] = declared;
    if (first === undefined || symbol.name.endsWith("Error")) continue;
    const examples = declared.flatMap((one) => one.jsDoc?.tags ?? []).filter((tag) => tag.kind === "example");
    if (examples.some((example) => example.doc?.includes("```ts"))) continue;
    const file = first.location.filename.split(root).pop();
    problems.push(`${file}:${first.location.line + 1}: ${symbol.name} has no @example with a "\`\`\`ts" block`);
  }
  return problems;
}

async function runExamples(files: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  // Inside the project, so that its own name resolves.
  const folder = mkdtempSync(`${root}.examples.tmp`);
  let count = 0;
  try {
    for (const file of files) {
      const text = read(file);
      for (const match of text.matchAll(/^([ *]*)```ts run\n([\s\S]*?)^[ *]*```/gm)) {
        const program = `${folder}/example_${++count}.ts`;
        const margin = match[1] ?? "";
        const code = (match[2] ?? "").split("\n").map((line) =>
          line.startsWith(margin) ? line.slice(margin.length) : line.replace(/^ *\* ?/, "")
        );
        writeFileSync(program, code.join("\n"));
        const result = await run(deno, ["run", "-A", "--no-check", program], { quiet: true, timeoutMs: 60_000 });
        if (result.code === 0) continue;
        problems.push(`${file}:${lineAt(text, match.index)}: the example ${result.end}\n${result.output}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`docs: ${count} examples ran`);
  return problems;
}

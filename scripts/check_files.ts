/**
 * Checks what every file of the project promises: nothing of the machine it was written on, no test left out, an opening
 * sentence, a bearable length.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname } from "node:path";
import process from "node:process";
import { root, run } from "./checks/process.ts";
import { codeOf, conclude, lineAt, projectFiles } from "./checks/source.ts";

const MAX_LINES = 400;
const MAX_BYTES = 1_000_000;
/** Folders anybody may have; others above the project are this machine's. */
const commonFolders = ["/", "/home", "/mnt", "/opt", "/root", "/srv", "/tmp", "/Users", "/usr", "/var", "/workspace"];

process.exitCode = await main();

async function main(): Promise<number> {
  const problems: string[] = [];
  const paths = [dirname(root), dirname(dirname(root)), homedir()].filter((path) => path.length > 1);
  const folders = [root.slice(0, -1), ...paths.filter((path) => !commonFolders.includes(path))];
  const hosts = await registryHosts();
  for (const file of await projectFiles()) {
    const bytes = readFileSync(root + file);
    if (bytes.length > MAX_BYTES) problems.push(`${file}: ${bytes.length} bytes, more than ${MAX_BYTES}`);
    if (bytes.includes(0)) continue;
    const text = bytes.toString("utf8");
    const find = (what: string, words: readonly string[]) => {
      for (const word of words) {
        const index = text.indexOf(word);
        if (index >= 0) problems.push(`${file}:${lineAt(text, index)}: ${what}: ${word}`);
      }
    };
    find("names a folder of this machine", folders.map((folder) => `${folder}/`));
    find("names a registry's host", hosts);
    if (/(^|\/)(deno\.lock|bun\.lock|package-lock\.json)$/.test(file)) {
      problems.push(`${file}: the project locks nothing`);
    }
    if (file.endsWith(".ts")) problems.push(...checkSource(file, text));
  }
  return conclude("files", problems);
}

function checkSource(file: string, text: string): string[] {
  const problems: string[] = [];
  const first = text.startsWith("#!") ? text.slice(text.indexOf("\n") + 1) : text;
  if (!/^\/[/*]/.test(first)) problems.push(`${file}:1: does not open with a sentence that says what the file is for`);
  const lines = text.split("\n").length - 1;
  const generated = /generated/i.test(first.split("\n").slice(0, 4).join("\n"));
  if (lines > MAX_LINES && !generated) problems.push(`${file}: ${lines} lines, more than ${MAX_LINES}`);
  const code = codeOf(text);
  // What the compiler must refuse is a test of types.
  const testsTypes = file.startsWith("test/types/") || file.endsWith("/types_test.ts");
  const comments = testsTypes ? [] : text.matchAll(/@ts-(ignore|nocheck|expect-error)\b/g);
  for (const match of [...comments, ...code.matchAll(/\.(only|skip|todo)\(|\bas any\b|: any\b/g)]) {
    problems.push(`${file}:${lineAt(text, match.index)}: has "${match[0]}"`);
  }
  return problems;
}

/** The hosts that this machine's package managers use, from their own settings. */
async function registryHosts(): Promise<string[]> {
  const settings = [
    process.env["PIP_INDEX_URL"] ?? "",
    process.env["NPM_CONFIG_REGISTRY"] ?? "",
    (await run("npm", ["config", "get", "registry"], { quiet: true })).output,
    (await run("python3", ["-m", "pip", "config", "list"], { quiet: true })).output,
  ];
  const hosts = settings.flatMap((text) => [...text.matchAll(/https?:\/\/(?:[^/@\s'"]*@)?([^/:\s'"]+)/g)]);
  return [...new Set(hosts.map(([, host = ""]) => host).filter((host) => host.includes(".")))];
}

/** Looks for the programs that the development tasks start. */
import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import process from "node:process";
import { bun, deno, node20, node26, toolModules } from "../checks/tools.ts";
import { kafka } from "../pins.ts";
import { run } from "../setup/command.ts";

/** What was found of one thing. */
export interface Finding {
  readonly name: string;
  readonly isRight: boolean;
  readonly text: string;
  /** What to do, if something is to be done. */
  readonly mend?: string;
}

const install = "npm install --prefix scripts/tools (deno task test does it by itself)";

/** Looks for every program. */
export async function examineTools(): Promise<Finding[]> {
  return await Promise.all([
    program("deno", [deno, "deno"], ["--version"], install),
    program("bun", [bun, "bun"], ["--version"], install),
    node(
      "node (koffi)",
      node20,
      (major) => major >= 20 && major < 26,
      "install a Node from 20.19 to 25, or set NODE20 to one",
    ),
    node("node (ffi)", node26, (major) => major >= 26, `${install}, or set NODE26 to a Node 26 or later`),
    Promise.resolve(koffi()),
    python(),
    java(),
    program("mvn", ["mvn"], ["--version"], "Debian: apt-get install maven; Homebrew: brew install maven"),
    program("kcat", ["kcat"], ["-V"], "Debian: apt-get install kcat; Homebrew: brew install kcat"),
  ]);
}

async function program(name: string, files: readonly string[], args: string[], mend: string): Promise<Finding> {
  for (const file of files) {
    const outcome = await run(file, args);
    if (outcome?.code !== 0) continue;
    const version = /\d+\.\d+(\.\d+)?/.exec(outcome.stdout + outcome.stderr)?.[0] ?? "of unknown version";
    return { name, isRight: true, text: `${version} (${where(file)})` };
  }
  return { name, isRight: false, text: "not found", mend };
}

/** Node with the way in which it would call C. */
async function node(name: string, file: string, isRight: (major: number) => boolean, mend: string): Promise<Finding> {
  const script = `console.log(process.versions.deno ? "" : process.versions.node, ` +
    `process.getBuiltinModule?.("node:ffi") ? "node:ffi" : "koffi")`;
  const outcome = await run(file, ["-e", script]);
  const [version = "", ffi = ""] = outcome?.stdout.split(/\s/) ?? [];
  // Deno gives the programs that it starts a "node" that is Deno itself.
  if (outcome?.code !== 0 || version === "") return { name, isRight: false, text: "not found", mend };
  const text = `${version} by ${ffi} (${where(file)})`;
  return isRight(Number.parseInt(version)) ? { name, isRight: true, text } : { name, isRight: false, text, mend };
}

function koffi(): Finding {
  const isThere = existsSync(`${toolModules}koffi/package.json`);
  return isThere
    ? { name: "koffi", isRight: true, text: "installed for the tests" }
    : { name: "koffi", isRight: false, text: "not installed for the tests", mend: install };
}

async function python(): Promise<Finding> {
  const outcome = await run("python3", ["-m", "pip", "--version"]);
  const name = "python3, pip";
  if (outcome?.code === 0) {
    const [, pip, version] = /^pip (\S+) .*\(python (\S+)\)/.exec(outcome.stdout) ?? [];
    return { name, isRight: true, text: `Python ${version} with pip ${pip}` };
  }
  const text = outcome === undefined ? "python3 was not found" : "python3 has no pip";
  return { name, isRight: false, text, mend: "Debian: apt-get install python3-pip; Homebrew: brew install python" };
}

async function java(): Promise<Finding> {
  const file = process.env["JAVA_HOME"] ? `${process.env["JAVA_HOME"]}/bin/java` : "java";
  const mend = `Java ${kafka.java} or later (Debian: apt-get install openjdk-${kafka.java}-jre-headless; ` +
    `Homebrew: brew install openjdk@${kafka.java})`;
  const found = await program("java", [file], ["-version"], mend);
  const major = Number(/^(?:1\.)?(\d+)/.exec(found.text)?.[1] ?? 0);
  return found.isRight && major < kafka.java ? { ...found, isRight: false, mend } : found;
}

/** A full path if that is what was run, else where on the PATH it was found. */
function where(file: string): string {
  if (file.includes("/")) return file;
  const folder = (process.env["PATH"] ?? "").split(delimiter).find((each) => existsSync(`${each}/${file}`));
  return folder === undefined ? file : `${folder}/${file}`;
}

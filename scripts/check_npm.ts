/**
 * Checks the package in `npm/` as its users will meet it: packed, installed in a folder of its own, imported and required on
 * each runtime, and type-checked without anybody else's typings.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { must, root, run } from "./checks/process.ts";
import { conclude } from "./checks/source.ts";
import { packageEntries } from "./checks/entries.ts";
import { bun, deno, ensureTools, node20, node26, toolModules } from "./checks/tools.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  await ensureTools();
  await must(deno, ["run", "-A", "scripts/build_npm.ts"], { quiet: false });
  const problems: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-npm-"));
  try {
    await install(folder, problems);
    await load(folder, problems);
    await checkTypes(folder, problems);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return conclude("npm package", problems);
}

async function install(folder: string, problems: string[]): Promise<void> {
  const packed = await must("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", folder], {
    cwd: `${root}npm`,
  });
  const [info] = JSON.parse(packed.slice(packed.indexOf("["))) as [{ filename: string; files: { path: string }[] }];
  for (const { path } of info.files) {
    if (!/^(esm\/.*\.(js|d\.ts|js\.map)|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path)) {
      problems.push(`the package has a file that does not belong there: ${path}`);
    }
  }
  const home = join(folder, "node_modules", "kafka-ffi");
  mkdirSync(home, { recursive: true });
  await must("tar", ["-xzf", join(folder, info.filename), "--strip-components=1", "-C", home]);
  cpSync(`${toolModules}koffi`, join(folder, "node_modules", "koffi"), { recursive: true });
  const { peerDependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    peerDependencies: Record<string, string>;
  };
  for (const name of Object.keys(peerDependencies)) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(toolModules + name, link, "junction");
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "dependencies": { "kafka-ffi": "*" } }\n');
}

/** Importing must work everywhere, and must open nothing: librdkafka is looked for at first use. */
async function load(folder: string, problems: string[]): Promise<void> {
  const entries = packageEntries();
  const print = `console.log(...[${modules()}].map((entry) => Object.keys(entry).sort().join()));`;
  const imports = entries.map(({ name }, i) => `import * as e${i} from "${specifier(name)}";`).join("\n");
  writeFileSync(join(folder, "load.mjs"), imports + print);
  const requires = entries.map(({ name }, i) => `const e${i} = require("${specifier(name)}");`).join("\n");
  writeFileSync(join(folder, "load.cjs"), requires + print);
  const sources = entries.map(({ file }, i) => `import * as e${i} from "${new URL(file, `file://${root}`)}";`);
  const expected = (await must(deno, ["eval", `${sources.join("\n")} ${print}`])).trim();
  const env = { LIBRDKAFKA_PATH: join(folder, "there-is-no-such-library"), NO_COLOR: "1" };
  for (const command of [[node20], [node26], [bun], [deno, "run", "-A", "--node-modules-dir=manual"]]) {
    for (const program of ["load.mjs", "load.cjs"]) {
      const [runtime = "", ...args] = [...command, program];
      const { code, output, end } = await run(runtime, args, { cwd: folder, env, quiet: true });
      const names = output.trim().split("\n").pop() ?? "";
      if (code !== 0) problems.push(`${program} on ${runtime} ${end}\n${output}`);
      else if (names !== expected) {
        problems.push(`${program} on ${runtime} sees ${names}, and the sources have ${expected}`);
      }
    }
  }
}

async function checkTypes(folder: string, problems: string[]): Promise<void> {
  const imports = packageEntries().map(({ name }, i) => `import * as e${i} from "${specifier(name)}";\n`).join("");
  const program = `${imports}export const all: string[] = [${modules()}].flatMap((entry) => Object.keys(entry));\n`;
  writeFileSync(join(folder, "types.ts"), program);
  const declared = readFileSync(join(folder, "node_modules", "kafka-ffi", "esm", "mod.d.ts"), "utf8");
  if (declared.trim() === "") problems.push("esm/mod.d.ts is empty");
  const tsc = `${toolModules}typescript/bin/tsc`;
  const libs = ["--target", "es2022", "--lib", "es2023,dom,dom.asynciterable,esnext.disposable", "--types", ""];
  for (const module of ["nodenext", "preserve"]) {
    const args = [tsc, "--noEmit", "--strict", "--module", module, ...libs, "types.ts"];
    const { code, output, end } = await run("node", args, { cwd: folder, quiet: true });
    if (code !== 0) problems.push(`tsc --module ${module} on a user's program ${end}\n${output}`);
  }
}

/** The name by which a user of the npm package imports an entry. */
function specifier(name: string): string {
  return `kafka-ffi${name.slice(1)}`;
}

/** The names that the entries' modules are given in the programs here. */
function modules(): string {
  return packageEntries().map((_, i) => `e${i}`).join();
}

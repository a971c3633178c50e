/** Installs the runtimes and development packages that the checks use, and finds them. */
import { accessSync, constants, existsSync, rmSync, statSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { must, root, run } from "./process.ts";

const toolsFolder = `${root}scripts/tools/`;
const bin = `${toolsFolder}node_modules/.bin/`;

/** What npm installed for the tests. */
export const toolModules: string = `${toolsFolder}node_modules/`;
/** Deno, as pinned in `scripts/tools/package.json`. */
export const deno: string = `${bin}deno`;
/** Bun, as pinned there. */
export const bun: string = `${bin}bun`;
/** Node with `node:ffi`: `NODE26`, or as pinned there. npm carries none for some platforms. */
export const node26: string = process.env["NODE26"] ?? `${bin}node`;
/** Node without `node:ffi`: `NODE20`, or the machine's own. */
export const node20: string = process.env["NODE20"] ?? findOnPath("node", process.env["PATH"] ?? "");

/**
 * The first `name` in the folders of `path` that npm has not put there, or `name` itself. npx and npm begin the path with the project's
 * `node_modules/.bin`, where `node` is the one that the tests bring.
 */
export function findOnPath(name: string, path: string): string {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  const folders = path.split(delimiter).filter((folder) =>
    folder !== "" && !/node_modules[\\/]\.bin[\\/]?$/.test(folder)
  );
  const folder = folders.find((each) => isProgram(join(each, file)));
  return folder === undefined ? name : join(folder, file);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Installs what `scripts/tools/package.json` names, unless that is in place, and makes the runtimes runnable. */
export async function ensureTools(): Promise<void> {
  await install();
  linkModules();
  await ensureRuns(deno, "deno/install.cjs");
  await ensureRuns(bun, "bun/install.js");
}

async function install(): Promise<void> {
  const done = `${toolsFolder}node_modules/.package-lock.json`;
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(`${toolsFolder}package.json`).mtimeMs) return;
  console.log("Installing Deno, Bun, Node 26, TypeScript and vitest with npm");
  await must("npm", ["install", "--loglevel=error"], { cwd: toolsFolder });
}

/**
 * Bun, which runs the sources, and Node, which runs what is in `npm/`, look for the packages of the Schema Registry's formats in a
 * folder above those that import them.
 */
function linkModules(): void {
  const link = `${root}node_modules`;
  if (existsSync(link)) return;
  rmSync(link, { force: true });
  symlinkSync(toolModules, link, "junction");
}

/** npm may have been told not to run install scripts; these two only put the downloaded binary in its place. */
async function ensureRuns(runtime: string, installScript: string): Promise<void> {
  if ((await run(runtime, ["--version"], { quiet: true })).code === 0) return;
  await must("node", [`${toolsFolder}node_modules/${installScript}`], { cwd: toolsFolder });
  await must(runtime, ["--version"]);
}

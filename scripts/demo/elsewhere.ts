/** Starts the demo on another runtime than this one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { must, root, run } from "../checks/process.ts";
import { bun, deno, ensureTools, node20, node26, toolModules } from "../checks/tools.ts";
import { type DemoOptions, type DemoRuntime, formatDemoOptions } from "./options.ts";

const folder = `${root}scripts/demo/`;
const noWarning = "--disable-warning=ExperimentalWarning";

/** Runs the demo there and returns its exit code. */
export async function runElsewhere(runtime: DemoRuntime, options: DemoOptions): Promise<number> {
  await ensureTools();
  const args = formatDemoOptions(options);
  switch (runtime) {
    case "deno":
      return await start(deno, ["run", "-A", `${folder}main.ts`, ...args]);
    case "bun":
      return await start(bun, ["run", `${folder}main.ts`, ...args]);
    case "node":
      return await start(node26, [noWarning, `${folder}main.ts`, ...args]);
    case "node20":
      return await startOnOldNode(args);
  }
}

async function start(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<number> {
  const { code, end } = await run(command, args, { env });
  if (code > 1) console.error(`The demo on "${command}" ${end}`);
  return code;
}

/**
 * Node before 26 gets what a user of the npm package gets. It reads neither TypeScript nor `await using`, so the program is
 * compiled for it, with the package in the place of the source.
 */
async function startOnOldNode(args: readonly string[]): Promise<number> {
  await must(deno, ["run", "-A", "scripts/build_npm.ts"]);
  const target = mkdtempSync(join(tmpdir(), "kafka-ffi-demo-"));
  try {
    const settings = {
      extends: `${root}tsconfig.build.json`,
      compilerOptions: {
        outDir: target,
        rootDir: root,
        declaration: false,
        isolatedDeclarations: false,
        noCheck: true,
      },
      files: [`${folder}main.ts`],
    };
    writeFileSync(join(target, "package.json"), '{ "type": "module" }\n');
    writeFileSync(join(target, "tsconfig.json"), JSON.stringify(settings));
    await must("node", [`${toolModules}typescript/bin/tsc`, "-p", target]);
    for (const entry of ["mod", "testing"]) {
      const built = pathToFileURL(`${root}npm/esm/${entry}.js`).href;
      writeFileSync(join(target, `${entry}.js`), `export * from ${JSON.stringify(built)};\n`);
    }
    // koffi is found by NODE_PATH: npm/ has no node_modules of its own.
    return await start(node20, [join(target, "scripts/demo/main.js"), ...args], { NODE_PATH: toolModules });
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

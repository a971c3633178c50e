/**
 * `deno task build:npm`: builds the npm package into `npm/`.
 *
 * dnt builds it where JSR can be reached, TypeScript's own compiler elsewhere: same manifest, same layout. Which of the two
 * it was is printed and stands in the manifest's `_generatedBy`. `NPM_BUILDER=tsc` or `dnt` insists on one.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { must, root } from "./checks/process.ts";
import { packageEntries } from "./checks/entries.ts";
import { ensureTools } from "./checks/tools.ts";

const out = `${root}npm/`;
const entries = packageEntries();
/** What the entries for the Schema Registry's formats and rules import. */
const peers = [
  "@bufbuild/cel",
  "@bufbuild/protobuf",
  "@bufbuild/re2",
  "@noble/ciphers",
  "ajv",
  "ajv-draft-04",
  "jsonata",
] as const;

await main();

async function main(): Promise<void> {
  process.chdir(root);
  const wanted = process.env["NPM_BUILDER"];
  if (wanted !== undefined && wanted !== "dnt" && wanted !== "tsc") {
    throw new RangeError(`Cannot build with NPM_BUILDER="${wanted}": choose dnt or tsc`);
  }
  const manifest = readManifest();
  const dnt = wanted === "tsc" ? undefined : await import("@deno/dnt").catch((error: Error) => {
    if (wanted === "dnt") throw error;
    return undefined;
  });
  rmSync(out, { recursive: true, force: true });
  const builder = dnt ? "dnt" : "tsc";
  if (dnt) await buildWithDnt(dnt as unknown as Dnt, manifest);
  else await buildWithTsc(manifest);
  for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) copyFileSync(root + file, out + file);
  console.log(`Built npm/ (${manifest.name} ${manifest.version}) with ${builder}`);
}

/** The parts of dnt used here. */
interface Dnt {
  build(options: Record<string, unknown>): Promise<void>;
}

interface Manifest {
  name: string;
  version: string;
  [field: string]: unknown;
}

function readManifest(): Manifest {
  const project = JSON.parse(readFileSync(`${root}deno.json`, "utf8")) as { version: string; license: string };
  const { engines } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { engines: { node: string } };
  const tools = JSON.parse(readFileSync(`${root}scripts/tools/package.json`, "utf8")) as {
    dependencies: Record<string, string>;
  };
  const paths = entries.map(({ name, file }) => {
    const module = `./esm/${file.replace(/\.ts$/, "")}`;
    return [name, { types: `${module}.d.ts`, default: `${module}.js` }];
  });
  return {
    name: "kafka-ffi",
    version: project.version,
    description: "Kafka client for Node, Bun and Deno: librdkafka called directly, without a compile step",
    keywords: ["kafka", "librdkafka", "ffi", "producer", "consumer"],
    license: project.license,
    type: "module",
    exports: Object.fromEntries([...paths, ["./package.json", "./package.json"]]),
    engines,
    // Node 26 has node:ffi, Bun and Deno have their own: only older Nodes call through koffi.
    optionalDependencies: { koffi: tools.dependencies["koffi"] },
    // Each entry needs its own: who uses none of them installs none of them.
    peerDependencies: Object.fromEntries(peers.map((name) => [name, tools.dependencies[name]])),
    peerDependenciesMeta: Object.fromEntries(peers.map((name) => [name, { optional: true }])),
    files: ["esm/", "README.md", "LICENSE", "CHANGELOG.md"],
    sideEffects: false,
  };
}

async function buildWithDnt(dnt: Dnt, manifest: Manifest): Promise<void> {
  await dnt.build({
    entryPoints: entries.map(({ name, file }) => ({ name, path: `./${file}` })),
    outDir: "./npm",
    scriptModule: false,
    test: false,
    typeCheck: false,
    skipNpmInstall: true,
    skipSourceOutput: true,
    shims: {},
    polyfills: { importMeta: false },
    compilerOptions: { target: "ES2022", lib: ["ES2023", "ES2024.String", "DOM", "DOM.Iterable", "ESNext.Disposable"] },
    package: manifest,
  });
}

async function buildWithTsc(manifest: Manifest): Promise<void> {
  await ensureTools();
  await must("node", ["scripts/tools/node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}package.json`, `${JSON.stringify({ ...manifest, _generatedBy: "tsc" }, null, 2)}\n`);
}

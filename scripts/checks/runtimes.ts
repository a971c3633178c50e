/** Runs the test suite on one runtime and counts what came of it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./process.ts";
import { type Outcome, readJunit, readVitest, withDenoFiles } from "./report.ts";
import { bun, deno, node20, node26, toolModules } from "./tools.ts";

/** The runtimes of the support table, in the order they are run. */
export const runtimeNames = ["deno", "bun", "node20", "node26"] as const;
/** One of {@linkcode runtimeNames}. */
export type RuntimeName = typeof runtimeNames[number];

/** What to run. */
export interface SuiteOptions {
  /** Folders and files below `test/`. */
  paths: readonly string[];
  /** Only tests whose name contains this. */
  filter?: string;
  /** Set for the tests, over this process's environment. */
  env: Record<string, string>;
  /** Whether the output is shown as it comes, and not when all is done. */
  isLive: boolean;
}

/** What came of a runtime's run. */
export interface SuiteResult {
  runtime: RuntimeName;
  /** The runtime's own version. */
  version: string;
  passed: number;
  /** Failed tests, and one more for each entry of `problems`. */
  failed: number;
  /** Tests that failed as `test/known_gaps.txt` said they would. */
  gaps: string[];
  failures: string[];
  /** Every test that ran, whatever came of it. */
  tests: string[];
  /** What is wrong besides tests that failed: a crash, a file without tests, a known gap that names no test. */
  problems: string[];
  seconds: number;
}

const SUITE_TIMEOUT_MS = 30 * 60_000;

/** Runs the suite on `runtime`. Never rejects: a runtime that cannot be run is a failure in the result. */
export async function runSuite(runtime: RuntimeName, options: SuiteOptions): Promise<SuiteResult> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-test-"));
  const problems: string[] = [];
  let version = "?";
  let outcomes: Outcome[] = [];
  try {
    version = await readVersion(runtime);
    const report = join(folder, "report");
    const [command, args] = commandFor(runtime, report, options);
    // koffi is found by NODE_PATH: npm/ has no node_modules of its own.
    const env = { ...options.env, NODE_PATH: toolModules };
    const output = options.isLive ? { tee: runtime === "deno" } : { quiet: true };
    const result = await run(command, args, { env, ...output, timeoutMs: SUITE_TIMEOUT_MS });
    if (!options.isLive) console.log(`\n== ${runtime}\n${result.output}`);
    outcomes = readReport(runtime, report, result.output, problems);
    if (result.code !== 0 && !outcomes.some((outcome) => outcome.status === "failed")) {
      problems.push(`the runner ${result.end}, though no test is reported as failed`);
    }
    if (outcomes.length > 0) problems.push(...checkComplete(runtime, outcomes, options));
    else problems.push("no test ran");
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const isGap = (outcome: Outcome) => outcome.name.includes(" [known gap: ");
  const named = (outcome: Outcome) => `${outcome.file}: ${outcome.name}`;
  const failures = outcomes.filter((outcome) => outcome.status === "failed").map(named);
  const passed = outcomes.filter((outcome) => outcome.status === "passed");
  return {
    runtime,
    version,
    passed: passed.filter((outcome) => !isGap(outcome)).length,
    failed: failures.length + problems.length,
    gaps: passed.filter(isGap).map(named),
    failures,
    tests: outcomes.filter((outcome) => outcome.status !== "skipped").map((outcome) =>
      named(outcome).replace(/ \[known gap: .*\]$/, "")
    ),
    problems,
    seconds: (performance.now() - started) / 1000,
  };
}

/** The test files below `paths`, relative to the project's folder. */
export function testFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (path.endsWith(".ts")) return [path];
    return readdirSync(root + path, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("_test.ts"))
      .map((name) => `${path.replace(/\/$/, "")}/${name.replaceAll("\\", "/")}`);
  });
}

async function readVersion(runtime: RuntimeName): Promise<string> {
  const command = { deno, bun, node20, node26 }[runtime];
  const { code, output, end } = await run(command, ["--version"], { quiet: true });
  if (code !== 0) throw new Error(`${runtime} is not available: "${command} --version" ${end}${hint(runtime)}`);
  const version = /\d+\.\d+\.\d+/.exec(output)?.[0] ?? "?";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const supported = major > 20 || (major === 20 && minor >= 19);
  if (runtime === "node20" && !(supported && major < 26)) {
    throw new Error(`Node ${version} is not one from 20.19 to 25: set NODE20 to the path of one`);
  }
  if (runtime === "node26" && major < 26) throw new Error(`Node ${version} is older than 26${hint(runtime)}`);
  return version;
}

function hint(runtime: RuntimeName): string {
  return runtime === "node26" ? "; set NODE26 to the path of a Node 26 or later" : "";
}

function commandFor(runtime: RuntimeName, report: string, options: SuiteOptions): [string, string[]] {
  const { paths, filter } = options;
  const pattern = filter?.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  if (runtime === "deno") {
    // Types are `deno task check`'s business.
    const args = ["test", "-A", "--no-check", `--junit-path=${report}`, ...(filter ? [`--filter=${filter}`] : [])];
    return [deno, [...args, ...paths]];
  }
  if (runtime === "bun") {
    const args = ["test", "--reporter=junit", `--reporter-outfile=${report}`, ...(pattern ? ["-t", pattern] : [])];
    return [bun, [...args, ...paths.map((path) => `./${path}`)]];
  }
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const args = [`${toolModules}vitest/vitest.mjs`, "run", ...reporters, ...(pattern ? ["-t", pattern] : [])];
  return [runtime === "node20" ? node20 : node26, [...args, ...paths]];
}

function readReport(runtime: RuntimeName, report: string, output: string, problems: string[]): Outcome[] {
  try {
    const text = readFileSync(report, "utf8");
    if (runtime === "deno") return withDenoFiles(readJunit(text), output);
    return runtime === "bun" ? readJunit(text) : readVitest(text, root);
  } catch (error) {
    problems.push(`no report could be read: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

/** What a run of everything must show; a filtered run shows less, and is only asked for one test at least. */
function checkComplete(runtime: RuntimeName, outcomes: readonly Outcome[], options: SuiteOptions): string[] {
  const ran = outcomes.filter((outcome) => outcome.status !== "skipped");
  if (ran.length === 0) return ["no test ran"];
  if (options.filter !== undefined) return [];
  const problems = outcomes.filter((outcome) => outcome.status === "skipped")
    .map((outcome) => `${outcome.file}: "${outcome.name}" was skipped`);
  const files = new Set(ran.map((outcome) => outcome.file));
  for (const file of testFiles(options.paths)) {
    if (!files.has(file)) problems.push(`${file} ran no test`);
  }
  if (!options.paths.includes("test")) return problems;
  for (const gap of knownGaps(runtime)) {
    const marked = (outcome: Outcome) => outcome.name.startsWith(`${gap} [known gap: `);
    if (!outcomes.some(marked)) problems.push(`test/known_gaps.txt names a test that does not exist: "${gap}"`);
  }
  return problems;
}

function knownGaps(runtime: RuntimeName): string[] {
  const lines = readFileSync(`${root}test/known_gaps.txt`, "utf8").split("\n").filter((line) => !line.startsWith("#"));
  return lines.map((line) => line.split("|").map((part) => part.trim()))
    .filter(([name]) => name === runtime)
    .map(([, test = ""]) => test);
}

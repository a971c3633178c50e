/**
 * `deno task test`: runs the tests on Deno, Bun, Node 20 and Node 26 against one real Kafka.
 *
 * It fetches what it needs: the runtimes and development packages from npm, librdkafka, Kafka. Options:
 *
 *     --runtime deno,bun,node20,node26   only these
 *     --tier unit,mock,broker            only these folders below test/
 *     --filter TEXT                      only tests whose name contains it
 *     test/unit/offset_test.ts           only these files
 *
 * With `KAFKA_BOOTSTRAP_SERVERS` set, that Kafka is used and none is started; the security tests then need
 * `KAFKA_SECURITY` too, which `deno task kafka start --secure` prints, and those of the Schema Registry `SCHEMA_REGISTRY_URL`,
 * which `--registry` prints.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { must } from "./checks/process.ts";
import { pythonClient } from "./checks/python.ts";
import { runSuite, type RuntimeName, runtimeNames, type SuiteOptions, type SuiteResult } from "./checks/runtimes.ts";
import { deno, ensureTools } from "./checks/tools.ts";
import { registryVariable, securityVariable, startKafka } from "./kafka.ts";
import { libraries } from "./pins.ts";

const tiers = ["unit", "mock", "broker"];

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log("0 passed, 1 failed");
  return 1;
});

/** Says whether the tests that talk to kcat can run: it is a program of the system's, which nothing here fetches. */
function kcat(): Record<string, string> {
  if (!spawnSync("kcat", ["-V"]).error) return {};
  console.log('NOT RUN: the two tests that talk to kcat, which is not installed (Debian: "apt-get install kcat")');
  return { KCAT: "" };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runtime: { type: "string" }, tier: { type: "string" }, filter: { type: "string" } },
  });
  const runtimes = choose("--runtime", values.runtime, runtimeNames);
  const folders = choose("--tier", values.tier, tiers).map((tier) => `test/${tier}`);
  const paths = positionals.length > 0 ? positionals : values.tier === undefined ? ["test"] : folders;

  await ensureTools();
  await must(deno, ["run", "-A", "scripts/setup.ts", "--quiet"], { quiet: false });
  // The oldest one that is accepted is tested too, where there is a wheel of it.
  const { release, wheels } = libraries.floor;
  if (`${process.platform}-${process.arch}` in wheels) {
    await must(deno, ["run", "-A", "scripts/setup.ts", "--librdkafka", release, "--quiet"], { quiet: false });
  }
  if (runtimes.some((runtime) => runtime.startsWith("node"))) {
    await must(deno, ["run", "-A", "scripts/build_npm.ts"], { quiet: false });
  }

  const given = process.env["KAFKA_BOOTSTRAP_SERVERS"];
  const wanted = paths.some((path) => path === "test" || path.startsWith("test/broker"));
  const env: Record<string, string> = wanted ? { ...await pythonClient(), ...kcat() } : {};
  const kafka = wanted && !given ? await startKafka({ secure: true, registry: true }) : undefined;
  if (kafka) env["KAFKA_BOOTSTRAP_SERVERS"] = kafka.bootstrapServers;
  if (kafka) env[securityVariable] = JSON.stringify(kafka.security);
  if (kafka?.schemaRegistry) env[registryVariable] = kafka.schemaRegistry.url;
  if (wanted) console.log(`Kafka: ${kafka?.bootstrapServers ?? given}`);
  const filter = values.filter === undefined ? {} : { filter: values.filter };
  try {
    return summarize(await runSuites(runtimes, { paths, env, ...filter }));
  } finally {
    await kafka?.stop();
  }
}

/** Runs the suite on each runtime, two of them at a time: the tests wait for most of their time. */
async function runSuites(
  runtimes: readonly RuntimeName[],
  options: Omit<SuiteOptions, "isLive">,
): Promise<SuiteResult[]> {
  const isLive = runtimes.length === 1;
  console.log(isLive ? `\n== ${runtimes[0]}` : "The output of each runtime is shown when it is done");
  const results = new Map<RuntimeName, SuiteResult>();
  const waiting = [...runtimes];
  const work = async (): Promise<void> => {
    for (let runtime = waiting.shift(); runtime !== undefined; runtime = waiting.shift()) {
      results.set(runtime, await runSuite(runtime, { ...options, isLive }));
    }
  };
  const still = setInterval(() => {
    const running = runtimes.filter((runtime) => !waiting.includes(runtime) && !results.has(runtime));
    if (!isLive) console.log(`Testing on ${running.join(" and ")}`);
  }, 60_000);
  await Promise.all([work(), work()]);
  clearInterval(still);
  return runtimes.map((runtime) => results.get(runtime)!);
}

function choose<T extends string>(option: string, value: string | undefined, all: readonly T[]): T[] {
  const names = new Set(value?.split(",") ?? all);
  return [...names].map((name) => {
    const found = all.find((one) => one === name);
    if (found === undefined) throw new RangeError(`Cannot use "${name}" for ${option}: choose from ${all.join(", ")}`);
    return found;
  });
}

function summarize(results: readonly SuiteResult[]): number {
  console.log("");
  // Some tests are about one runtime, such as Deno's permissions. Said here, so that none is left out unseen.
  // A runtime that ran none has its problem told below.
  const ran = results.filter((result) => result.tests.length > 0);
  for (const test of new Set(ran.flatMap((result) => result.tests))) {
    const on = ran.filter((result) => result.tests.includes(test)).map((result) => result.runtime);
    if (on.length < ran.length) console.log(`only on ${on.join(", ")}: ${test}`);
  }
  for (const { runtime, failures, problems, gaps } of results) {
    for (const gap of gaps) console.log(`${runtime}: known gap: ${gap}`);
    for (const failure of failures) console.log(`${runtime}: FAILED ${failure}`);
    for (const problem of problems) console.log(`${runtime}: PROBLEM ${problem}`);
  }
  for (const { runtime, version, passed, failed, gaps, seconds } of results) {
    const counts = `${passed} passed, ${failed} failed${gaps.length > 0 ? `, ${gaps.length} known gaps` : ""}`;
    console.log(`${runtime} (${version}): ${counts} in ${seconds.toFixed(0)} s`);
  }
  const sum = (count: (result: SuiteResult) => number) => results.reduce((total, one) => total + count(one), 0);
  const failed = sum((result) => result.failed);
  console.log(`${sum((result) => result.passed)} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

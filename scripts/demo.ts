/**
 * `deno task demo`: sends messages, reads them back, checks every one, and tells how fast it went.
 *
 * It needs nothing but this checkout: librdkafka is fetched if there is none, and without `--bootstrap-servers` the brokers
 * run inside the process.
 */
import process from "node:process";
import { openLibrary } from "../ffi/mod.ts";
import { showFailure } from "./demo/display.ts";
import { runElsewhere } from "./demo/elsewhere.ts";
import { DemoError, parseDemoOptions, usage } from "./demo/options.ts";
import { runDemo } from "./demo/program.ts";
import { setup } from "./setup.ts";
import { isMain, SetupError } from "./setup/command.ts";

async function demo(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  await ensureLibrary();
  const { runtime } = options;
  return runtime === undefined || runtime === current() ? await runDemo(options) : await runElsewhere(runtime, options);
}

/** Fetches librdkafka unless one that will do is found. One that was named by the environment is not replaced. */
async function ensureLibrary(): Promise<void> {
  const problem = (): string | undefined => {
    try {
      openLibrary();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const first = problem();
  if (first === undefined) return;
  const named = Boolean(process.env["LIBRDKAFKA_PATH"]);
  if (!named) await setup({ report: (text) => console.log(text) }).catch(toDemoError);
  const second = named ? first : problem();
  if (second !== undefined) throw new DemoError(second);
}

function toDemoError(error: unknown): never {
  throw error instanceof SetupError ? new DemoError(error.message) : error;
}

function current(): string {
  const { deno, bun, node } = process.versions;
  return deno ? "deno" : bun ? "bun" : Number.parseInt(node) >= 26 ? "node" : "node20";
}

if (isMain(import.meta)) {
  try {
    // Not by process.exit(): a client that is left open would then not be seen.
    process.exitCode = await demo();
  } catch (error) {
    showFailure(error);
    process.exitCode = 1;
  }
}

/** Runs a program of `test/support/` in a process of its own. Scripts use this too: it needs no test runner. */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { RuntimeName } from "../harness.ts";

const root = new URL("../../", import.meta.url);

/** A runtime and the command that starts it. */
export interface ProgramRuntime {
  readonly name: RuntimeName;
  readonly command: string;
}

/** How to run a program. */
export interface ProgramOptions {
  /** Given to the program after the addresses of the library's two modules. */
  readonly args?: readonly string[];
  /** Given to the runtime, before the program. */
  readonly flags?: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many file descriptors the process may have. Default: as many as this one. */
  readonly descriptors?: number;
  /** Is called once the program has printed a line that is `ready`. */
  readonly onReady?: (program: { readonly pid: number; kill(signal: NodeJS.Signals): void }) => void | Promise<void>;
  /** The program is killed, and is said to hang, when it takes longer. Default: 20,000. */
  readonly timeoutMs?: number;
}

/** How a program ended. */
export interface ProgramEnd {
  /** The exit code or the signal that ended the process; `hang` if it had to be killed. */
  readonly end: number | NodeJS.Signals | "hang";
  readonly output: string;
  readonly ms: number;
}

/** Runs `test/support/<file>` to its end. */
export function runProgram(
  runtime: ProgramRuntime,
  file: string,
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  const { args = [], flags = [], descriptors, onReady, timeoutMs = 20_000 } = options;
  const addresses = moduleAddresses(runtime.name);
  const before = runtime.name === "deno" ? ["run", "-A", ...flags] : flags;
  const program = fileURLToPath(new URL(`test/support/${file}`, root));
  const env: Record<string, string | undefined> = { ...process.env, NO_COLOR: "1", ...options.env };
  // koffi is a dependency of the package for npm; a build in npm/ has no modules of its own.
  env["NODE_PATH"] ??= fileURLToPath(new URL("scripts/tools/node_modules", root));
  const limited = descriptors === undefined ? [] : ["sh", "-c", 'ulimit -n "$0" && exec "$@"', String(descriptors)];
  const [command = "", ...rest] = [...limited, runtime.command, ...before, program, ...addresses, ...args];
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let isReady = false;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (part: string) => {
        output += part;
        if (isReady || onReady === undefined || !/^ready$/m.test(output)) return;
        isReady = true;
        const handle = { pid: child.pid!, kill: (signal: NodeJS.Signals) => void child.kill(signal) };
        void (async () => await onReady(handle))().catch(reject);
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const end = isLate ? "hang" : signal ?? code ?? "hang";
      resolve({ end, output, ms: performance.now() - started });
    });
  });
}

/** Where a program finds the library: Node runs what was built, the others the source. */
export function moduleAddresses(name: RuntimeName): [mod: string, testing: string] {
  const at = (path: string): string => new URL(path, root).href;
  return name.startsWith("node") ? [at("npm/esm/mod.js"), at("npm/esm/testing.js")] : [at("mod.ts"), at("testing.ts")];
}

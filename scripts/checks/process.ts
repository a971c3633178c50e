/** Starts other programs for the scripts, and stops them when the script is stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The project's folder, with a slash at its end. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** How to run a program. */
export interface RunOptions {
  /** Default: the project's folder. */
  cwd?: string;
  /** Added to this process's environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>;
  /** Collect the output instead of showing it. Default: `false`. */
  quiet?: boolean;
  /** Collect the output and show it too. Default: `false`. */
  tee?: boolean;
  /** The program is killed when it takes longer. Default: no limit. */
  timeoutMs?: number;
}

/** How a program ended. */
export interface RunResult {
  /** The exit code; 124 when time was up, 128 when a signal ended it, 127 when it could not be started. */
  code: number;
  /** What it wrote to both its outputs, if that was collected. */
  output: string;
  /** How it ended, in words. */
  end: string;
}

/** How long the output of a program that was killed is waited for. */
const lateOutputMs = 1000;

const children = new Set<ChildProcess>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
    // The children's ends are awaited by whoever started them; a second signal ends this process at once.
    if (children.size === 0) process.exit(130);
    children.clear();
    stopped = true;
  });
}
let stopped = false;

/** Runs a program to its end. Never rejects: a program that cannot be started gives code 127. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd = root, quiet = false, tee = false, timeoutMs } = options;
  if (stopped) return Promise.resolve({ code: 130, output: "", end: "was not started: the script was stopped" });
  const env: Record<string, string | undefined> = { ...process.env, ...options.env };
  return new Promise((resolve) => {
    const output = quiet || tee ? "pipe" : "inherit";
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", output, output] });
    children.add(child);
    let text = "";
    for (const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]] as const) {
      from?.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (tee) to.write(part);
      });
    }
    let late = false;
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    const settle = (code: number, end: string) => {
      clearTimeout(timer);
      children.delete(child);
      resolve({ code, output: text, end });
    };
    child.on("error", (error) => settle(127, `could not be started: ${error.message}`));
    // What it has started may hold its output open for as long as it likes.
    child.on("exit", () => {
      if (late) setTimeout(() => settle(124, `was killed after ${timeoutMs} ms`), lateOutputMs).unref();
    });
    child.on("close", (code, signal) => {
      if (late) settle(124, `was killed after ${timeoutMs} ms`);
      else if (signal) settle(128, `was ended by ${signal}`);
      else settle(code ?? 128, `ended with code ${code}`);
    });
  });
}

/** Runs a program and returns its output; throws with that output when it fails. */
export async function must(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, { quiet: true, ...options });
  if (result.code === 0) return result.output;
  throw new Error(`"${command} ${args.join(" ")}" ${result.end}\n${result.output}`);
}

/** What the scripts share: running another program, saying what went wrong, and knowing whether they are the program. */
import { spawn } from "node:child_process";
import process from "node:process";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A failure that the person at the keyboard can mend: shown as its message, without a stack. */
export class SetupError extends Error {
  override name = "SetupError";
}

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and collects what it says; `undefined` if there is no such program. */
export function run(
  command: string,
  parameters: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
    child.on("error", (error: Error & { code?: string }) => {
      if (error.code === "ENOENT") resolve(undefined);
      else reject(error);
    });
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** The last lines of a text, without the frames of Java stack traces. */
export function tail(text: string, lines = 25): string {
  return text.trimEnd().split("\n").filter((line) => !line.startsWith("\tat ")).slice(-lines).join("\n");
}

/** Whether the module with this `import.meta` is the program itself rather than imported. */
export function isMain(meta: ImportMeta): boolean {
  const { main } = meta as { main?: boolean };
  if (main !== undefined) return main;
  // Node before 24.2 has no import.meta.main.
  const script = process.argv[1];
  return script !== undefined && realpathSync(script) === fileURLToPath(meta.url);
}

/** Runs a script's main function and exits with its code; a {@link SetupError} is told in its own words. */
export async function main(body: () => Promise<number>): Promise<never> {
  let code = 1;
  try {
    code = await body();
  } catch (error) {
    const known = error instanceof SetupError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    console.error(known ? (error as Error).message : error);
  }
  process.exit(code);
}

/** Every way in which a value may end up in a log. */
import { inspect } from "node:util";

type ConsoleMethod = "log" | "info" | "warn" | "error" | "debug";

/** What is printed to the console while `run` runs, a line for each call. */
export function printed(run: () => void | Promise<void>): Promise<string[]> {
  return capture(["log", "info", "warn", "error", "debug"], run);
}

/** The lines that a program prints with `console.log`; `onLine` is told how many there are so far. */
export function logged(run: () => void | Promise<void>, onLine?: (count: number) => void): Promise<string[]> {
  return capture(["log"], run, onLine);
}

async function capture(
  methods: readonly ConsoleMethod[],
  run: () => void | Promise<void>,
  onLine?: (count: number) => void,
): Promise<string[]> {
  const lines: string[] = [];
  const originals = methods.map((method) => [method, console[method]] as const);
  for (const method of methods) {
    console[method] = (...args: unknown[]) => {
      lines.push(args.map((arg) => typeof arg === "object" ? show(arg).join("\n") : String(arg)).join(" "));
      onLine?.(lines.length);
    };
  }
  try {
    await run();
  } finally {
    for (const [method, original] of originals) console[method] = original;
  }
  return lines;
}

/** A value in every form in which this runtime shows one. */
export function show(value: unknown): string[] {
  const runtime = globalThis as {
    Deno?: { inspect(value: unknown, options: object): string };
    Bun?: { inspect(value: unknown, options: object): string };
  };
  return [
    inspect(value, { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity }),
    inspect(value),
    runtime.Deno?.inspect(value, { depth: 100, showHidden: true, strAbbreviateSize: Infinity }) ?? "",
    runtime.Bun?.inspect(value, { depth: 100 }) ?? "",
    JSON.stringify(value) ?? "",
    String(value),
    ...(value instanceof Error ? [value.stack ?? "", ...(value.cause === undefined ? [] : show(value.cause))] : []),
  ];
}

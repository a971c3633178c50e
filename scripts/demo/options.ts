/** The demo's command line. */
import { parseArgs } from "node:util";

/** Where the demo can run: `node` is Node 26 or later with `node:ffi`, `node20` an older one with the npm package. */
export const demoRuntimes = ["deno", "bun", "node", "node20"] as const;
/** One of {@link demoRuntimes}. */
export type DemoRuntime = typeof demoRuntimes[number];

/** A failure that its message explains: no stack is shown with it. */
export class DemoError extends Error {
  override name = "DemoError";
}

/** What the demo is asked to do. */
export interface DemoOptions {
  readonly messages: number;
  /** A real Kafka; without it, a mock cluster in the process. */
  readonly bootstrapServers: string | undefined;
  /** Without it, the runtime that was started. */
  readonly runtime: DemoRuntime | undefined;
  readonly help: boolean;
}

/** Shown by `--help`. */
export const usage: string = `Usage: deno task demo [--messages N] [--bootstrap-servers HOST:PORT] [--runtime NAME]
Sends messages, reads them back and checks every one. Exit code 0 only if all of them were right.
  --messages N                   how many (default: 100000)
  --bootstrap-servers HOST:PORT  a real Kafka, which must create topics by itself; the demo's two topics stay there.
                                 Without it: a mock cluster of 3 brokers inside the process
  --runtime NAME                 ${demoRuntimes.join(", ")}: run there instead; fetched by npm if it is not there.
                                 node is Node 26, node20 the Node on the PATH with the npm package`;

const maxMessages = 10_000_000;

/** Reads the arguments; throws with a message for people. */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: "string", default: "100000" },
      "bootstrap-servers": { type: "string" },
      runtime: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const messages = Number(values.messages.replaceAll("_", ""));
  if (!Number.isInteger(messages) || messages < 1 || messages > maxMessages) {
    throw new DemoError(`Cannot send "${values.messages}" messages: a number from 1 to ${maxMessages} is wanted`);
  }
  const runtime = demoRuntimes.find((name) => name === values.runtime);
  if (values.runtime !== undefined && runtime === undefined) {
    throw new DemoError(`Cannot run the demo on "${values.runtime}": choose from ${demoRuntimes.join(", ")}`);
  }
  return { messages, bootstrapServers: values["bootstrap-servers"], runtime, help: values.help };
}

/** The arguments that ask for the same on the runtime where the program already is. */
export function formatDemoOptions({ messages, bootstrapServers }: DemoOptions): string[] {
  const servers = bootstrapServers === undefined ? [] : [`--bootstrap-servers=${bootstrapServers}`];
  return [`--messages=${messages}`, ...servers];
}

/** The other clients that messages are exchanged with: kcat and confluent-kafka-python. */
import { spawn } from "node:child_process";
import { Buffer } from "node:buffer";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Runs a program to its end and returns what it printed. */
export function run(command: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
    child.on("error", (cause) => reject(new Error(`Cannot run ${command}: is it installed?`, { cause })));
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ended with ${code}: ${errors}`));
    });
    child.stdin.end(input);
  });
}

/** A message as it travels to and from the Python program. */
export interface PeerMessage {
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
  readonly timestamp: number;
}

const toBase64 = (data: Uint8Array | null): string | null =>
  data === null ? null : Buffer.from(data).toString("base64");
const fromBase64 = (text: string | null): Uint8Array | null =>
  text === null ? null : new Uint8Array(Buffer.from(text, "base64"));

const client = new URL("./python_client.py", import.meta.url);
const python = (args: readonly string[], input = ""): Promise<string> => runPython(client, args, input);

/** Runs a program with the Python that has confluent-kafka-python. */
export function runPython(script: URL, args: readonly string[], input = ""): Promise<string> {
  const interpreter = process.env["PYTHON_CLIENT"];
  if (interpreter === undefined) {
    throw new Error("Cannot run the Python client: PYTHON_CLIENT is not set; run the tests by `deno task test`");
  }
  return run(interpreter, [fileURLToPath(script), ...args], input);
}

/** Writes messages with confluent-kafka-python. */
export async function writeWithPython(servers: string, topic: string, messages: readonly PeerMessage[]): Promise<void> {
  const lines = messages.map((message) =>
    JSON.stringify({
      ...message,
      key: toBase64(message.key),
      value: toBase64(message.value),
      headers: message.headers.map(([name, value]) => [name, toBase64(value)]),
    })
  );
  await python(["write", servers, topic], `${lines.join("\n")}\n`);
}

/** Creates a topic that differs from the broker's defaults. */
export async function createTopic(
  servers: string,
  topic: string,
  options: { readonly partitions?: number; readonly config: Readonly<Record<string, string>> },
): Promise<void> {
  await python(["create", servers, topic, `${options.partitions ?? 1}`, JSON.stringify(options.config)]);
}

/** Sets properties of a group, for a group that may not be there yet. */
export async function configureGroup(
  servers: string,
  group: string,
  config: Readonly<Record<string, string>>,
): Promise<void> {
  await python(["configure", servers, group, JSON.stringify(config)]);
}

/** Reads a partition's first messages with confluent-kafka-python. */
export async function readWithPython(
  servers: string,
  topic: string,
  partition: number,
  count: number,
): Promise<(Omit<PeerMessage, "partition"> & { readonly offset: number })[]> {
  const output = await python(["read", servers, topic, `${partition}`, `${count}`]);
  return output.trim().split("\n").map((line) => {
    const message = JSON.parse(line) as {
      offset: number;
      key: string | null;
      value: string | null;
      headers: [string, string | null][];
      timestamp: number;
    };
    return {
      offset: message.offset,
      key: fromBase64(message.key),
      value: fromBase64(message.value),
      headers: message.headers.map(([name, value]) => [name, fromBase64(value)] as const),
      timestamp: message.timestamp,
    };
  });
}

/** A type that confluent-kafka-python has serializers for. */
export type PythonType = "string" | "integer" | "double";

/** A message of such types. */
export interface TypedPeerMessage {
  readonly types: readonly [key: PythonType, value: PythonType];
  readonly key: string | number | null;
  readonly value: string | number | null;
}

/** Writes messages to a topic's first partition with confluent-kafka-python's serializers. */
export async function writeTypedWithPython(
  servers: string,
  topic: string,
  messages: readonly TypedPeerMessage[],
): Promise<void> {
  await python(["write-typed", servers, topic], messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
}

/** Reads the first messages of a topic's first partition with confluent-kafka-python's deserializers of these types. */
export async function readTypedWithPython(
  servers: string,
  topic: string,
  types: readonly TypedPeerMessage["types"][],
): Promise<TypedPeerMessage[]> {
  const output = await python(
    ["read-typed", servers, topic],
    types.map((pair) => `${JSON.stringify(pair)}\n`).join(""),
  );
  return output.trim().split("\n").map((line, i) =>
    ({ types: types[i]!, ...JSON.parse(line) as object }) as TypedPeerMessage
  );
}

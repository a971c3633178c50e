/** `deno task doctor`: looks whether the client can work here and what the development tasks would miss, and how to mend it. */
import process from "node:process";
import { Consumer, Producer } from "../mod.ts";
import { MockCluster } from "../testing.ts";
import { libraryCandidates } from "../ffi/library.ts";
import { currentRuntime, openLibrary } from "../ffi/mod.ts";
import { examineTools, type Finding } from "./doctor/tools.ts";
import { isMain, main } from "./setup/command.ts";

const wakeUps = {
  deno: "a pipe, read by node:net",
  bun: "a pair of sockets, read by Bun.connect()",
  node: "a pipe, read by node:net",
};

async function doctor(): Promise<number> {
  const findings = [...examineClient()];
  if (findings.every(({ isRight }) => isRight)) findings.push(await examineRoundTrip());
  const canWork = findings.every(({ isRight }) => isRight);
  console.log("The client");
  findings.forEach(show);
  console.log("\nThe development tasks");
  const tools = await examineTools();
  tools.forEach(show);
  const missing = tools.filter(({ isRight }) => !isRight).length;
  console.log(
    `\n${canWork ? "The client works here" : "The client cannot work here"}; ` +
      (missing === 0 ? "nothing is missing for the tasks." : `${missing} missing for the tasks.`),
  );
  return canWork ? 0 : 1;
}

function* examineClient(): Generator<Finding> {
  const { platform, arch } = process;
  const runtime = currentRuntime();
  const tried = platform === "linux" && arch === "x64" ? "" : "; only linux x64 has been tested";
  yield { name: "runtime", isRight: true, text: `${runtime.name} ${runtime.version} on ${platform} ${arch}${tried}` };
  if (platform === "win32") {
    yield { name: "wake-up", isRight: false, text: "none", mend: "there is none for Windows yet: use WSL" };
    return;
  }
  try {
    const { library, source } = openLibrary();
    yield { name: "calls C by", isRight: true, text: library.interface };
    yield { name: "librdkafka", isRight: true, text: `${library.path}, from ${source}` };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    yield { name: "librdkafka", isRight: false, text, mend: mendLibrary() };
    return;
  }
  const others = libraryCandidates().filter(({ path }) => path === "").map(({ source, note }) => `${source}: ${note}`);
  if (others.length > 0) yield { name: "passed over", isRight: true, text: others.join("; ") };
  yield { name: "wake-up", isRight: true, text: wakeUps[runtime.name] };
}

function mendLibrary(): string {
  if (process.env["LIBRDKAFKA_PATH"]) return "unset LIBRDKAFKA_PATH, or let it name a librdkafka";
  return "deno task setup";
}

/** A message to the mock cluster and back: the proof that calls, wake-up, producer and consumer work. */
async function examineRoundTrip(): Promise<Finding> {
  const name = "round trip";
  const start = performance.now();
  try {
    await using cluster = new MockCluster();
    const servers = { "bootstrap.servers": cluster.bootstrapServers };
    await using producer = new Producer({ ...servers, "message.timeout.ms": 10_000 });
    const { version, features } = producer.library;
    const sent = await producer.send({ topic: "doctor", value: "99", headers: { unit: "°F" } }, { timeoutMs: 10_000 });
    await using consumer = new Consumer({ ...servers, "group.id": "doctor", "auto.offset.reset": "earliest" });
    consumer.subscribe(["doctor"]);
    const read = await consumer.poll({ timeoutMs: 10_000 });
    if (read?.offset !== sent.offset || read?.partition !== sent.partition) {
      return { name, isRight: false, text: "what was sent was not read within 10 s", mend: "please report it" };
    }
    const ms = (performance.now() - start).toFixed(0);
    const facts = `librdkafka ${version} with ${features.join(", ")}`;
    return { name, isRight: true, text: `sent and read through the mock cluster in ${ms} ms: ${facts}` };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { name, isRight: false, text, mend: "please report it" };
  }
}

function show({ name, isRight, text, mend }: Finding): void {
  const lines = text.split("\n");
  console.log(`  ${isRight ? "ok     " : "MISSING"}  ${name.padEnd(13)}  ${lines[0]}`);
  for (const line of lines.slice(1)) console.log(`${" ".repeat(26)}${line}`);
  if (!isRight && mend !== undefined) console.log(`${" ".repeat(26)}mend: ${mend}`);
}

if (isMain(import.meta)) await main(doctor);

/** `deno task kafka`: a real Kafka for tests and benchmarks, on the loopback interface and gone afterwards. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { findBackground, startBackground, stopBackground, writeAtomically } from "./kafka/background.ts";
import { securityVariable } from "./kafka/security.ts";
import { type KafkaOptions, startKafka } from "./kafka/server.ts";
import { isMain, main, SetupError } from "./setup/command.ts";

export { type KafkaSecurity, securityVariable } from "./kafka/security.ts";
export { type KafkaOptions, KafkaServer, startKafka } from "./kafka/server.ts";

/** The environment variable that names the cluster to the broker tests. */
export const bootstrapVariable = "KAFKA_BOOTSTRAP_SERVERS";
/** The environment variable that names the Schema Registry to them. */
export const registryVariable = "SCHEMA_REGISTRY_URL";

const usage = `Usage:
  kafka start [--brokers 1|3] [--secure] [--registry] [--name NAME]
              [--port-file FILE] [--json]
                                              starts Kafka and prints its address
  kafka status [--name NAME] [--json]                                     exit code 1 if it does not run
  kafka stop [--name NAME]
  kafka run [--brokers 1|3] [--secure] [--registry] -- COMMAND...
                                              Kafka for the time of a command, which finds ${bootstrapVariable}

--secure adds listeners with TLS and SASL: "start" prints another line, the JSON for ${securityVariable}, and the command
of "run" finds that variable. --registry starts a Schema Registry too: "start" prints another line, its address, and the
command of "run" finds it as ${registryVariable}.`;

async function kafka(): Promise<number> {
  const { values, positionals: [verb, ...command] } = parseArgs({
    allowPositionals: true,
    options: {
      brokers: { type: "string", default: "1" },
      secure: { type: "boolean", default: false },
      registry: { type: "boolean", default: false },
      name: { type: "string", default: "default" },
      "port-file": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { secure, registry } = values;
  const brokers = Number(values.brokers);
  if (brokers !== 1 && brokers !== 3) throw new SetupError(`Cannot start "${values.brokers}" brokers: 1 or 3`);
  if (values.help) {
    console.log(usage);
    return 0;
  }
  switch (verb) {
    case "start": {
      const state = await startBackground(values.name, { brokers, secure, registry });
      if (values["port-file"] !== undefined) writeAtomically(values["port-file"], `${state.bootstrapServers}\n`);
      console.log(values.json ? JSON.stringify(state) : state.bootstrapServers);
      if (secure && !values.json) console.log(JSON.stringify(state.security));
      if (registry && !values.json) console.log(state.schemaRegistry?.url);
      return 0;
    }
    case "status": {
      const state = await findBackground(values.name);
      if (values.json) console.log(JSON.stringify(state ?? null));
      else if (state === undefined) console.log("not running");
      else {console.log(
          `${state.bootstrapServers} (${state.pids.length} of ${state.brokers} broker(s), ${state.directory})`,
        );}
      return state === undefined ? 1 : 0;
    }
    case "stop":
      if (!await stopBackground(values.name)) console.error("not running");
      return 0;
    case "run":
      if (command.length === 0) throw new SetupError(`Cannot run: no command given\n${usage}`);
      return await runWith({ brokers, secure, registry }, command);
    default:
      throw new SetupError(usage);
  }
}

async function runWith(options: KafkaOptions, [program, ...parameters]: readonly string[]): Promise<number> {
  const server = await startKafka(options);
  try {
    // Ctrl-C reaches the command too: it ends first, then Kafka. A SIGTERM reaches only us, and is passed on.
    process.on("SIGINT", () => {});
    const child = spawn(program!, parameters, {
      stdio: "inherit",
      env: {
        ...process.env,
        [bootstrapVariable]: server.bootstrapServers,
        ...(server.security && { [securityVariable]: JSON.stringify(server.security) }),
        ...(server.schemaRegistry && { [registryVariable]: server.schemaRegistry.url }),
      },
    });
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    const [code, signal] = await once(child, "exit") as [number | null, keyof typeof constants.signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
    throw new SetupError(`Cannot run "${program}": it was not found`);
  } finally {
    await server.stop();
  }
}

if (isMain(import.meta)) await main(kafka);

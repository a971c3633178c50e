/** A real Kafka cluster on the loopback interface, for tests and benchmarks. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Registry, registryFolder } from "../registry/server.ts";
import { SetupError } from "../setup/command.ts";
import { Broker, type JavaSettings } from "./broker.ts";
import { Guard } from "./guard.ts";
import { findJava, kafkaClassPath } from "./jars.ts";
import { freePorts } from "./probe.ts";
import type { Node } from "./properties.ts";
import {
  drawSecrets,
  formatOptions,
  type KafkaSecurity,
  listenerNames,
  makeFiles,
  type Secrets,
  secureListeners,
} from "./security.ts";

/** How {@link startKafka} starts a cluster. */
export interface KafkaOptions {
  /** Brokers, each of which is a controller too. Default: 1. */
  readonly brokers?: 1 | 3;
  /** Broker properties that win over ours, for example `{ "group.consumer.session.timeout.ms": "6000" }`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Options for the virtual machine. Default: `["-Xmx512m"]`. */
  readonly javaOptions?: readonly string[];
  /** Adds listeners with TLS and SASL, see {@link KafkaServer.security}. Default: false. */
  readonly secure?: boolean;
  /** Starts a Schema Registry too, see {@link KafkaServer.schemaRegistry}. Default: false. */
  readonly registry?: boolean;
  /** How long a broker may take to start. Default: 120000. */
  readonly timeoutMs?: number;
}

/** The prefix of a cluster's temporary directory. */
export const directoryPrefix = "kafka-ffi-kafka-";

/**
 * Starts Kafka and waits until every broker serves clients and knows the others.
 *
 * The brokers end with {@link KafkaServer.stop}, with the scope of an `await using`, or when this process dies, however it
 * does. Nothing stays on disk but the jars in the cache folder.
 *
 * @throws {Error} If Java or Maven is missing, or with the end of the broker's log if it does not start.
 *
 * @example
 * ```ts
 * await using kafka = await startKafka({ brokers: 3 });
 * const producer = new Producer({ "bootstrap.servers": kafka.bootstrapServers });
 * ```
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  if (process.platform === "win32") throw new SetupError("Cannot run Kafka on Windows: use WSL");
  const java: JavaSettings = {
    java: await findJava(),
    classPath: await kafkaClassPath(),
    options: options.javaOptions ?? ["-Xmx512m"],
  };
  const folder = options.registry ? await registryFolder() : undefined;
  for (let attempt = 1;; attempt++) {
    const each = options.secure ? 2 + listenerNames.length : 2;
    const [registryPort, ...ports] = await freePorts(1 + each * (options.brokers ?? 1));
    const directory = mkdtempSync(join(tmpdir(), directoryPrefix));
    const secrets = options.secure ? drawSecrets(directory) : undefined;
    const registry = folder === undefined
      ? undefined
      : new Registry({ java: java.java, folder, directory, port: registryPort! });
    const plan = { java, directory, secrets, registry, options };
    const server = new KafkaServer(planNodes(ports, each, secrets), plan);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Somebody took a port between our look and the broker's bind.
      if (attempt < 3 && /Address already in use|seems to be in use/.test((error as Error).message)) continue;
      throw error;
    }
  }
}

/** A running cluster, made by {@link startKafka}. Brokers are named by their ids, which begin with 1. */
export class KafkaServer implements AsyncDisposable {
  /** For the client property of the same name. */
  readonly bootstrapServers: string;
  /** The temporary directory with everything the brokers write, and the certificates. */
  readonly directory: string;
  /** How to use the listeners with TLS and SASL, if they were asked for. */
  readonly security: KafkaSecurity | undefined;
  /** The Schema Registry, if it was asked for. */
  readonly schemaRegistry: Registry | undefined;
  readonly #brokers: readonly Broker[];
  readonly #guard: Guard;
  readonly #timeoutMs: number;
  readonly #secrets: Secrets | undefined;
  #stopped: Promise<void> | undefined;

  /** Use {@link startKafka}. */
  constructor(nodes: readonly Node[], { java, directory, secrets, registry, options }: Plan) {
    this.bootstrapServers = addresses(nodes, 0);
    this.directory = directory;
    this.#secrets = secrets;
    this.schemaRegistry = registry;
    this.security = secrets && {
      listeners: Object.fromEntries(
        listenerNames.map((name, index) => [name, addresses(nodes, index + 1)]),
      ) as KafkaSecurity["listeners"],
      ...secrets,
    };
    this.#guard = new Guard(this.directory);
    this.#timeoutMs = options.timeoutMs ?? 120_000;
    const cluster = { nodes, directory: this.directory, java, extra: options.properties ?? {} };
    this.#brokers = nodes.map((node) => new Broker(node, cluster));
  }

  /** Formats, launches and waits; {@link startKafka} has done it. */
  async start(): Promise<void> {
    const clusterId = randomBytes(16).toString("base64url").replace(/^-/, "A");
    this.schemaRegistry?.launch();
    const secrets = this.#secrets;
    const format = secrets === undefined ? [] : formatOptions(secrets);
    await Promise.all([
      ...this.#brokers.map((broker) => broker.format(clusterId, format)),
      secrets && makeFiles(this.directory, secrets),
    ]);
    for (const broker of this.#brokers) broker.launch();
    await Promise.all([this.#allReady(this.#brokers), this.schemaRegistry?.ready(this.#timeoutMs)]);
  }

  /** The process ids of the running brokers. */
  get pids(): number[] {
    return this.#brokers.flatMap((broker) => broker.pid ?? []);
  }

  /** Kills a broker with SIGKILL and waits until the process is gone. Its data stays for {@link restartBroker}. */
  async killBroker(id: number): Promise<void> {
    await this.#broker(id).kill();
  }

  /** Starts a killed broker again on the same data and ports, and waits until it serves. */
  async restartBroker(id: number): Promise<void> {
    const broker = this.#broker(id);
    broker.launch();
    await this.#allReady([broker]);
  }

  /** Where a broker logs to. */
  logFile(id: number): string {
    return this.#broker(id).logFile;
  }

  /** Kills the brokers and the registry, and deletes what they wrote. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      await Promise.all([...this.#brokers, this.schemaRegistry].map((each) => each?.kill()));
      rmSync(this.directory, { recursive: true, force: true });
      await this.#guard.dismiss();
    })();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Lets the cluster live on after this program: whoever calls this ends it by {@link pids} and {@link directory}. */
  async release(): Promise<void> {
    await this.#guard.dismiss();
    for (const each of [...this.#brokers, this.schemaRegistry]) each?.release();
  }

  #broker(id: number): Broker {
    const broker = this.#brokers.find(({ node }) => node.id === id);
    if (broker === undefined) throw new RangeError(`Cannot find broker ${id}: there are 1 to ${this.#brokers.length}`);
    return broker;
  }

  async #allReady(brokers: readonly Broker[]): Promise<void> {
    const options = { brokers: this.pids.length, timeoutMs: this.#timeoutMs };
    await Promise.all(brokers.map((broker) => broker.ready(options)));
  }
}

/** What a cluster is made of beside its nodes. */
interface Plan {
  readonly java: JavaSettings;
  readonly directory: string;
  readonly secrets: Secrets | undefined;
  readonly registry: Registry | undefined;
  readonly options: KafkaOptions;
}

/** As many nodes as there are ports for: `each` of them has a controller's, a plain listener's and the secured ones'. */
function planNodes(ports: readonly number[], each: number, secrets: Secrets | undefined): Node[] {
  return Array.from({ length: ports.length / each }, (_, index) => {
    const [controllerPort, port, ...secured] = ports.slice(each * index, each * (index + 1));
    return {
      id: index + 1,
      controllerPort: controllerPort!,
      listeners: [
        { name: "CLIENT", protocol: "PLAINTEXT", port: port! },
        ...(secrets === undefined ? [] : secureListeners(secured, secrets)),
      ],
    };
  });
}

/** The addresses of one listener of all nodes. */
function addresses(nodes: readonly Node[], listener: number): string {
  return nodes.map((node) => `127.0.0.1:${node.listeners[listener]!.port}`).join();
}

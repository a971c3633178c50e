/** One Kafka process: formatted storage, a start that waits for service, and a kill. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run, SetupError, tail } from "../setup/command.ts";
import { knownBrokers } from "./probe.ts";
import { brokerProperties, log4jProperties, type Node, propertiesText } from "./properties.ts";

/** Java, its class path and the options of the broker's virtual machine. */
export interface JavaSettings {
  readonly java: string;
  readonly classPath: string;
  readonly options: readonly string[];
}

/** A broker on a directory of its own, which it keeps over a kill and a restart. */
export class Broker {
  readonly node: Node;
  readonly #java: JavaSettings;
  readonly #directory: string;
  #child: ChildProcess | undefined;
  #launches = 0;

  constructor(
    node: Node,
    cluster: { nodes: readonly Node[]; directory: string; java: JavaSettings; extra: Readonly<Record<string, string>> },
  ) {
    this.node = node;
    this.#java = cluster.java;
    this.#directory = join(cluster.directory, `broker-${node.id}`);
    const dataDirectory = join(this.#directory, "data");
    mkdirSync(join(this.#directory, "tmp"), { recursive: true });
    const properties = brokerProperties(node, { nodes: cluster.nodes, dataDirectory, extra: cluster.extra });
    writeFileSync(join(this.#directory, "server.properties"), propertiesText(properties));
    writeFileSync(join(this.#directory, "log4j2.properties"), log4jProperties);
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Where the latest launch logs to. */
  get logFile(): string {
    return join(this.#directory, `log-${this.#launches}.txt`);
  }

  /** Prepares the storage for its first launch. */
  async format(clusterId: string, options: readonly string[] = []): Promise<void> {
    const tool = ["kafka.tools.StorageTool", "format", "--config", "server.properties", "--cluster-id", clusterId];
    const quickly = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
    const outcome = await run(this.#java.java, [...quickly, ...this.#virtualMachine(), ...tool, ...options], {
      cwd: this.#directory,
    });
    if (outcome?.code !== 0) {
      throw new SetupError(
        `Cannot format the storage of broker ${this.node.id}\n${tail(`${outcome?.stdout}${outcome?.stderr}`)}`,
      );
    }
  }

  /** Starts the process; {@link Broker.ready} tells when it serves. */
  launch(): void {
    if (this.#child !== undefined) throw new Error(`Cannot start broker ${this.node.id}: it is running`);
    this.#launches++;
    const log = openSync(this.logFile, "w");
    const parameters = [...this.#java.options, ...this.#virtualMachine(), "kafka.Kafka", "server.properties"];
    // A process group of its own: Ctrl-C reaches us, and we or the guard end the broker.
    const child = spawn(this.#java.java, parameters, {
      cwd: this.#directory,
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    const pidFile = join(this.#directory, "pid");
    if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
    child.once("exit", () => {
      rmSync(pidFile, { force: true });
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
  }

  /** Waits until the process has started, answers, and knows at least `brokers` brokers. */
  async ready(options: { brokers: number; timeoutMs: number }): Promise<void> {
    const deadline = performance.now() + options.timeoutMs;
    let last = "it has not logged that it started";
    while (performance.now() < deadline) {
      if (this.#child === undefined) throw this.#failure("it ended");
      if (this.#log().includes("Kafka Server started")) {
        const known = await knownBrokers(this.node.listeners[0]!.port);
        if (known !== undefined && known >= options.brokers) return;
        last = known === undefined ? "it does not answer" : `it knows ${known} of ${options.brokers} brokers`;
      }
      await sleep(50);
    }
    throw this.#failure(`after ${options.timeoutMs} ms ${last}`);
  }

  /** Ends the process at once, as a power cut would, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  /** Lets this program end while the broker goes on. */
  release(): void {
    this.#child?.unref();
  }

  #virtualMachine(): string[] {
    const temporary = join(this.#directory, "tmp");
    return [
      "-XX:-UsePerfData", // which would leave a file behind
      `-Djava.io.tmpdir=${temporary}`, // where the compression libraries unpack themselves
      "-Djava.net.preferIPv4Stack=true",
      `-Dlog4j2.configurationFile=${join(this.#directory, "log4j2.properties")}`,
      "-cp",
      this.#java.classPath,
    ];
  }

  #log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  #failure(reason: string): SetupError {
    return new SetupError(
      `Cannot start broker ${this.node.id}: ${reason}; its log ends with\n${tail(this.#log(), 40)}`,
    );
  }
}

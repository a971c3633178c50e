/** A real Schema Registry on the loopback interface: Apicurio Registry, which speaks Confluent's language. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "../../ffi/library.ts";
import { fetchOnce } from "../kafka/maven.ts";
import { registry } from "../pins.ts";
import { SetupError, tail } from "../setup/command.ts";

/** The folder with the registry's program, fetching it first if it is not there yet. */
export async function registryFolder(): Promise<string> {
  const folder = join(cacheFolder(), "registry", registry.version);
  const goal = ["unpack", `-Dartifact=${registry.artifact}`];
  await fetchOnce(folder, { what: `Apicurio Registry ${registry.version}`, goal });
  return folder;
}

/** Where and how a registry runs. */
export interface RegistryPlan {
  readonly java: string;
  /** The program's, see {@link registryFolder}. */
  readonly folder: string;
  /** The cluster's, where the registry has a folder of its own. */
  readonly directory: string;
  readonly port: number;
}

/** A registry that keeps everything in memory. */
export class Registry {
  /** For the configuration key `url`. */
  readonly url: string;
  readonly #plan: RegistryPlan;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  constructor(plan: RegistryPlan) {
    this.#plan = plan;
    this.#directory = join(plan.directory, "registry");
    this.url = `http://127.0.0.1:${plan.port}/apis/ccompat/v7`;
    mkdirSync(join(this.#directory, "tmp"), { recursive: true });
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Where it logs to. */
  get logFile(): string {
    return join(this.#directory, "log.txt");
  }

  /** Starts the process; {@link Registry.ready} tells when it serves. */
  launch(): void {
    const { java, folder, port } = this.#plan;
    const jar = readdirSync(folder).find((name) => name.endsWith("-runner.jar"));
    if (jar === undefined) throw new SetupError(`Cannot start the registry: "${folder}" has no program`);
    const log = openSync(this.logFile, "w");
    const parameters = [
      ...["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"],
      `-Djava.io.tmpdir=${join(this.#directory, "tmp")}`,
      ...["-Djava.net.preferIPv4Stack=true", "-Dquarkus.http.host=127.0.0.1", `-Dquarkus.http.port=${port}`],
      ...["-jar", join(folder, jar)],
    ];
    // As with brokers: a process group of its own, which we or the guard end.
    const child = spawn(java, parameters, { cwd: this.#directory, stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    const pidFile = join(this.#directory, "pid");
    if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
    child.once("exit", () => {
      rmSync(pidFile, { force: true });
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
  }

  /** Waits until it answers. */
  async ready(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      if (this.#child === undefined) throw this.#failure("it ended");
      const answer = await fetch(`${this.url}/subjects`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await sleep(100);
    }
    throw this.#failure(`after ${timeoutMs} ms it does not answer`);
  }

  /** Ends the process at once and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  /** Lets this program end while the registry goes on. */
  release(): void {
    this.#child?.unref();
  }

  #failure(reason: string): SetupError {
    const log = existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
    return new SetupError(`Cannot start the registry: ${reason}; its log ends with\n${tail(log, 40)}`);
  }
}

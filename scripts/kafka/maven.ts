/** Fetches what Maven's repository has, once, into a folder that is complete when it has its final name. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { kafka } from "../pins.ts";
import { run, SetupError, tail } from "../setup/command.ts";

/** What is fetched. */
export interface MavenJob {
  /** For messages: `Kafka 4.4.0`. */
  readonly what: string;
  /** The goal of the dependency plugin and its parameters, which fills the folder `fetched`. */
  readonly goal: readonly string[];
  /** Artifacts on which the project depends: `group:name:version`. */
  readonly dependencies?: readonly string[];
}

/** Fills a folder, unless it is filled already. */
export async function fetchOnce(folder: string, job: MavenJob): Promise<void> {
  if (isFilled(folder)) return;
  console.error(`Fetching ${job.what} with Maven (once)`);
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(join(dirname(folder), "fetch-"));
  try {
    writeFileSync(join(work, "pom.xml"), pom(job.dependencies ?? []));
    const [name, ...parameters] = job.goal;
    const goal = [`${kafka.mavenPlugin}:${name}`, "-DoutputDirectory=fetched", ...parameters];
    const outcome = await run("mvn", ["--batch-mode", "--quiet", "--strict-checksums", ...goal], { cwd: work });
    if (outcome === undefined) {
      throw new SetupError(
        `Cannot fetch ${job.what}: "mvn" was not found; install Maven (Debian: apt-get install maven; Homebrew: brew ` +
          "install maven)",
      );
    }
    if (outcome.code !== 0) {
      throw new SetupError(`Cannot fetch ${job.what}: Maven failed\n${tail(outcome.stdout + outcome.stderr)}`);
    }
    // A folder that has its final name is complete, whoever fetched it.
    try {
      renameSync(join(work, "fetched"), folder);
    } catch (error) {
      if (!isFilled(folder)) throw error;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function isFilled(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}

function pom(dependencies: readonly string[]): string {
  const elements = dependencies.map((artifact) => {
    const [group, name, version] = artifact.split(":");
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>kafka-ffi</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>${elements.join("")}</dependencies>
</project>
`;
}

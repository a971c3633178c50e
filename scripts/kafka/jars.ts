/** Kafka's jars: fetched once by Maven into the cache folder, and the Java that runs them. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { cacheFolder } from "../../ffi/library.ts";
import { kafka } from "../pins.ts";
import { run, SetupError, tail } from "../setup/command.ts";

/** The class path of Kafka, fetching the jars first if they are not there yet. */
export async function kafkaClassPath(): Promise<string> {
  const folder = join(cacheFolder(), "kafka", kafka.version);
  if (!isFilled(folder)) await fetchJars(folder);
  return join(folder, "*");
}

/** The `java` to run, which must be new enough. */
export async function findJava(): Promise<string> {
  const home = process.env["JAVA_HOME"];
  const java = home ? join(home, "bin", "java") : "java";
  const how = `install Java ${kafka.java} or later (Debian: apt-get install openjdk-${kafka.java}-jre-headless; ` +
    `Homebrew: brew install openjdk@${kafka.java}), or set JAVA_HOME to one`;
  const outcome = await run(java, ["-version"]);
  if (outcome === undefined) throw new SetupError(`Cannot start Kafka: "${java}" was not found; ${how}`);
  const version = /version "(?:1\.)?(\d+)/.exec(outcome.stderr + outcome.stdout)?.[1];
  if (outcome.code !== 0 || version === undefined) {
    throw new SetupError(`Cannot start Kafka: "${java} -version" failed\n${tail(outcome.stderr)}`);
  }
  if (Number(version) < kafka.java) {
    throw new SetupError(`Cannot start Kafka: "${java}" is Java ${version}; ${how}`);
  }
  return java;
}

function isFilled(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}

async function fetchJars(folder: string): Promise<void> {
  console.error(`Fetching Kafka ${kafka.version} with Maven (once)`);
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(join(dirname(folder), "fetch-"));
  try {
    writeFileSync(join(work, "pom.xml"), pom());
    const goal = [`${kafka.mavenPlugin}:copy-dependencies`, "-DoutputDirectory=jars", "-DincludeScope=runtime"];
    const outcome = await run("mvn", ["--batch-mode", "--quiet", "--strict-checksums", ...goal], { cwd: work });
    if (outcome === undefined) {
      throw new SetupError(
        'Cannot fetch Kafka: "mvn" was not found; install Maven (Debian: apt-get install maven; Homebrew: brew install maven)',
      );
    }
    if (outcome.code !== 0) {
      throw new SetupError(`Cannot fetch Kafka: Maven failed\n${tail(outcome.stdout + outcome.stderr)}`);
    }
    // A folder that has its final name is complete, whoever fetched it.
    try {
      renameSync(join(work, "jars"), folder);
    } catch (error) {
      if (!isFilled(folder)) throw error;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function pom(): string {
  const dependencies = kafka.artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(":");
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>kafka-ffi</groupId>
  <artifactId>test-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>${dependencies.join("")}</dependencies>
</project>
`;
}

/** Kafka's jars: fetched once by Maven into the cache folder, and the Java that runs them. */
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "../../ffi/library.ts";
import { kafka } from "../pins.ts";
import { run, SetupError, tail } from "../setup/command.ts";
import { fetchOnce } from "./maven.ts";

/** The class path of Kafka, fetching the jars first if they are not there yet. */
export async function kafkaClassPath(): Promise<string> {
  const folder = join(cacheFolder(), "kafka", kafka.version);
  await fetchOnce(folder, {
    what: `Kafka ${kafka.version}`,
    goal: ["copy-dependencies", "-DincludeScope=runtime"],
    dependencies: kafka.artifacts,
  });
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

/** Installs confluent-kafka-python, the reference client that the interoperability tests talk to. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import process from "node:process";
import { libraries, wheelPackage } from "../pins.ts";
import { must, root } from "./process.ts";

/**
 * The environment in which `PYTHON_CLIENT` is a Python that can import `confluent_kafka` with all that its serializers
 * of a Schema Registry need. A `PYTHON_CLIENT` set by the caller is used as it is.
 */
export async function pythonClient(): Promise<Record<string, string>> {
  const given = process.env["PYTHON_CLIENT"];
  const python = given ?? "python3";
  const folder = `${root}.cache/${wheelPackage.name}-${libraries.pinned.release}-schemas`;
  const env = given === undefined ? { PYTHON_CLIENT: python, PYTHONPATH: folder } : { PYTHON_CLIENT: python };
  if (given === undefined && !existsSync(folder)) await install(python, folder);
  const modules = ["", ".avro", ".json_schema", ".protobuf"].map((name) => `confluent_kafka.schema_registry${name}`);
  await must(python, ["-c", `import ${modules.join(", ")}`], { env });
  return env;
}

/** A folder of its own needs neither a virtual environment nor the right to change the machine's packages. */
async function install(python: string, folder: string): Promise<void> {
  console.log("Installing confluent-kafka-python with pip");
  const unfinished = `${folder}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const wanted = `${wheelPackage.name}[avro,json,protobuf,schemaregistry]==${libraries.pinned.release}`;
  const quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--only-binary=:all:"];
  await must(python, ["-m", "pip", "install", ...quiet, "--target", unfinished, wanted]);
  renameSync(unfinished, folder);
}

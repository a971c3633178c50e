/**
 * Writes the generated files from librdkafka's headers and its list of configuration properties, and from `deno.json`.
 *
 * `--check` writes nothing and fails if anything would change. `--since` first reads the exported functions of the pinned
 * releases again (some 40 MB of downloads) into `scripts/generate/exports.json` and `since.json`.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseHeaders } from "./generate/c_header.ts";
import { configTypesFile } from "./generate/config_types.ts";
import { parseConfiguration, propertiesFile } from "./generate/configuration.ts";
import { constantsFile } from "./generate/constants.ts";
import { errorCodesFile } from "./generate/error_codes.ts";
import { readExports } from "./generate/exports.ts";
import { checkLayout, layoutFile } from "./generate/layout.ts";
import { readSources } from "./generate/sources.ts";
import { statisticsFile } from "./generate/statistics.ts";
import { symbolsFile } from "./generate/symbols.ts";
import { versionFile } from "./generate/version.ts";

const root = new URL("../", import.meta.url);
const flags = new Set(process.argv.slice(2));
for (const flag of flags) {
  if (flag !== "--check" && flag !== "--since") {
    console.error(`Cannot understand ${flag}: the flags are --check and --since`);
    process.exit(2);
  }
}

function path(name: string): string {
  return fileURLToPath(new URL(name, root));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const files = new Map<string, string>();
if (flags.has("--since")) {
  const { exports, since } = readExports();
  files.set("scripts/generate/exports.json", json(exports));
  files.set("scripts/generate/since.json", json(since));
}

const sinceText = files.get("scripts/generate/since.json") ?? readFileSync(path("scripts/generate/since.json"), "utf8");
const sources = readSources();
const from = `librdkafka ${sources.version}`;
const header = parseHeaders([sources.header, sources.mockHeader]);
files.set("ffi/symbols.ts", symbolsFile(header, JSON.parse(sinceText) as Record<string, string>, from));
files.set("ffi/constants.ts", constantsFile(header, from));
files.set("ffi/layout.ts", layoutFile(header, from));
files.set("src/kafka/error_codes.ts", errorCodesFile(header, from));
const properties = parseConfiguration(sources.configuration);
files.set("src/config/properties.ts", propertiesFile(properties, from));
files.set("src/config/types.ts", configTypesFile(properties, from));
files.set("src/kafka/statistics.ts", statisticsFile(sources.statistics, from));
files.set("src/client/version.ts", versionFile(readFileSync(path("deno.json"), "utf8")));
if (!checkLayout(header, sources)) console.log("There is no C compiler here: the layouts were not compared with one");

const changed: string[] = [];
for (const [name, text] of files) {
  if (existsSync(path(name)) && readFileSync(path(name), "utf8") === text) continue;
  changed.push(name);
  if (!flags.has("--check")) writeFileSync(path(name), text);
}
if (changed.length === 0) console.log(`${files.size} generated files are as they should be`);
else if (flags.has("--check")) {
  console.error(`These files differ from what scripts/generate.ts writes:\n  ${changed.join("\n  ")}`);
  process.exitCode = 1;
} else console.log(`Written: ${changed.join(", ")}`);

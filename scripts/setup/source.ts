/** librdkafka built from its C source, for platforms without a wheel and for features that the wheels lack (GSSAPI). */
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { sourceTarball } from "../pins.ts";
import { type Outcome, run, SetupError, tail } from "./command.ts";
import { checkHash, installedFile, installFiles, type Target } from "./install.ts";

/** What configure looks for: its mark in `config.h`, what it is good for, and where it comes from. */
const parts = [
  { mark: "WITH_SSL", gives: "SSL, SASL SCRAM and OAUTHBEARER", debian: "libssl-dev" },
  { mark: "WITH_SASL_CYRUS", gives: "SASL GSSAPI", debian: "libsasl2-dev" },
  { mark: "WITH_CURL", gives: "OAUTHBEARER by OIDC", debian: "libcurl4-openssl-dev" },
  { mark: "WITH_ZLIB", gives: "gzip", debian: "zlib1g-dev" },
  { mark: "WITH_ZSTD", gives: "zstd", debian: "libzstd-dev" },
] as const;

/** Builds the pinned source and puts the library into its cache folder; the path of its file. */
export async function installFromSource(target: Target, report: (line: string) => void): Promise<string> {
  await requireTools(target.platform);
  await installFiles(target, async (work, into) => {
    const { name, version, folder, sha256 } = sourceTarball;
    const npm = await must("fetch the source", "npm", ["pack", `${name}@${version}`, "--silent"], work);
    const tarball = readdirSync(work).find((file) => file.endsWith(".tgz"));
    if (tarball === undefined) throw new SetupError(`Cannot fetch the source: npm left no file\n${tail(npm.stderr)}`);
    checkHash(tarball, readFileSync(join(work, tarball)), sha256);
    await must("unpack the source", "tar", ["-xzf", tarball], work);

    const source = join(work, folder);
    report(`Building librdkafka ${sourceTarball.librdkafka} from source`);
    await must("configure librdkafka", "bash", ["./configure"], source);
    const file = target.platform === "darwin" ? "librdkafka.1.dylib" : "librdkafka.so.1";
    await must("build librdkafka", "make", ["-C", "src", `-j${availableParallelism()}`, file], source);
    into(file, readFileSync(join(source, "src", file)));
    for (const line of features(readFileSync(join(source, "config.h"), "utf8"))) report(line);
  });
  return installedFile(target)!;
}

/** One line for each optional part: whether it is built in, and what would bring it. */
export function features(configHeader: string): string[] {
  return parts.map(({ mark, gives, debian }) =>
    new RegExp(`^#define ${mark} 1$`, "m").test(configHeader)
      ? `  with ${gives}`
      : `  without ${gives}: install ${debian} (Debian's name) and build again`
  );
}

async function requireTools(platform: string): Promise<void> {
  if (platform === "win32") throw new SetupError("Cannot build librdkafka on Windows: use the wheel (deno task setup)");
  const mend = platform === "darwin" ? "xcode-select --install" : "Debian: apt-get install build-essential";
  const tools = { bash: "configure is written for it", cc: mend, make: mend, tar: mend, npm: "it comes with Node" };
  const missing: string[] = [];
  for (const [tool, how] of Object.entries(tools)) {
    if (await run(tool, ["--version"]) === undefined) missing.push(`"${tool}" (${how})`);
  }
  if (missing.length > 0) throw new SetupError(`Cannot build librdkafka: ${missing.join(", ")} not found`);
}

async function must(action: string, command: string, parameters: readonly string[], cwd: string): Promise<Outcome> {
  const outcome = await run(command, parameters, { cwd });
  if (outcome === undefined) throw new SetupError(`Cannot ${action}: "${command}" was not found`);
  if (outcome.code !== 0) throw new SetupError(`Cannot ${action}\n${tail(outcome.stdout + outcome.stderr, 40)}`);
  return outcome;
}

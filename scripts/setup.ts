/** `deno task setup`: puts a pinned, checked librdkafka into the user's cache folder, where the library finds it. */
import process from "node:process";
import { parseArgs } from "node:util";
import { libraries, sourceTarball } from "./pins.ts";
import { isMain, main, SetupError } from "./setup/command.ts";
import { installedFile, type Target } from "./setup/install.ts";
import { installFromSource } from "./setup/source.ts";
import { installFromWheel } from "./setup/wheel.ts";

/** What {@link setup} puts where. */
export interface SetupOptions {
  /** A pinned release of the Python package: `2.16.1` (the default) or the floor's `2.8.2`. */
  readonly release?: string;
  /** Build it from C source instead. */
  readonly fromSource?: boolean;
  /** Told what is being done, a line at a time; not called when there is nothing to do. */
  readonly report?: (line: string) => void;
  readonly platform?: string;
  readonly arch?: string;
}

/** Puts librdkafka into the cache folder unless it is there already; the path of the library file. */
export async function setup(options: SetupOptions = {}): Promise<string> {
  const { release = libraries.pinned.release, platform = process.platform, arch = process.arch } = options;
  const report = options.report ?? (() => {});
  if (options.fromSource) {
    const target: Target = { version: `${sourceTarball.librdkafka}-source`, platform, arch };
    return installedFile(target) ?? await installFromSource(target, report);
  }
  const library = Object.values(libraries).find((each) => each.release === release);
  if (library === undefined) {
    const known = Object.values(libraries).map((each) => each.release).join(", ");
    throw new SetupError(`Cannot fetch release "${release}": pinned are ${known}`);
  }
  const target: Target = { version: library.librdkafka, platform, arch };
  const there = installedFile(target);
  if (there !== undefined) return there;
  report(`Fetching librdkafka ${library.librdkafka} for ${platform}-${arch}`);
  return await installFromWheel(library, target);
}

const usage = `Usage: setup [--librdkafka RELEASE] [--from-source] [--quiet]
Puts librdkafka into the cache folder and prints the path of its file.
  --librdkafka RELEASE  a pinned release of the wheel: ${
  Object.values(libraries).map(({ release }) => release).join(", ")
}
  --from-source         build librdkafka ${sourceTarball.librdkafka}; needs a C compiler, make and npm
  --quiet               print nothing unless it fails`;

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      librdkafka: { type: "string" },
      "from-source": { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const path = await setup({
    fromSource: values["from-source"],
    ...(values.librdkafka === undefined ? {} : { release: values.librdkafka }),
    ...(values.quiet ? {} : { report: (line: string) => console.error(line) }),
  });
  if (!values.quiet) console.log(path);
  return 0;
}

if (isMain(import.meta)) await main(run);

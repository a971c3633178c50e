/** The oldest librdkafka that is accepted, as a file. */
import process from "node:process";
import { floor } from "../../../ffi/library.ts";
import { libraries } from "../../../scripts/pins.ts";
import { installedFile } from "../../../scripts/setup/install.ts";

/** The version that the library of {@linkcode floorLibrary} has. */
export const floorVersion: string = floor.version;

/** The file in the cache folder; null on a platform for which no wheel of it is pinned. */
export function floorLibrary(): string | null {
  const { platform, arch } = process;
  const { release, wheels } = libraries.floor;
  if (!(`${platform}-${arch}` in wheels)) return null;
  const file = installedFile({ version: floor.version, platform, arch });
  if (file !== undefined) return file;
  throw new Error(
    `librdkafka ${floor.version} is not in the cache: run "deno run -A scripts/setup.ts --librdkafka ${release}"`,
  );
}

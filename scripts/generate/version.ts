/** The package's version as a value, from `deno.json`, where it is written down. */
import { banner, literal } from "./file.ts";

/** `src/client/version.ts`. */
export function versionFile(manifest: string): string {
  const { version } = JSON.parse(manifest) as { version: string };
  return banner("The version of this package.", "deno.json") + `
/**
 * The version of this package; librdkafka's own is in {@link libraryInfo}.
 *
 * Source: \`version()\` in confluent-kafka-python.
 */
export const version: string = ${literal(version)};
`;
}

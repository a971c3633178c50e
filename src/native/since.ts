/** What the librdkafka in use does not have yet. */
import { type Signature, symbols } from "../../ffi/mod.ts";
import { UnsupportedFeatureError } from "../kafka/error.ts";
import type { Native } from "./native.ts";

/**
 * Throws {@link UnsupportedFeatureError} if this librdkafka is older than a C function.
 *
 * @param feature What the function is wanted for, in the words of whoever reads the error.
 */
export function checkFunction(native: Native, name: keyof typeof symbols, feature: string): void {
  const { since }: Signature = symbols[name];
  if (since === undefined || !isBefore(native.version, since)) return;
  throw new UnsupportedFeatureError(feature, since, `librdkafka ${native.version}`);
}

function isBefore(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

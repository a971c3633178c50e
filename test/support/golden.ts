/** Reads the golden vectors, and turns what JSON cannot say into the values of one of our formats. */
import { readFileSync } from "node:fs";

/** A file of golden vectors. */
export interface GoldenFile<Case> {
  readonly cases: readonly Case[];
}

/** How a format says the values that are tagged in the vectors. Those that are left out come as they are in the JSON. */
export interface Tagged {
  /** Digits and a point. */
  decimal?(text: string): unknown;
  /** `2024-02-29`. */
  date?(text: string): unknown;
  /** `12:34:56.789000`. */
  time?(text: string): unknown;
  /** An instant, `2023-11-14T17:13:20.123999-05:00`. */
  datetime?(text: string): unknown;
  /** A local timestamp, `2023-11-14T22:13:20.5`. */
  naive?(text: string): unknown;
  uuid?(text: string): unknown;
  /** A union's branch, and a value that was turned already. */
  tuple?(branch: string, value: unknown): unknown;
}

/** Reads a file of `test/golden`. */
export function golden<Case>(name: string): GoldenFile<Case> {
  return JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url), "utf8"));
}

/**
 * Turns a value of the vectors into one of ours. A `$int` is a number while that is exact, else a bigint; `$bytes` are a
 * `Uint8Array`; `$float` and `$repeat` are what they say.
 */
export function untagged(value: unknown, tags: Tagged = {}): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => untagged(item, tags));
  const entries = Object.entries(value);
  const [tag, content] = entries[0] ?? ["", null];
  if (entries.length === 1 && tag.startsWith("$")) return valueOf(tag.slice(1), content, tags);
  // What `JSON.parse` has made of a "__proto__" is a property, and stays one.
  return Object.fromEntries(entries.map(([key, one]) => [key, untagged(one, tags)]));
}

/** The bytes that are written in hexadecimal digits. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** Bytes in hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The microseconds from 1970 to an instant, or to a local timestamp as if it were one in UTC. */
export function epochMicros(text: string): bigint {
  const [, seconds = "", fraction = "", zone = "Z"] = /^([^.+Z]*T[\d:]+)(?:\.(\d+))?(Z|[+-][\d:]+)?$/.exec(text) ?? [];
  return BigInt(Date.parse(seconds + zone)) * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
}

function valueOf(tag: string, content: unknown, tags: Tagged): unknown {
  const text = content as string;
  const floats: Record<string, number> = { "nan": NaN, "inf": Infinity, "-inf": -Infinity, "-0.0": -0 };
  switch (tag) {
    case "int": {
      const number = Number(text);
      return Number.isSafeInteger(number) ? number : BigInt(text);
    }
    case "bytes":
      return fromHex(text);
    case "float":
      return floats[text];
    case "repeat": {
      const [part, times] = content as [string, number];
      return part.repeat(times);
    }
    case "tuple": {
      const [branch, value] = content as [string, unknown];
      return tags.tuple ? tags.tuple(branch, untagged(value, tags)) : untagged(value, tags);
    }
    case "decimal":
    case "date":
    case "time":
    case "datetime":
    case "naive":
    case "uuid":
      return tags[tag] ? tags[tag](text) : text;
    default:
      throw new Error(`The vectors have a tag that is not known here: "$${tag}"`);
  }
}

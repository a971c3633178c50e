/** Random values for messages, the same ones each time. */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** Gives numbers from 0 to below 1; the same seed gives the same ones. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DEPTH = 3;
const words = [
  "",
  "a",
  "Ada Lovelace",
  "žluťoučký kůň",
  "日本語",
  "😀!",
  "x".repeat(47),
  "é".repeat(50),
  "y".repeat(300),
];

/** Gives a plain object with values for a message's fields, of which about half are set, and fewer in those inside; required ones always. */
export function randomValue(message: DescMessage, random: () => number, depth = 0): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const member of message.members) {
    const isRequired = member.kind === "field" && member.presence === 3;
    if (!isRequired && random() < (depth === 0 ? 0.5 : 0.9)) continue;
    if (member.kind === "oneof") {
      const field = member.fields[Math.floor(random() * member.fields.length)]!;
      const inner = randomField(field, random, depth);
      if (inner !== undefined) value[member.localName] = { case: field.localName, value: inner };
    } else {
      const inner = randomField(member, random, depth);
      if (inner !== undefined) value[member.localName] = inner;
    }
  }
  return value;
}

function randomField(field: DescField, random: () => number, depth: number): unknown {
  const one = (): unknown => randomOne(field, random, depth);
  const count = Math.floor(random() * 4);
  if (field.fieldKind === "list") return Array.from({ length: count }, one).filter((item) => item !== undefined);
  if (field.fieldKind !== "map") return one();
  const entries = Array.from({ length: count }, () => [String(randomScalar(field.mapKey, random, false)), one()]);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

function randomOne(field: DescField, random: () => number, depth: number): unknown {
  if (field.enum !== undefined) return field.enum.values[Math.floor(random() * field.enum.values.length)]!.number;
  const { message } = field;
  if (message === undefined) {
    return randomScalar(
      field.scalar!,
      random,
      field.fieldKind !== "map" && "longAsString" in field && field.longAsString,
    );
  }
  if (message.typeName === "google.protobuf.Struct") return { a: [1, null, { b: "x" }], c: random() < 0.5 };
  const [only] = message.fields;
  const isWrapper = /^google\.protobuf\.\w+Value$/.test(message.typeName);
  if (isWrapper && field.fieldKind === "message" && field.oneof === undefined) {
    return randomScalar(only!.scalar!, random, false);
  }
  return depth < DEPTH ? randomValue(message, random, depth + 1) : undefined;
}

function randomScalar(type: ScalarType, random: () => number, longAsString: boolean): unknown {
  const pick = <T>(...values: T[]): T => values[Math.floor(random() * values.length)]!;
  const long = (value: bigint): unknown => longAsString ? String(value) : value;
  switch (type) {
    case ScalarType.STRING:
      return pick(...words);
    case ScalarType.BYTES:
      return Uint8Array.from({ length: pick(0, 1, 5, 200) }, () => random() * 256);
    case ScalarType.BOOL:
      return pick(true, false);
    case ScalarType.DOUBLE:
      return pick(0, -0, 1.5, -1e300, NaN, Infinity, -Infinity, 5e-324, random());
    case ScalarType.FLOAT:
      return pick(0, -0, 1.5, -0.25, NaN, Infinity, -Infinity, 3.4028234663852886e38);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return pick(0, 1, -1, 127, 128, -129, 2147483647, -2147483648, Math.floor(random() * 1e6));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return pick(0, 1, 127, 128, 16384, 4294967295, Math.floor(random() * 1e6));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return long(pick(0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n));
    default:
      return long(pick(0n, 1n, -1n, 127n, 128n, -129n, 2n ** 32n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)));
  }
}

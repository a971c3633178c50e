/** Messages with all that there is, and random values for them, the same ones each time. */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { loadProtoFile } from "../../../../src/serde/protobuf/descriptors.ts";

const scalars = ["double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64"].concat(
  ["fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes"],
);
const keys = scalars.filter((type) => !["double", "float", "bytes"].includes(type));
const fields = (label: string, from: number, types = scalars): string =>
  types.map((type, i) => `${label} ${type} ${label || "plain"}_${type} = ${from + i};`).join(" ");

const proto3 = `syntax = "proto3"; package t;
import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto"; import "google/protobuf/timestamp.proto";
message All {
  ${fields("", 1)} ${fields("optional", 100)} ${fields("repeated", 2000)}
  ${keys.map((key, i) => `map<${key}, ${scalars[i]}> map_${key} = ${300 + i};`).join(" ")}
  repeated int32 unpacked = 400 [packed = false]; Kind kind = 401; repeated Kind kinds = 402; optional Kind maybe = 403;
  All self = 410; repeated All selves = 411; map<string, All> by_name = 412; map<int32, Kind> kind_by_number = 413;
  oneof one { string s = 420; All m = 421; Kind k = 422; bytes b = 423; google.protobuf.StringValue w = 424; }
  oneof two { sint64 i = 430; bool constructor = 431; }
  google.protobuf.StringValue name = 440; google.protobuf.BytesValue data = 441; google.protobuf.Int64Value big = 442;
  google.protobuf.Struct json = 450; repeated google.protobuf.Struct jsons = 451; map<string, google.protobuf.Struct> json_map = 452;
  google.protobuf.Value value = 453; google.protobuf.Timestamp at = 454; repeated google.protobuf.DoubleValue doubles = 455;
  int64 as_string = 460 [jstype = JS_STRING]; repeated int64 as_strings = 461 [jstype = JS_STRING];
  string to_string = 471; repeated int32 value_of = 472;
  enum Kind { ZERO = 0; ONE = 1; NEGATIVE = -1; }
}`;
const proto2 = `package t;
message Two {
  required int32 id = 1; ${fields("optional", 100)} ${
  fields("repeated", 200)
} repeated int32 packed = 300 [packed = true];
  optional string text = 301 [default = "x"]; optional Kind kind = 302 [default = TWO]; repeated Kind kinds = 303;
  optional group Grp = 304 { optional int32 g = 1; optional Two inside = 2; } repeated group Many = 305 { required string h = 1; }
  oneof one { string s = 306; group Choice = 307 { optional bool c = 1; } }
  optional Two self = 308; map<string, Two> by_name = 309; map<bool, bytes> flags = 310; extensions 500 to 600;
  enum Kind { ONE = 1; TWO = 2; }
}`;
const editions = `edition = "2023"; package t; option features.field_presence = IMPLICIT;
message Ed {
  int32 a = 1; int32 b = 2 [features.field_presence = EXPLICIT]; Ed c = 3 [features.message_encoding = DELIMITED];
  repeated int32 d = 4 [features.repeated_field_encoding = EXPANDED]; repeated Ed e = 5; string f = 6; map<string, Ed> g = 7;
}`;

/** A message of a schema. */
export function typeOf(schema: string, name: string): DescMessage {
  return loadProtoFile({ schema }, []).registry.getMessage(name)!;
}

/** Messages of proto3, proto2 and an edition with fields of every kind. */
export const everyType: readonly DescMessage[] = [
  typeOf(proto3, "t.All"),
  typeOf(proto2, "t.Two"),
  typeOf(editions, "t.Ed"),
];

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

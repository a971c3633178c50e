/** Field rules on Protobuf messages: which fields are visited, under which names and tags, and what becomes of the value. */
import { create, type Message } from "@bufbuild/protobuf";
import { SerializationError } from "../../../../mod.ts";
import { performNow } from "../../../../src/kafka/work.ts";
import type { VisitField } from "../../../../src/serde/format.ts";
import { protobufFormat } from "../../../../src/serde/protobuf/format.ts";
import type { FieldContext } from "../../../../src/serde/rules/types.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../../../support/assert.ts";

const SCHEMA = `syntax = "proto3"; package p;
import "confluent/meta.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
message A {
  string name = 1 [(confluent.field_meta).tags = "PII", (confluent.field_meta).tags = "NAME"];
  int32 count = 2; int64 big = 3; bool flag = 4; double score = 5; float ratio = 6; bytes raw = 7; E kind = 8;
  optional string maybe = 9; repeated string list = 10 [(confluent.field_meta) = { tags: ["PII"] }];
  map<string, string> map = 11; B inner = 12; repeated B inners = 13; map<int32, B> by_number = 14;
  oneof one { string text = 15 [(confluent.field_meta).tags = "PII"]; B message = 16; }
  google.protobuf.StringValue wrapped = 17 [(confluent.field_meta).tags = "PII"]; google.protobuf.Struct json = 18;
}
message B { string secret = 1 [(confluent.field_meta).tags = "PII"]; A back = 2; }
enum E { ZERO = 0; ONE = 1; }`;

const format = protobufFormat();
const parsed = format.parse({ schema: SCHEMA }, []);

/** Walks a value and gives what it became, and the fields that were visited. */
function walk(
  value: unknown,
  change: (field: FieldContext, value: unknown) => unknown,
): { result: unknown; seen: unknown[] } {
  const seen: unknown[] = [];
  const visit: VisitField = function* (field, inner) {
    seen.push([field.fullName, field.name, field.type, [...field.tags].join(" "), inner]);
    return yield change(field, inner);
  };
  return { result: performNow(format.walk(parsed, value, visit)), seen };
}

const keep = (_field: FieldContext, value: unknown): unknown => value;

test("protobufFormat().walk() visits fields with their names, types and tags", () => {
  const { seen } = walk({
    name: "x",
    count: 1,
    big: 2n,
    flag: true,
    score: 1.5,
    ratio: 0.5,
    raw: Uint8Array.of(1),
    kind: 1,
  }, keep);
  assertEquals(seen, [
    ["p.A.name", "name", "STRING", "PII NAME", "x"],
    ["p.A.count", "count", "INT", "", 1],
    ["p.A.big", "big", "LONG", "", 2n],
    ["p.A.flag", "flag", "BOOLEAN", "", true],
    ["p.A.score", "score", "DOUBLE", "", 1.5],
    ["p.A.ratio", "ratio", "FLOAT", "", 0.5],
    ["p.A.raw", "raw", "BYTES", "", Uint8Array.of(1)],
    ["p.A.kind", "kind", "ENUM", "", 1],
  ]);
});

test("protobufFormat().walk() visits what is zero without presence, and not what is not set", () => {
  const names = (value: unknown) => walk(value, keep).seen.map((one) => (one as [string])[0]);
  const zero = ["name", "count", "big", "flag", "score", "ratio", "raw", "kind"].map((name) => `p.A.${name}`);
  assertEquals(names({}), zero);
  assertEquals(names(create(parsed.message!)), zero);
  assertEquals(names({ maybe: "", one: { case: "text", value: "" } }), [...zero, "p.A.maybe", "p.A.text"]);
});

test("protobufFormat().walk() visits the values of lists and maps, messages in messages, wrappers and JSON", () => {
  const value = {
    list: ["a", "b"],
    map: { k: "c" },
    inner: { secret: "d" },
    inners: [{ secret: "e" }],
    byNumber: { 7: { secret: "f" } },
    one: { case: "message", value: { secret: "g", back: { name: "h" } } },
    wrapped: "i",
    json: { a: ["j", 1, null, { b: true }] },
  };
  const message = create(parsed.message!, value) as Message & typeof value;
  for (const given of [value, message]) {
    const strings = walk(given, keep).seen.map((one) => one as unknown[]).filter(([, , type, , inner]) =>
      type === "STRING" && inner !== ""
    );
    assertEquals(strings.map(([fullName, , , tags, inner]) => [fullName, tags, inner]), [
      ["p.A.list", "PII", "a"],
      ["p.A.list", "PII", "b"],
      ["p.A.map", "", "c"],
      ["p.B.secret", "PII", "d"],
      ["p.B.secret", "PII", "e"],
      ["p.B.secret", "PII", "f"],
      ["p.B.secret", "PII", "g"],
      ["p.A.name", "PII NAME", "h"],
      ["google.protobuf.StringValue.value", "", "i"],
      ["google.protobuf.Value.string_value", "", "j"],
    ]);
    const { result } = walk(given, ({ type }, inner) => type === "STRING" ? `${inner}!` : inner);
    const changed = result as Record<string, Record<string, unknown>>;
    assertEquals(changed["list"] as unknown, ["a!", "b!"]);
    assertEquals(changed["map"], { k: "c!" });
    assertEquals(changed["byNumber"]!["7"], { ...message.byNumber[7], secret: "f!" });
    assertEquals((changed["one"]!["value"] as Record<string, unknown>)["secret"], "g!");
    assertEquals(changed["wrapped"] as unknown, "i!");
    assertEquals(changed["json"], { a: ["j!", 1, null, { b: true }] });
    assertEquals(given.list, ["a", "b"]);
    assertEquals(given.inner.secret, "d");
  }
});

test("protobufFormat().walk() gives a copy with the same presence and unknown fields", () => {
  const two = format.parse({
    schema: "message T { optional string a = 1; optional string b = 2 [default = 'x']; optional T t = 3; }",
  }, []);
  const type = two.message!;
  const message = create(type, { a: "y", t: {} });
  message.$unknown = [{ no: 9, wireType: 0, data: Uint8Array.of(1) }];
  const visit: VisitField = function* (_field, value) {
    return yield `${value}!`;
  };
  const result = performNow(format.walk(two, message, visit)) as Message & { a: string; b: string };
  assertEquals([result.a, result.b, Object.hasOwn(result, "b")], ["y!", "x", false]);
  assertStrictEquals(result.$unknown, message.$unknown);
  assertEquals((message as unknown as { a: string }).a, "y");
});

test("protobufFormat().walk() takes names and tags from the schema, whatever the type of the values says", () => {
  const own = protobufFormat().parse({ schema: 'syntax = "proto3"; package p; message A { string other = 1; }' }, [])
    .message!;
  const typed = protobufFormat({ messageType: own });
  const schema = typed.parse({ schema: SCHEMA }, []);
  const seen: unknown[] = [];
  const visit: VisitField = function* ({ fullName, tags }, value) {
    seen.push(fullName, ...tags);
    return yield value;
  };
  performNow(typed.walk(schema, create(own, { other: "x" }), visit));
  assertEquals(seen, ["p.A.name", "PII", "NAME"]);
});

test("protobufFormat().walk() refuses values that go round, or are none", () => {
  const circle: Record<string, unknown> = {};
  circle["inner"] = { back: circle };
  const json: Record<string, unknown> = {};
  json["a"] = json;
  for (const value of [circle, { json }, { list: 5 }, { inner: "x" }, null]) {
    assertThrows(() => walk(value, keep), SerializationError);
  }
  const start = performance.now();
  assertThrows(() => walk(circle, keep), SerializationError);
  assert(performance.now() - start < 1000);
});

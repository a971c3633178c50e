/**
 * What serializers of all formats have in common: one question for all who ask, then nothing to wait for, and whose id
 * is whose.
 */
import { NotPreparedError, SerializationError } from "../../../mod.ts";
import { SchemaRegistryError } from "../../../src/schema_registry/error.ts";
import type { Registry } from "../../../src/serde/registry.ts";
import { SchemaSerializer, type SerializerOptions } from "../../../src/serde/serializer.ts";
import { headerSchemaIdSerializer } from "../../../src/serde/wire.ts";
import { test } from "../../harness.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../../support/assert.ts";
import { hex, unhex } from "../../support/hex.ts";
import { GoldenRegistry } from "../../support/serde/golden_registry.ts";
import { type ToyFormat, toyFormat } from "../../support/serde/toy_format.ts";

const schema = { schema: '{"title":"Order","fields":["id"]}', schemaType: "JSON" } as const;
const orders = { topic: "orders", field: "value" } as const;
const bodyOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes.subarray(5)));

type Order = Readonly<Record<string, unknown>>;

function serializer(
  registry: Registry,
  options: SerializerOptions<Order> = {},
  format: ToyFormat = toyFormat(),
): SchemaSerializer<Order> {
  return new SchemaSerializer<Order>({ registry, format, schema, options });
}

test("SchemaSerializer asks once for all who serialize a topic's first values", async () => {
  const registry = new GoldenRegistry([], { nextId: 7 });
  const format = toyFormat();
  const orderSerializer = serializer(registry, {}, format);
  const all = await Promise.all([1, 2, 3].map((id) => orderSerializer.serialize({ id }, orders)));
  assertEquals(all.map((bytes) => hex(bytes.subarray(0, 5))), ["0000000007", "0000000007", "0000000007"]);
  assertEquals(all.map(bodyOf), [{ id: 1 }, { id: 2 }, { id: 3 }]);
  assertEquals(registry.calls, ["getAssociations orders", "register orders-value"]);
  assertEquals([format.parses, format.encoders], [1, 1]);
});

test("SchemaSerializer.serializeSync() works after prepare(), and before it throws a NotPreparedError", async () => {
  const orderSerializer = serializer(new GoldenRegistry([], { nextId: 7 }));
  assertThrows(() => orderSerializer.serializeSync({ id: 1 }, orders), NotPreparedError);
  await orderSerializer.prepare(orders);
  assertEquals(orderSerializer.serializeSync({ id: 1 }, orders), await orderSerializer.serialize({ id: 1 }, orders));
  assertThrows(() => orderSerializer.serializeSync({ id: 1 }, { topic: "other", field: "value" }), NotPreparedError);
  assertThrows(() => orderSerializer.serializeSync({ id: 1 }, { topic: "orders", field: "key" }), NotPreparedError);
});

test("SchemaSerializer frames each subject's values with its own id, in any order", async () => {
  const topics = ["a", "b"].map((topic, i) => ({ ...schema, subject: `${topic}-value`, version: 1, id: 10 + i }));
  const orderSerializer = serializer(new GoldenRegistry(topics));
  const ids: number[] = [];
  for (const topic of ["a", "b", "a", "b", "b", "a"]) {
    ids.push((await orderSerializer.serialize({ id: 1 }, { topic, field: "value" }))[4]!);
    ids.push(orderSerializer.serializeSync({ id: 1 }, { topic, field: "value" })[4]!);
  }
  assertEquals(ids, [10, 10, 11, 11, 10, 10, 11, 11, 11, 11, 10, 10]);
});

test("SchemaSerializer leaves null and undefined alone, and asks for nothing", async () => {
  const registry = new GoldenRegistry();
  const anySerializer = serializer(registry) as SchemaSerializer<unknown>;
  for (const value of [null, undefined]) {
    assertStrictEquals(await anySerializer.serialize(value, orders) as unknown, null);
    assertStrictEquals(anySerializer.serializeSync(value, orders) as unknown, null);
  }
  assertEquals(registry.calls, []);
});

test("SchemaSerializer tells topic, subject and id of what failed, but nothing of the value", async () => {
  const orderSerializer = serializer(new GoldenRegistry([], { nextId: 7 }));
  const error = await assertRejects(() => orderSerializer.serialize({ secret: "hunter2" }, orders), SerializationError);
  assertEquals(error.message, 'Cannot encode: no field "id" (subject "orders-value", schema 7)');
  assertEquals([error.topic, error.field, error.subject, error.schemaId], ["orders", "value", "orders-value", 7]);
  const toDict = () => {
    throw new TypeError("hunter2");
  };
  const broken = serializer(new GoldenRegistry([], { nextId: 7 }), { toDict });
  const thrown = await assertRejects(() => broken.serialize({ id: 1 }, orders), SerializationError);
  assert(!thrown.message.includes("hunter2"), thrown.message);
});

test("SchemaSerializer asks again after a failure, which is a SerializationError with the registry's error as its cause", async () => {
  const registry = new GoldenRegistry([], { nextId: 7 });
  registry.onCall = (call) => {
    if (call.startsWith("register")) {
      throw new SchemaRegistryError("It is down", { httpStatusCode: 503, isRetriable: true });
    }
  };
  const orderSerializer = serializer(registry);
  const error = await assertRejects(
    () => orderSerializer.serialize({ id: 1 }, orders),
    SerializationError,
    "It is down",
  );
  assertInstanceOf(error.cause, SchemaRegistryError);
  assertEquals([error.isRetriable, error.topic], [true, "orders"]);
  registry.onCall = () => {};
  assertEquals(bodyOf(await orderSerializer.serialize({ id: 1 }, orders)), { id: 1 });
});

test("SchemaSerializer.encodeInto() writes behind an offset, and says when there is no room", async () => {
  const orderSerializer = serializer(new GoldenRegistry([], { nextId: 7 }));
  await orderSerializer.prepare(orders);
  const target = new Uint8Array(40).fill(0xee);
  const expected = hex(await orderSerializer.serialize({ id: 1 }, orders));
  for (const offset of [0, 3, 7]) {
    const length = orderSerializer.encodeInto({ id: 1 }, orders, target, offset);
    assertEquals(hex(target.subarray(offset, offset + length)), expected);
    assertEquals(target[offset + length], 0xee);
  }
  const small = new Uint8Array(expected.length / 2 + 2);
  assertEquals(orderSerializer.encodeInto({ id: 1 }, orders, small, 2), expected.length / 2);
  assertThrows(() => orderSerializer.encodeInto({ id: 1 }, orders, small, 3), RangeError, "no room");
  assertThrows(() => orderSerializer.encodeInto({ id: 1 }, orders, new Uint8Array(3), 0), RangeError, "no room");
});

test("SchemaSerializer gives bytes that stay as they are while it goes on", async () => {
  const orderSerializer = serializer(new GoldenRegistry([], { nextId: 7 }));
  await orderSerializer.prepare(orders);
  const texts = Array.from({ length: 500 }, (_, i) => "x".repeat((i * 37) % 3000));
  const all = texts.map((id) => orderSerializer.serializeSync({ id }, orders));
  assertEquals(all.map((bytes) => (bodyOf(bytes) as Order)["id"]), texts);
});

test("SchemaSerializer serializes a value that serializes another while it is read", async () => {
  const orderSerializer = serializer(new GoldenRegistry([], { nextId: 7 }));
  await orderSerializer.prepare(orders);
  let inner = "";
  const toJSON = (): string => inner = hex(orderSerializer.serializeSync({ id: "inner" }, orders));
  const outer = orderSerializer.serializeSync({ id: { toJSON } }, orders);
  assertEquals(bodyOf(outer), { id: inner });
  assertEquals(bodyOf(unhex(inner)), { id: "inner" });
});

test("SchemaSerializer puts the GUID into a header where it is told to", async () => {
  const guid = "89791762-2336-4186-9674-299b90a802e2";
  const registry = new GoldenRegistry([{ ...schema, subject: "orders-value", version: 1, id: 7, guid }]);
  const orderSerializer = serializer(registry, { "schema.id.serializer": headerSchemaIdSerializer });
  const headers: [string, Uint8Array][] = [];
  const bytes = await orderSerializer.serialize({ id: 1 }, { ...orders, headers });
  assertEquals(new TextDecoder().decode(bytes), '{"id":1}');
  assertEquals(headers.map(([name, value]) => [name, hex(value)]), [
    ["__value_schema_id", "0189791762233641869674299b90a802e2"],
  ]);
  await assertRejects(() => orderSerializer.serialize({ id: 1 }, orders), SerializationError, "no list of headers");
});

test("SchemaSerializer.clearCaches() drops what is known and what is under way", async () => {
  const registry = new GoldenRegistry([], { nextId: 7 });
  const orderSerializer = serializer(registry);
  await orderSerializer.prepare(orders);
  orderSerializer.clearCaches();
  assertThrows(() => orderSerializer.serializeSync({ id: 1 }, orders), NotPreparedError);
  const underWay = orderSerializer.prepare(orders);
  orderSerializer.clearCaches();
  await underWay;
  assertThrows(() => orderSerializer.serializeSync({ id: 1 }, orders), NotPreparedError);
  assertEquals(registry.calls.filter((call) => call.startsWith("register")).length, 2);
});

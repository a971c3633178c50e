/** The serializers for plain types: confluent-kafka-python's bytes, what they refuse, and that no refusal shows a value. */
import { type Serde, Serdes, SerializationError } from "../../../mod.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../../support/assert.ts";

const bytesOf = (data: Uint8Array | string): Uint8Array =>
  typeof data === "string" ? new TextEncoder().encode(data) : data;
const hex = (data: Uint8Array | string): string =>
  [...bytesOf(data)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text: string): Uint8Array =>
  new Uint8Array((text.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)));

/** Both ways, from bytes in the middle of others as a message's are. */
function assertVector<T>(serde: Serde<T>, value: T, wire: string): void {
  assertEquals(hex(serde.serialize(value)), wire);
  const around = unhex(`ffff${wire}ffff`);
  const read = serde.deserialize(around.subarray(2, around.length - 2));
  assert(Object.is(read, value), `${String(read)} was read where ${String(value)} is expected`);
}

/** Asserts that a call fails with a text that has nothing of what it was given. */
function assertRefused(call: () => unknown, secret: string): void {
  const error = assertThrows(call, SerializationError);
  const shown = JSON.stringify([error.message, error.cause instanceof Error ? error.cause.message : ""]);
  assert(!shown.includes(secret), shown);
}

// Printed by confluent-kafka-python 2.16's StringSerializer, IntegerSerializer and DoubleSerializer.
const strings: [string, string][] = [
  ["", ""],
  ["a", "61"],
  ["žluťoučký 😀", "c5be6c75c5a56f75c48d6bc3bd20f09f9880"],
  ["\ufeffbom", "efbbbf626f6d"],
  ["a\0b", "610062"],
];
const integers: [number, string][] = [
  [0, "00000000"],
  [1, "00000001"],
  [-1, "ffffffff"],
  [256, "00000100"],
  [2 ** 31 - 1, "7fffffff"],
  [-(2 ** 31), "80000000"],
];
const doubles: [number, string][] = [
  [0, "0000000000000000"],
  [-0, "8000000000000000"],
  [1, "3ff0000000000000"],
  [-1.5, "bff8000000000000"],
  [Math.PI, "400921fb54442d18"],
  [1e308, "7fe1ccf385ebc8a0"],
  [5e-324, "0000000000000001"],
  [Infinity, "7ff0000000000000"],
  [-Infinity, "fff0000000000000"],
  [NaN, "7ff8000000000000"],
];

test("Serdes have confluent-kafka-python's bytes", () => {
  for (const [value, wire] of strings) assertVector(Serdes.string(), value, wire);
  for (const [value, wire] of integers) assertVector(Serdes.integer(), value, wire);
  for (const [value, wire] of doubles) assertVector(Serdes.double(), value, wire);
});

test("Serdes have the bytes of Java's serializers where confluent-kafka-python has none", () => {
  assertVector(Serdes.long(), 0x0102030405060708n, "0102030405060708");
  assertVector(Serdes.long(), -1n, "ffffffffffffffff");
  assertVector(Serdes.long(), 2n ** 63n - 1n, "7fffffffffffffff");
  assertVector(Serdes.long(), -(2n ** 63n), "8000000000000000");
  assertVector(Serdes.float(), 1.5, "3fc00000");
  assertVector(Serdes.float(), -0, "80000000");
  assertVector(Serdes.float(), Infinity, "7f800000");
  assertVector(Serdes.float(), NaN, "7fc00000");
  assertVector(
    Serdes.uuid(),
    "123e4567-e89b-12d3-a456-426614174000",
    "31323365343536372d653839622d313264332d613435362d343236363134313734303030",
  );
});

test("Serdes read what they wrote, for many values", () => {
  for (let i = 0; i < 2000; i++) {
    const number = (Math.random() - 0.5) * 10 ** Math.floor(Math.random() * 40 - 20);
    const integer = Math.floor((Math.random() - 0.5) * 2 ** 32);
    const long = BigInt.asIntN(64, BigInt(Math.floor(Math.random() * 2 ** 53)) ** 2n);
    const back = <T>(serde: Serde<T>, value: T) => serde.deserialize(bytesOf(serde.serialize(value)));
    assertStrictEquals(back(Serdes.double(), number), number);
    assertStrictEquals(back(Serdes.float(), number), Math.fround(number));
    assertStrictEquals(back(Serdes.integer(), integer), integer);
    assertStrictEquals(back(Serdes.long(), long), long);
    assertEquals(back(Serdes.json<unknown>(), { number, list: [integer, null, `${long}`] }), {
      number,
      list: [integer, null, `${long}`],
    });
    const id = crypto.randomUUID();
    assertStrictEquals(back(Serdes.uuid(), id.toUpperCase()), id);
  }
});

test("Serdes leave null as it is, both ways", () => {
  const all = [Serdes.string(), Serdes.integer(), Serdes.long(), Serdes.double(), Serdes.float(), Serdes.json()];
  for (const serde of [...all, Serdes.bytes(), Serdes.uuid()] as Serde<unknown>[]) {
    for (const nothing of [null, undefined]) {
      assertStrictEquals(serde.serialize(nothing) as unknown, null);
      assertStrictEquals(serde.deserialize(nothing as unknown as Uint8Array), null);
    }
  }
});

test("Serdes.string() refuses half of a surrogate pair, and bytes that are no UTF-8 unless fatal is false", () => {
  assertRefused(() => Serdes.string().serialize("hunter2\ud800"), "hunter2");
  assertRefused(() => Serdes.string().serialize(5 as unknown as string), "5");
  for (const wire of ["68756e746572ff", "68756e746572c0af", "68756e746572eda080"]) {
    assertRefused(() => Serdes.string().deserialize(unhex(wire)), "hunter");
    assertEquals(Serdes.string({ fatal: false }).deserialize(unhex(wire)).slice(0, 7), "hunter\ufffd");
  }
});

test("Serdes for numbers refuse another type, another range and another length", () => {
  const numbers: [Serde<unknown>, number, unknown[]][] = [
    [Serdes.integer() as Serde<unknown>, 4, [2 ** 31, -(2 ** 31) - 1, 77.5, NaN, "77", 77n, {}]],
    [Serdes.long() as Serde<unknown>, 8, [2n ** 63n, -(2n ** 63n) - 1n, 77, "77"]],
    [Serdes.double() as Serde<unknown>, 8, ["77", 77n, {}]],
    [Serdes.float() as Serde<unknown>, 4, [1e39, -1e39, "77"]],
  ];
  for (const [serde, byteLength, values] of numbers) {
    for (const value of values) assertThrows(() => serde.serialize(value), SerializationError);
    for (const length of [0, byteLength - 1, byteLength + 1, 2 * byteLength]) {
      assertThrows(() => serde.deserialize(new Uint8Array(length)), SerializationError, `${length}`);
    }
  }
});

test("Serdes.json() refuses what has no JSON form, and text that is none", () => {
  const circle: Record<string, unknown> = {};
  circle["circle"] = circle;
  for (const value of [1n, circle, () => {}, Symbol("s")]) {
    assertThrows(() => Serdes.json().serialize(value), SerializationError);
  }
  for (const text of ["hunter2", '{"password":"hunter2"', '{"password":hunter2}', "[1,]hunter2", ""]) {
    assertRefused(() => Serdes.json().deserialize(bytesOf(text)), "hunter2");
  }
  assertThrows(() => Serdes.json().deserialize(unhex("ff")), SerializationError, "UTF-8");
});

test("Serdes.json() passes its functions on", () => {
  const dates = Serdes.json<{ at: Date }>({
    replacer: (key, value) => key === "secret" ? undefined : value,
    reviver: (key, value) => key === "at" ? new Date(value as string) : value,
  });
  const at = new Date(1_700_000_000_000);
  const text = dates.serialize({ at, secret: 1 } as { at: Date });
  assertEquals(text, '{"at":"2023-11-14T22:13:20.000Z"}');
  assertEquals(dates.deserialize(bytesOf(text)), { at });
});

test("Serdes.uuid() and Serdes.bytes() refuse what is neither", () => {
  for (const text of ["", "123e4567", "123e4567-e89b-12d3-a456-42661417400g", "123e4567e89b12d3a456426614174000"]) {
    assertThrows(() => Serdes.uuid().serialize(text), SerializationError);
    assertThrows(() => Serdes.uuid().deserialize(bytesOf(text)), SerializationError);
  }
  const bytes = new Uint8Array([1, 2]);
  assertStrictEquals(Serdes.bytes().serialize(bytes), bytes);
  assertStrictEquals(Serdes.bytes().deserialize(bytes), bytes);
  assertThrows(() => Serdes.bytes().serialize([1, 2] as unknown as Uint8Array), SerializationError);
});

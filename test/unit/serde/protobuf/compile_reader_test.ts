/** Compiled decoders: the messages of @bufbuild/protobuf, and malformed data that it would take. */
import { create, type DescMessage, fromBinary, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import { compileDecoder } from "../../../../src/serde/protobuf/compile_reader.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { hex, unhex } from "../../../support/serde/protobuf/golden.ts";
import { everyType, randomValue, seeded, typeOf } from "../../../support/serde/protobuf/random_messages.ts";

const small = typeOf(
  'syntax = "proto3"; message A { A a = 1; string s = 2; int32 i = 3; repeated int32 p = 4; map<string, A> m = 5; }',
  "A",
);

/** Asserts that data is read as the library reads it, down to the order of the properties. */
function assertSame(type: DescMessage, data: Uint8Array): Message {
  const read = compileDecoder(type)(data, 0) as Message;
  const expected = fromBinary(type, data);
  assertEquals(read, expected);
  assertEquals(Object.keys(read), Object.keys(expected));
  assertEquals(Object.getPrototypeOf(read), Object.getPrototypeOf(expected));
  return read;
}

test("compileDecoder() reads random messages as fromBinary() does, also when they are merged", () => {
  for (const type of everyType) {
    const random = seeded(11);
    let before = new Uint8Array();
    for (let i = 0; i < 100; i++) {
      const message = create(type, randomValue(type, random));
      const data = toBinary(type, message);
      const read = assertSame(type, data);
      assertEquals(hex(toBinary(type, read)), hex(data));
      assertSame(type, Uint8Array.from([...before, ...data]));
      before = data;
    }
  }
});

test("compileDecoder() reads from the middle of data, and gives bytes as views of it", () => {
  const type = typeOf('syntax = "proto3"; message B { bytes b = 1; double d = 2; }', "B");
  const data = unhex("ffff0a02010211000000000000f83f");
  const read = compileDecoder(type)(data.subarray(1), 1) as unknown as { b: Uint8Array; d: number };
  assertEquals([hex(read.b), read.d], ["0102", 1.5]);
  assert(read.b.buffer === data.buffer);
});

test("compileDecoder() keeps unknown fields, groups among them, and numbers that an enum of proto2 has not", () => {
  for (const data of ["f8ff0105", "faff0103616263", "fbff010801fcff01", "fdff0101020304", "f9ff010102030405060708"]) {
    assertSame(everyType[0]!, unhex(data));
  }
  const two = typeOf("message T { optional E e = 1; optional int32 i = 2; enum E { ONE = 1; } }", "T");
  for (const data of ["0805", "08ffffffffffffffffff01", "100108021002"]) {
    const read = compileDecoder(two)(unhex(data), 0) as Message;
    assertEquals((read as unknown as { e: number }).e, 1);
    assertEquals(read.$unknown?.length, 1);
    assertEquals(toBinary(two, read).length, data === "100108021002" ? 4 : data.length / 2);
  }
});

test("compileDecoder() takes a field whose bytes are of another kind for an unknown one", () => {
  for (const data of ["1a0161", "1002", "0d00000000", "0801", "2801"]) {
    const read = compileDecoder(small)(unhex(data), 0) as Message;
    assertEquals(toJson(small, read), {});
    assertEquals(hex(toBinary(small, read)), data);
  }
});

test("compileDecoder() refuses what goes beyond the message that it is in", () => {
  const malformed = [
    "0a01120161",
    "0a0212056162636465",
    "0a0112016118",
    "2201ff01",
    "2202ff0105",
    "22010101",
    "0a021805ff",
  ].concat(
    [
      "2a030a0261",
      "2a0512036162",
      "0a0118",
      "0c",
      "0b",
      "0b14",
      "0e",
      "00",
      "05",
      "80",
      "0a",
      "120561",
      "18",
      "0a0114",
      "0affffffff1f",
    ],
  );
  for (const data of malformed) assertThrows(() => compileDecoder(small)(unhex(data), 0), RangeError, undefined, data);
});

test("compileDecoder() ends in bounded time whatever the data", () => {
  const random = seeded(5);
  const start = performance.now();
  let refused = 0;
  for (const type of everyType) {
    const decode = compileDecoder(type);
    for (let i = 0; i < 300; i++) {
      const data = toBinary(type, create(type, randomValue(type, random)));
      for (let flips = 0; flips < 3 && data.length > 0; flips++) {
        data[Math.floor(random() * data.length)] = random() * 256;
      }
      try {
        decode(data.subarray(0, data.length - Math.floor(random() * 2)), 0);
      } catch (error) {
        // Text that is no UTF-8 is refused by the platform.
        assert(error instanceof RangeError || error instanceof TypeError, String(error));
        refused++;
      }
    }
  }
  assert(refused > 100);
  assert(performance.now() - start < 10_000);
});

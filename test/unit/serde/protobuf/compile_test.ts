/** Compiled encoders: the bytes of @bufbuild/protobuf, with generated code and without, and what they refuse. */
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { SerializationError } from "../../../../mod.ts";
import { Output } from "../../../../src/serde/output.ts";
import { compileEncoder } from "../../../../src/serde/protobuf/compile.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
import { encoded, hex, unhex } from "../../../support/serde/protobuf/golden.ts";
import { everyType as types, randomValue, seeded, typeOf } from "../../../support/serde/protobuf/random_messages.ts";

for (const canGenerate of [true, false]) {
  const way = canGenerate ? "with generated code" : "without generated code";

  test(`compileEncoder() ${way} writes random messages as toBinary() does`, () => {
    for (const type of types) {
      const encode = compileEncoder(type, { canGenerate });
      const random = seeded(7);
      for (let i = 0; i < 150; i++) {
        const value = randomValue(type, random);
        const message = create(type, value);
        const expected = hex(toBinary(type, message));
        assertEquals(hex(encoded((output) => encode(message, output))), expected);
        assertEquals(hex(encoded((output) => encode(value, output))), expected, "a plain object");
        assertEquals(
          hex(encoded((output) => encode(fromBinary(type, unhex(expected)), output))),
          expected,
          "what was read",
        );
      }
    }
  });

  test(`compileEncoder() ${way} keeps unknown fields and closed enums`, () => {
    const encode = compileEncoder(types[1]!, { canGenerate });
    const data = "0801" + "f82a05" + "aa7d03616263" + "ab7d0801ac7d" + "f01207";
    const message = fromBinary(types[1]!, unhex(data));
    assertEquals(hex(encoded((output) => encode(message, output))), hex(toBinary(types[1]!, message)));
    assertEquals((message.$unknown ?? []).length > 0, true);
  });

  test(`compileEncoder() ${way} takes safe numbers and strings where 64 bits are wanted, and null as absent`, () => {
    const [type] = types;
    const encode = compileEncoder(type!, { canGenerate });
    const write = (value: unknown): string => hex(encoded((output) => encode(value, output)));
    const same = (many: unknown[]): void => assertEquals(new Set(many.map(write)).size, 1);
    for (const name of ["plainInt64", "plainUint64", "plainSint64", "plainFixed64", "plainSfixed64", "optionalInt64"]) {
      same([{ [name]: 7n }, { [name]: 7 }, { [name]: "7" }]);
    }
    same([{ plainInt64: -(2n ** 53n) + 1n }, { plainInt64: -(2 ** 53) + 1 }, { plainInt64: "-9007199254740991" }]);
    same([{ plainInt64: 2n ** 53n - 1n }, { plainInt64: 2 ** 53 - 1 }]);
    assertEquals(write({ plainString: null, self: undefined, mapString: null, one: null, repeatedInt32: null }), "");
  });

  test(`compileEncoder() ${way} refuses values that are none, names the field and shows no value`, () => {
    const secret = "5ecret";
    const nested = (depth: number): unknown => depth === 0 ? {} : { self: nested(depth - 1) };
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const refusals: [type: number, value: unknown, reason: string][] = [
      [0, null, '"t.All": a message is wanted, not null'],
      [0, secret, '"t.All": a message is wanted, not a string'],
      [0, { $typeName: "t.Two" }, 'a "t.All" is wanted, and its $typeName is another'],
      [0, { plainString: 5 }, '"t.All.plain_string": a string is wanted, not a number'],
      [0, { plainInt32: secret }, '"t.All.plain_int32": a whole number of 32 bits'],
      [0, { plainInt32: 1.5 }, '"t.All.plain_int32"'],
      [0, { plainInt32: 2 ** 31 }, '"t.All.plain_int32"'],
      [0, { plainInt32: 1n }, '"t.All.plain_int32": a whole number of 32 bits is wanted, not a bigint'],
      [0, { plainInt32: true }, '"t.All.plain_int32"'],
      [0, { plainUint32: -1 }, '"t.All.plain_uint32"'],
      [0, { plainFixed32: 2 ** 32 }, '"t.All.plain_fixed32"'],
      [0, { plainSint32: NaN }, '"t.All.plain_sint32"'],
      [0, { plainInt64: 2n ** 63n }, '"t.All.plain_int64"'],
      [0, { plainInt64: 2 ** 53 }, '"t.All.plain_int64"'],
      [0, { plainUint64: -1n }, '"t.All.plain_uint64"'],
      [0, { plainUint64: 2n ** 64n }, '"t.All.plain_uint64"'],
      [0, { plainInt64: secret }, '"t.All.plain_int64"'],
      [0, { plainInt64: "9".repeat(1_000_000) }, '"t.All.plain_int64"'],
      [0, { plainFloat: 1e39 }, '"t.All.plain_float": the number is too large for 32 bits'],
      [0, { plainDouble: "1" }, '"t.All.plain_double"'],
      [0, { plainBool: 1 }, '"t.All.plain_bool"'],
      [0, { plainBytes: [1, 2] }, '"t.All.plain_bytes": a Uint8Array is wanted, not an array'],
      [0, { kind: "ONE" }, '"t.All.kind"'],
      [0, { repeatedInt32: 5 }, '"t.All.repeated_int32": an array is wanted'],
      [0, { repeatedInt32: [1, undefined] }, '"t.All.repeated_int32"'],
      [0, { repeatedString: [null] }, '"t.All.repeated_string"'],
      [0, { selves: [null] }, '"t.All": a message is wanted'],
      [0, { mapString: new Map() }, '"t.All.map_string": an object'],
      [0, { mapString: [] }, '"t.All.map_string": an object'],
      [0, { mapInt32: { x: 1 } }, '"t.All.map_int32"'],
      [0, { mapInt32: { 3000000000: 1 } }, '"t.All.map_int32"'],
      [0, { mapBool: { yes: 1 } }, '"t.All.map_bool"'],
      [0, { one: { case: "s" } }, '"t.All.s": a string is wanted, not undefined'],
      [0, { json: { a: undefined } }, '"t.All.json": a JSON value is wanted'],
      [0, { json: [] }, '"t.All.json"'],
      [0, { name: 5 }, '"t.All.name"'],
      [0, nested(100), "nest deeper than 100 levels"],
      [0, circle, "nest deeper than 100 levels"],
      [1, {}, '"t.Two.id": the field is required and is not set'],
      [1, { id: 1, many: [{}] }, '"t.Two.Many.h": the field is required'],
    ];
    for (const [type, value, reason] of refusals) {
      const encode = compileEncoder(types[type]!, { canGenerate });
      const { message } = assertThrows(() => encode(value, new Output()), SerializationError);
      assertStringIncludes(message, reason);
      assert(!message.includes(secret), message);
    }
  });

  test(`compileEncoder() ${way} writes as deep as fromBinary() reads, and no deeper`, () => {
    const [type] = types;
    const encode = compileEncoder(type!, { canGenerate });
    const nested = (depth: number): unknown => depth === 1 ? {} : { self: nested(depth - 1) };
    const json = (depth: number): unknown => depth === 0 ? 1 : { a: json(depth - 1) };
    fromBinary(type!, encoded((output) => encode(nested(100), output)));
    assertThrows(() => encode(nested(101), new Output()), SerializationError);
    fromBinary(type!, encoded((output) => encode({ json: json(49) }, output)));
    assertThrows(() => encode({ json: json(60) }, new Output()), SerializationError);
  });

  test(`compileEncoder() ${way} writes into a target of the caller's, and refuses one that is too small`, () => {
    const [type] = types;
    const encode = compileEncoder(type!, { canGenerate });
    const value = { repeatedString: ["a".repeat(500)], self: { plainString: "b" } };
    const expected = toBinary(type!, create(type!, value));
    const output = new Output(new Uint8Array(4000));
    encode(value, output);
    assertEquals(output.bytes.subarray(0, output.at), expected);
    assertThrows(() => encode(value, new Output(new Uint8Array(expected.length - 1))), RangeError);
  });
}

test("compileEncoder() takes nothing that every object has for a field", () => {
  const type = typeOf(
    'syntax = "proto3"; message M { string has_own_property = 1; oneof is_prototype_of { int32 a = 2; } }',
    "M",
  );
  for (const canGenerate of [true, false]) {
    const encode = compileEncoder(type, { canGenerate });
    assertEquals(hex(encoded((output) => encode({}, output))), "");
    assertEquals(hex(encoded((output) => encode({ hasOwnProperty: "x" }, output))), "0a0178");
  }
});

test("compileEncoder() writes names as string literals into its code, whatever they are", () => {
  const type = typeOf('syntax = "proto3"; message M { int32 a = 1; }', "M");
  const [field] = type.fields;
  const hostile = '"]; throw new Error("out"); message["';
  const forged = {
    ...type,
    typeName: hostile,
    fields: [{ ...field, localName: hostile, name: hostile }],
  } as DescMessage;
  const encode = compileEncoder(forged, { canGenerate: true });
  assertEquals(hex(encoded((output) => encode({ [hostile]: 5 }, output))), "0805");
});

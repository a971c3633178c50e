/** Properties that hold for any schema and value, on random ones; and avsc as a second opinion on what both can say. */
import { Buffer } from "node:buffer";
import { test } from "../../../harness.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { SerializationError } from "../../../../src/kafka/serialization_error.ts";
import { avroFormat } from "../../../../src/serde/avro/format.ts";
import { Output } from "../../../../src/serde/output.ts";
import { avsc } from "../../../support/avsc.ts";
import { toHex } from "../../../support/golden.ts";
import { codec, forms } from "./codec.ts";
import { Random, SchemaMaker } from "./random.ts";

const ROUNDS = 300;

test("The Avro codec reads what it wrote, and both forms of it write the same", () => {
  for (let seed = 0; seed < ROUNDS; seed++) {
    const maker = new SchemaMaker(new Random(seed));
    const schema = maker.schema(4);
    const [code, closures] = forms.map((form) => codec(schema, { form }));
    if (schema === "bytes") continue;
    for (let index = 0; index < 5; index++) {
      const value = maker.value(schema);
      const bytes = code!.encode(value);
      assertEquals(toHex(closures!.encode(value)), toHex(bytes), `seed ${seed}`);
      assertEquals(code!.decode(bytes), value, `seed ${seed}`);
      assertEquals(closures!.decode(bytes), value, `seed ${seed}`);
    }
  }
});

test("The Avro encoder fills a target that is just large enough, and refuses one that is a byte too small", () => {
  for (let seed = 0; seed < ROUNDS; seed++) {
    const maker = new SchemaMaker(new Random(seed));
    const schema = maker.schema(4);
    const value = maker.value(schema);
    for (const form of forms) {
      const format = avroFormat({ form });
      const encode = format.encoder(format.parse({ schema: JSON.stringify(schema) }, []));
      const expected = codec(schema, { form }).encode(value);
      const fitting = new Output(new Uint8Array(expected.length + 3).subarray(3));
      encode(value, fitting);
      assertEquals(toHex(fitting.bytes), toHex(expected), `seed ${seed}`);
      if (expected.length === 0) continue;
      const small = new Output(new Uint8Array(expected.length - 1));
      const thrown = errorOf(() => encode(value, small));
      assert(thrown instanceof RangeError, `seed ${seed}: ${thrown}`);
      assertEquals(small.at, 0);
    }
  }
});

test("The Avro decoder gives a value or a SerializationError for any bytes, the same in both forms", () => {
  for (let seed = 0; seed < ROUNDS; seed++) {
    const random = new Random(seed);
    const maker = new SchemaMaker(random);
    const schema = maker.record(4);
    const [code, closures] = forms.map((form) => codec(schema, { form }));
    const bytes = code!.encode(maker.value(schema));
    for (let index = 0; index < 10 && bytes.length > 0; index++) {
      const damaged = bytes.slice(0, random.below(3) === 0 ? random.below(bytes.length) : bytes.length);
      if (damaged.length > 0) damaged[random.below(damaged.length)] = random.below(256);
      const [one, other] = [code!, closures!].map(({ decode }) => outcome(() => decode(damaged)));
      assertEquals(one, other, `seed ${seed}`);
    }
  }
});

test("The Avro codec writes the bytes of avsc and reads them, where avsc can say the value", () => {
  let compared = 0;
  for (let seed = 0; seed < ROUNDS; seed++) {
    const maker = new SchemaMaker(new Random(seed));
    const schema = maker.record(3);
    // It wraps the values of some unions, and has no numbers beyond 2^53 nor fields by this name.
    const text = JSON.stringify(schema);
    if (/"long"|__proto__|"map"/.test(text)) continue;
    const value = maker.value(schema);
    const theirs = avsc.Type.forSchema(schema, { wrapUnions: false }).toBuffer(
      asBuffers(value),
    );
    for (const form of forms) {
      const { encode, decode } = codec(schema, { form });
      assertEquals(toHex(encode(value)), toHex(theirs), `seed ${seed}`);
      assertEquals(decode(new Uint8Array(theirs)), value, `seed ${seed}`);
    }
    compared++;
  }
  assert(compared > 20, `only ${compared} schemas could be compared`);
});

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    assert(error instanceof SerializationError, String(error));
    return error.message;
  }
}

/** It takes bytes for such only in a Buffer, and makes those of what has been one. */
function asBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(asBuffers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asBuffers(one)]));
}

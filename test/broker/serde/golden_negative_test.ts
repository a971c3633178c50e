/**
 * The golden vectors of what has to be refused, against a real registry: bytes that are read with a schema from there, and
 * values that are written with one. What ends before a registry is asked is left to the tests without one.
 */
import { SerializationError } from "../../../mod.ts";
import type { SchemaRegistryClient } from "../../../src/schema_registry/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/json/mod.ts";
import { ProtobufDeserializer } from "../../../src/serde/protobuf/mod.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { fromHex, toHex } from "../../support/golden.ts";
import { randomName } from "../../support/random.ts";
import { testRegistry } from "../../support/schema_registry/real.ts";
import {
  contextOf,
  deserializerOptions,
  type GoldenCase,
  registryErrorOf,
  schemaOf,
  serializerOptions,
} from "../../support/serde/golden_case.ts";
import { typesOf } from "../../support/serde/protobuf/real_golden.ts";
import { avroValue, framed, realCases } from "../../support/serde/real_golden.ts";

interface NegativeCase extends GoldenCase {
  readonly op: "construct" | "serialize" | "deserialize";
  readonly portMust: string;
  readonly python: { readonly accepted?: boolean; readonly result?: unknown };
  readonly input?: unknown;
  readonly dataHex?: string;
  readonly headers?: unknown;
  readonly readerSchema?: unknown;
  readonly noContext?: boolean;
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  readonly message?: string;
}

/** The id that the recorded bytes have. */
const recorded = "0000000007";

/** Left out are an id that a real registry may have given, what another case has registered, and a schema of unclear type. */
const leftOut = ["avro-use-schema-id-unknown", "avro-incompatible-registration-real", "json-not-serializable"];

const cases = realCases<NegativeCase>("negative.json").filter((one) => {
  if (leftOut.includes(one.name)) return false;
  if (one.op === "serialize") return !one.noContext && !one.headerMode;
  return one.op === "deserialize" && one.dataHex!.startsWith(recorded) && one.headers === undefined;
});

for (const one of cases) {
  testRegistry(`The golden case ${one.name} ends on a real registry as it must: ${one.portMust}`, async ({ open }) => {
    await using client = open();
    const there = { ...one, topic: randomName("neg") };
    const run = (): Promise<unknown> => one.op === "serialize" ? written(client, there) : read(client, there);
    if (isAccepted(one)) {
      assertEquals(await run(), avroValue(one.python.result));
      return;
    }
    const error = await assertRejects(run, SerializationError);
    if (one.portMust.includes("SchemaRegistryError 404")) assertEquals(registryErrorOf(error)?.httpStatusCode, 404);
    assertEquals(error.topic, there.topic);
  });
}

test("The golden vectors of what a real registry's schemas refuse are all there", () => {
  assertEquals([cases.filter(({ op }) => op === "deserialize").length, cases.length], [28, 28 + 22]);
});

function isAccepted({ portMust, python }: NegativeCase): boolean {
  return portMust.startsWith("accepted") || (portMust === "same result as Python" && python.accepted === true);
}

/** The bytes of the case's value, with the id that was recorded. */
async function written(client: SchemaRegistryClient, one: NegativeCase): Promise<unknown> {
  const Serializer = one.format === "AVRO" ? AvroSerializer : JsonSerializer;
  const serializer = new Serializer(client, schemaOf(one), serializerOptions(one));
  return fromHex(
    framed(toHex(await serializer.serialize(avroValue(one.input), contextOf(one))), Number(`0x${recorded}`)),
  );
}

/** What the case's bytes are read as. */
async function read(client: SchemaRegistryClient, one: NegativeCase): Promise<unknown> {
  const { schema, schemaType = "AVRO" } = one.registered[0]!;
  const data = fromHex(framed(one.dataHex!, await client.registerSchema(`${one.topic}-value`, { schema, schemaType })));
  const reader = one.readerSchema === undefined ? null : JSON.stringify(one.readerSchema);
  const options = deserializerOptions(one);
  if (one.format === "AVRO") {
    return await new AvroDeserializer(client, reader, options).deserialize(data, contextOf(one));
  }
  if (one.format === "JSON") {
    return await new JsonDeserializer(client, reader, options).deserialize(data, contextOf(one));
  }
  const types = typesOf({ files: one.files! });
  const deserializer = new ProtobufDeserializer(client, types.type(one.message!), options);
  return types.json(one.message!, await deserializer.deserialize(data, contextOf(one)));
}

/** The golden vectors of what has to be refused, end to end, beside those that look bad and have to be accepted. */
import { type DescMessage, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { SerializationError } from "../../../../mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../../src/serde/avro/mod.ts";
import type { SchemaDeserializer } from "../../../../src/serde/deserializer.ts";
import { JsonDeserializer, JsonSerializer } from "../../../../src/serde/json/mod.ts";
import { loadProtoFile } from "../../../../src/serde/protobuf/descriptors.ts";
import { ProtobufDeserializer } from "../../../../src/serde/protobuf/mod.ts";
import type { SchemaSerializer } from "../../../../src/serde/serializer.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";
import { fromHex, golden, untagged } from "../../../support/golden.ts";
import {
  contextOf,
  deserializerOptions,
  type GoldenCase,
  headersOf,
  registryErrorOf,
  schemaOf,
  serializerOptions,
} from "../../../support/serde/golden_case.ts";
import { GoldenRegistry } from "../../../support/serde/golden_registry.ts";
import { avroTags } from "../avro/codec.ts";

interface NegativeCase extends Omit<GoldenCase, "format"> {
  readonly format: GoldenCase["format"] | "CLIENT";
  readonly op: "construct" | "serialize" | "deserialize";
  readonly portMust: string;
  readonly python: { readonly accepted?: boolean; readonly result?: unknown };
  readonly input?: unknown;
  readonly dataHex?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly readerSchema?: unknown;
  readonly noContext?: boolean;
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  readonly message?: string;
}

/** The client's own are tested with the client. */
type SerdeCase = NegativeCase & GoldenCase;

/** A registry answers with this id first, as the one that the vectors were made with. */
const firstId = 7;

const cases = golden<NegativeCase>("negative.json").cases.filter((one): one is SerdeCase => one.format !== "CLIENT");

for (const one of cases) {
  test(`The golden case ${one.name} ends as it must: ${one.portMust}`, async () => {
    const run = (): Promise<unknown> => operation(one);
    if (isAccepted(one)) {
      assertEquals(await run(), untagged(one.python.result, avroTags));
      return;
    }
    if (one.op === "construct") {
      const error = assertThrows(() => serializerOf(one), Error);
      assert(error instanceof TypeError || error instanceof SerializationError, error.name);
      return;
    }
    const error = await assertRejects(run, SerializationError);
    if (one.portMust.includes("SchemaRegistryError 404")) assertEquals(registryErrorOf(error)?.httpStatusCode, 404);
    assertEquals(error.topic, one.noContext ? null : contextOf(one).topic);
  });
}

test("The golden vectors of what has to be refused are all there", () => {
  assertEquals(cases.length, 107 - 13);
});

test("A GUID in front of the payload is read where it is known", async () => {
  const one = cases.find(({ name }) => name === "avro-guid-in-payload-prefix")!;
  const guid = "00000000-0000-0000-0000-000000000009";
  const registry = new GoldenRegistry([{ ...one.registered[0]!, guid }]);
  const deserializer = new AvroDeserializer(registry);
  assertEquals(await deserializer.deserialize(fromHex(one.dataHex!), contextOf(one)), { a: 1, s: "a" });
});

test("A top-level decimal is written where it fits, which Python cannot", async () => {
  const one = cases.find(({ name }) => name === "avro-decimal-too-precise")!;
  const value = untagged({ $decimal: "1.23" }, avroTags);
  const registry = new GoldenRegistry([], { nextId: firstId });
  const bytes = await new AvroSerializer(registry, schemaOf(one)).serialize(value, contextOf(one));
  assertEquals(await new AvroDeserializer(registry).deserialize(bytes, contextOf(one)), value);
});

/** Python's word counts where it accepted and nobody says that this is wrong. */
function isAccepted({ portMust, python }: SerdeCase): boolean {
  if (portMust === "accepted when the GUID is known, else SchemaRegistryError 404") return false;
  return portMust.startsWith("accepted") || (portMust === "same result as Python" && python.accepted === true);
}

async function operation(one: SerdeCase): Promise<unknown> {
  if (one.op === "construct") return serializerOf(one);
  if (one.op === "deserialize") return await deserialized(one);
  const context = one.headerMode ? withoutHeaders(one) : contextOf(one);
  return await serializerOf(one).serialize(untagged(one.input, avroTags), one.noContext ? undefined : context);
}

function withoutHeaders(one: SerdeCase): { readonly topic: string; readonly field: "key" | "value" } {
  const { topic, field } = contextOf(one);
  return { topic, field };
}

function serializerOf(one: SerdeCase): SchemaSerializer {
  const nextId = one.name === "avro-incompatible-registration-real" ? 0x38 : firstId;
  const registry = new GoldenRegistry(one.registered, { nextId });
  const Serializer = one.format === "AVRO" ? AvroSerializer : JsonSerializer;
  return new Serializer(registry, schemaOf(one), serializerOptions(one));
}

async function deserialized(one: SerdeCase): Promise<unknown> {
  const registry = new GoldenRegistry(one.registered);
  const read = async (deserializer: SchemaDeserializer): Promise<unknown> =>
    await deserializer.deserialize(fromHex(one.dataHex!), contextOf(one, headersOf(one)));
  const reader = one.readerSchema === undefined ? null : JSON.stringify(one.readerSchema);
  if (one.format === "AVRO") return await read(new AvroDeserializer(registry, reader, deserializerOptions(one)));
  if (one.format === "JSON") return await read(new JsonDeserializer(registry, reader, deserializerOptions(one)));
  const type = typeOf(one);
  return toJson(type, await read(new ProtobufDeserializer(registry, type)) as Message) as JsonValue;
}

function typeOf({ files = [], message = "" }: SerdeCase): DescMessage {
  const { registry } = loadProtoFile({ schema: files.at(-1)!.text, schemaType: "PROTOBUF" }, []);
  return registry.getMessage(message)!;
}

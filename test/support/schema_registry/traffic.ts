/** What is sent between confluent-kafka-python and us in each of the three formats, and what it is read and written with. */
import { create, type DescMessage, toJson } from "@bufbuild/protobuf";
import type { Deserializer, Serializer } from "../../../mod.ts";
import type { SchemaRegistryClient } from "../../../src/schema_registry/mod.ts";
import { AvroDeserializer, AvroSerializer, Decimal } from "../../../src/serde/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/json/mod.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../src/serde/protobuf/mod.ts";
import { peerFiles } from "../serde/protobuf/peer_files.ts";
import { plainOf, type PythonJob } from "./python.ts";

/** Messages in one format. */
export interface Traffic extends Pick<PythonJob, "format" | "key" | "value"> {
  readonly serializers: {
    readonly keySerializer: Serializer<unknown>;
    readonly valueSerializer: Serializer<unknown>;
  };
  readonly deserializers: {
    readonly keyDeserializer: Deserializer<unknown>;
    readonly valueDeserializer: Deserializer<unknown>;
  };
  /** As our producer takes them; null is a tombstone, or no key. */
  readonly messages: readonly { readonly key: unknown; readonly value: unknown }[];
  /** A key as Python is given it. */
  plainKey(key: unknown): unknown;
  /** A value as Python is given it. */
  plainValue(value: unknown): unknown;
}

/** Registers what the schemas refer to, by names that hold the given one, and gives the traffic. */
export type MakeTraffic = (client: SchemaRegistryClient, name: string) => Traffic | Promise<Traffic>;

const at = new Date("2023-11-14T22:13:20.123Z");
const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i);

/** Avro: a bare `long` as the key, a record of a referenced record as the value. */
export async function avroTraffic(client: SchemaRegistryClient, name: string): Promise<Traffic> {
  const customer = JSON.stringify({
    type: "record",
    namespace: name,
    name: "Customer",
    fields: [{ name: "name", type: "string" }, { name: "vat", type: ["null", "string"], default: null }],
  });
  const order = JSON.stringify({
    type: "record",
    namespace: name,
    name: "Order",
    fields: [
      { name: "id", type: "long" },
      { name: "customer", type: `${name}.Customer` },
      { name: "others", type: { type: "array", items: "Customer" } },
      { name: "weight", type: "double" },
      { name: "price", type: { type: "bytes", logicalType: "decimal", precision: 20, scale: 2 } },
      { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
      { name: "state", type: { type: "enum", name: "State", symbols: ["OPEN", "SENT"] } },
      { name: "scan", type: "bytes" },
      { name: "tags", type: { type: "map", values: ["null", "int", "string"] } },
    ],
  });
  const subject = `${name}-customer`;
  await client.registerSchema(subject, { schema: customer, schemaType: "AVRO" });
  const references = [{ name: `${name}.Customer`, subject, version: 1 }];
  const ada = { name: "Ada Žluťoučká 😀", vat: null };
  const common = { others: [], weight: 0.1, at, state: "OPEN", scan: new Uint8Array(0), tags: {} };
  return {
    format: "avro",
    key: { schema: '"long"', references: [] },
    value: { schema: order, references },
    serializers: {
      keySerializer: new AvroSerializer(client, '"long"'),
      valueSerializer: new AvroSerializer(client, { schema: order, schemaType: "AVRO", references }),
    },
    deserializers: {
      keyDeserializer: new AvroDeserializer(client),
      valueDeserializer: new AvroDeserializer(client),
    },
    messages: [
      { key: 1, value: { id: 1, customer: ada, price: new Decimal(1999n, 2), ...common } },
      {
        key: -(2 ** 40),
        value: {
          ...common,
          id: Number.MAX_SAFE_INTEGER,
          customer: { name: "", vat: "CZ1" },
          others: [ada, ada],
          weight: -1e300,
          price: new Decimal(-12_345_678_901_234_567n, 2),
          state: "SENT",
          scan: allBytes,
          tags: { colour: "žlutá" },
        },
      },
      { key: 1, value: null },
      { key: null, value: { id: 0, customer: ada, price: new Decimal(0n, 2), ...common, tags: { n: 7 } } },
    ],
    plainKey: plainOf,
    plainValue: plainOf,
  };
}

/** JSON Schema: an object as the key, one with a `$ref` into another schema as the value. */
export async function jsonTraffic(client: SchemaRegistryClient, name: string): Promise<Traffic> {
  const $schema = "http://json-schema.org/draft-07/schema#";
  const customer = JSON.stringify({
    $schema,
    title: `Customer of ${name}`,
    type: "object",
    properties: { name: { type: "string" } },
    required: ["name"],
  });
  const key = JSON.stringify({ $schema, title: name, type: "object", properties: { id: { type: "integer" } } });
  const order = JSON.stringify({
    $schema,
    title: `Order of ${name}`,
    type: "object",
    properties: {
      customer: { $ref: "customer.json" },
      lines: { type: "array", items: { type: "number", exclusiveMinimum: 0 } },
      note: { type: ["string", "null"] },
    },
    required: ["customer"],
  });
  const subject = `${name}-customer`;
  await client.registerSchema(subject, { schema: customer, schemaType: "JSON" });
  const references = [{ name: "customer.json", subject, version: 1 }];
  return {
    format: "json",
    key: { schema: key, references: [] },
    value: { schema: order, references },
    serializers: {
      keySerializer: new JsonSerializer(client, key),
      valueSerializer: new JsonSerializer(client, { schema: order, schemaType: "JSON", references }),
    },
    deserializers: {
      keyDeserializer: new JsonDeserializer(client),
      valueDeserializer: new JsonDeserializer(client),
    },
    messages: [
      {
        key: { id: 1 },
        value: { customer: { name: 'Ada "Žluťoučká" \\ 😀\u2028\u0001' }, lines: [1, 2.5], note: null },
      },
      { key: { id: -1, more: [true, {}] }, value: { note: "", customer: { name: "", vat: 7 } } },
      { key: { id: 1 }, value: null },
      { key: null, value: { customer: { name: "nobody" } } },
    ],
    plainKey: (key) => key,
    plainValue: (value) => value,
  };
}

/** Protobuf: the first message of a file as the key, a nested one of a file with imports as the value. */
export function protobufTraffic(client: SchemaRegistryClient, name: string): Traffic {
  return protobuf(client, name, true);
}

/** The same, read without types: by the writer's schema alone. */
export function untypedProtobufTraffic(client: SchemaRegistryClient, name: string): Traffic {
  return protobuf(client, name, false);
}

function protobuf(client: SchemaRegistryClient, name: string, isTyped: boolean): Traffic {
  const { descriptors, message } = peerFiles({
    [`${name}/country.proto`]: `syntax = "proto3"; package ${name}; message Country { string code = 1; }`,
    [`${name}/customer.proto`]: `syntax = "proto3"; package ${name}; import "${name}/country.proto";
      message Customer { string name = 1; Country country = 2; }`,
    [`${name}/order.proto`]: `syntax = "proto3"; package ${name};
      import "${name}/customer.proto"; import "google/protobuf/timestamp.proto";
      message Key { int32 id = 1; }
      message Orders {
        enum State { OPEN = 0; SENT = 1; }
        message Other {}
        message Order {
          int64 id = 1; Customer customer = 2; google.protobuf.Timestamp at = 3; repeated sint32 lines = 4;
          map<string, double> weights = 5; bytes scan = 6; State state = 7; optional string note = 8;
          oneof paid { string card = 9; bool cash = 10; }
        }
      }`,
  });
  const [key, value] = [message(`${name}.Key`), message(`${name}.Orders.Order`)];
  const side = (type: DescMessage) => ({ files: descriptors, message: type.typeName });
  const plain = (type: DescMessage) => (one: unknown) =>
    one === null ? null : toJson(type, create(type, one as Record<string, unknown>));
  const ada = create(message(`${name}.Customer`), {
    name: "Ada Žluťoučká 😀",
    country: create(message(`${name}.Country`), { code: "CZ" }),
  });
  const full = {
    id: 2n ** 63n - 1n,
    customer: ada,
    at: { seconds: 1_700_000_000n, nanos: 123_000_000 },
    lines: [1, -1, -(2 ** 31)],
    weights: { "žlutá": 0.5 },
    scan: allBytes,
    state: 1,
    note: "",
    paid: { case: "cash", value: false },
  };
  return {
    format: "protobuf",
    key: side(key),
    value: side(value),
    serializers: {
      keySerializer: new ProtobufSerializer(client, key),
      valueSerializer: new ProtobufSerializer(client, value),
    },
    deserializers: {
      keyDeserializer: new ProtobufDeserializer(client, isTyped ? key : null),
      valueDeserializer: new ProtobufDeserializer(client, isTyped ? value : null),
    },
    messages: [
      { key: create(key, { id: 1 }), value: create(value, full) },
      { key: create(key, { id: -1 }), value: create(value) },
      { key: create(key, { id: 1 }), value: null },
      { key: null, value: create(value, { customer: ada }) },
    ],
    plainKey: plain(key),
    plainValue: plain(value),
  };
}

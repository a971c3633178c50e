/** The records that all serdes write and read, and their schemas in the three formats. */
import { toBinary } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { loadProtoFile } from "../../../src/serde/protobuf/descriptors.ts";

/** A record as JSON has it; a client makes of it what its formats take. */
export interface PlainRecord {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly nick: string | null;
  readonly score: number;
  readonly tags: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly address: { readonly street: string; readonly zip: number };
}

/** What is handed to the clients, as JSON. */
export interface Content {
  readonly records: readonly PlainRecord[];
  readonly avro: string;
  readonly json: string;
  /** A FileDescriptorProto in base64, as generated code has it. */
  readonly protobuf: string;
}

const avro = {
  type: "record",
  name: "Person",
  namespace: "bench",
  fields: [
    { name: "id", type: "long" },
    { name: "name", type: "string" },
    { name: "email", type: "string" },
    { name: "nick", type: ["null", "string"], default: null },
    { name: "score", type: "double" },
    { name: "tags", type: { type: "array", items: "string" } },
    { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
    {
      name: "address",
      type: {
        type: "record",
        name: "Address",
        fields: [{ name: "street", type: "string" }, { name: "zip", type: "int" }],
      },
    },
  ],
};

const json = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Person",
  type: "object",
  properties: {
    id: { type: "integer" },
    name: { type: "string" },
    email: { type: "string" },
    nick: { type: ["string", "null"] },
    score: { type: "number" },
    tags: { type: "array", items: { type: "string" } },
    at: { type: "integer", minimum: 0 },
    address: {
      type: "object",
      properties: { street: { type: "string" }, zip: { type: "integer" } },
      required: ["street", "zip"],
    },
  },
  required: ["id", "name", "email", "score", "tags", "at", "address"],
};

const protobuf = `syntax = "proto3";
package bench;
message Person {
  int64 id = 1;
  string name = 2;
  string email = 3;
  optional string nick = 4;
  double score = 5;
  repeated string tags = 6;
  int64 at = 7;
  Address address = 8;
}
message Address {
  string street = 1;
  int32 zip = 2;
}
`;

/** Makes it. There are several records, so that no compiler can take one for a constant. */
export function makeContent(): Content {
  const { file } = loadProtoFile({ schema: protobuf, schemaType: "PROTOBUF" }, []);
  return {
    records: Array.from({ length: 64 }, (_, index) => recordOf(index)),
    avro: JSON.stringify(avro),
    json: JSON.stringify(json),
    protobuf: base64Encode(toBinary(FileDescriptorProtoSchema, { ...file.proto, name: "person.proto" })),
  };
}

function recordOf(index: number): PlainRecord {
  return {
    id: 1_000_000 + index * 7919,
    name: `Ada Lovelace ${index}`,
    email: `ada${index}@example.com`,
    nick: index % 2 === 0 ? "countess" : null,
    score: 0.5 + index / 3,
    tags: ["math", "engine"],
    at: 1_700_000_000_000 + index * 1001,
    address: { street: "St James's Square", zip: 10_000 + index },
  };
}

/** The id of a schema, and how its bytes look in front of a payload and in a header. */
import { SerializationError } from "../kafka/serialization_error.ts";
import type { SchemaType } from "../schema_registry/schema.ts";
import { readMessageIndexes, writeMessageIndexes } from "./message_indexes.ts";

/** Says that an id in a registry follows. */
const idMagic = 0;
/** Says that a GUID follows. */
const guidMagic = 1;
const idBytes = 4;
const guidBytes = 16;

/** What a {@link SchemaId} is made of. */
export interface SchemaIdParts {
  /** The id in one registry, from 0 to 2³² - 1. */
  readonly id?: number | null;
  /** The GUID, which is the same in all registries, with its dashes. */
  readonly guid?: string | null;
  /** In Protobuf: where in the schema's file the message stands. */
  readonly messageIndexes?: readonly number[] | null;
}

/**
 * By what a message says which schema its payload was written with.
 *
 * Source: `SchemaId` in confluent-kafka-python.
 *
 * @example
 * ```ts
 * import { SchemaId } from "@kafka-ffi/kafka/avro";
 *
 * const { prefix } = new SchemaId({ id: 7 }); // 00 00 00 00 07
 * ```
 */
export class SchemaId implements SchemaIdParts {
  /** The id in one registry, or null if it is not known. */
  readonly id: number | null;
  /** The GUID in small letters, or null if the registry is too old to have one. */
  readonly guid: string | null;
  /** In Protobuf, where in the schema's file the message stands; else null. */
  readonly messageIndexes: readonly number[] | null;
  #prefix: Uint8Array<ArrayBuffer> | null = null;
  #header: Uint8Array<ArrayBuffer> | null = null;

  /** Makes an id of its parts. */
  constructor({ id = null, guid = null, messageIndexes = null }: SchemaIdParts) {
    this.id = id;
    this.guid = guid?.toLowerCase() ?? null;
    this.messageIndexes = messageIndexes;
  }

  /**
   * The bytes that go in front of a payload: a zero, the id, and in Protobuf the message's indexes. They are made once:
   * copy them before changing them.
   *
   * @throws {SerializationError} if the id is not known.
   */
  get prefix(): Uint8Array<ArrayBuffer> {
    return this.#prefix ??= this.#withIndexes(prefixOf(this.id));
  }

  /**
   * The bytes of the header: a one, the GUID, and in Protobuf the message's indexes. They are made once: copy them
   * before changing them.
   *
   * @throws {SerializationError} if the GUID is not known.
   */
  get header(): Uint8Array<ArrayBuffer> {
    return this.#header ??= this.#withIndexes(headerOf(this.guid));
  }

  #withIndexes(start: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (this.messageIndexes === null) return start;
    const indexes = writeMessageIndexes(this.messageIndexes);
    const bytes = new Uint8Array(start.length + indexes.length);
    bytes.set(start);
    bytes.set(indexes, start.length);
    return bytes;
  }
}

/** A schema's id as it was read. */
export interface FoundSchemaId {
  /** The id in the registry, or null if the message has a GUID. */
  readonly id: number | null;
  /** The GUID in small letters with its dashes, or null if the message has an id. */
  readonly guid: string | null;
  /** In Protobuf, where in the schema's file the message stands; else null. */
  readonly messageIndexes: readonly number[] | null;
  /** The index of the payload's first byte: behind the id, or 0 if the id stood in a header. */
  readonly payloadStart: number;
}

/**
 * Reads the id or GUID that some bytes begin with, and in Protobuf the indexes behind it.
 *
 * @throws {SerializationError} if there is none.
 *
 * @example
 * ```ts
 * import { readSchemaId } from "@kafka-ffi/kafka/avro";
 *
 * const { id, payloadStart } = readSchemaId(Uint8Array.of(0, 0, 0, 0, 7, 2), "AVRO"); // 7 and 5
 * ```
 */
export function readSchemaId(bytes: Uint8Array, type: SchemaType): FoundSchemaId {
  const magic = bytes[0];
  if (magic === idMagic && bytes.length > idBytes) {
    const id = ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
    return withIndexes(bytes, type, id, null, 1 + idBytes);
  }
  if (magic === guidMagic && bytes.length > guidBytes) {
    return withIndexes(bytes, type, null, guidAt(bytes, 1), 1 + guidBytes);
  }
  throw new SerializationError(refusal(bytes));
}

function withIndexes(
  bytes: Uint8Array,
  type: SchemaType,
  id: number | null,
  guid: string | null,
  end: number,
): FoundSchemaId {
  if (type !== "PROTOBUF") return { id, guid, messageIndexes: null, payloadStart: end };
  const { indexes, end: payloadStart } = readMessageIndexes(bytes, end);
  return { id, guid, messageIndexes: indexes, payloadStart };
}

function refusal(bytes: Uint8Array): string {
  const magic = bytes[0];
  if (magic === undefined) return "Cannot read a schema id: there are no bytes";
  if (magic > guidMagic) {
    return `Cannot read a schema id: the magic byte is ${magic}, and 0 or 1 is wanted; was this message written with one?`;
  }
  const wanted = 1 + (magic === idMagic ? idBytes : guidBytes);
  return `Cannot read a schema id: with the magic byte ${magic} it has ${wanted} bytes, and there are ${bytes.length}`;
}

function prefixOf(id: number | null): Uint8Array<ArrayBuffer> {
  if (id === null || !Number.isInteger(id) || id < 0 || id >= 2 ** 32) {
    throw new SerializationError(`Cannot write the schema id ${id}: a whole number from 0 to 4294967295 is wanted`);
  }
  const bytes = new Uint8Array(1 + idBytes);
  bytes[0] = idMagic;
  new DataView(bytes.buffer).setUint32(1, id);
  return bytes;
}

function headerOf(guid: string | null): Uint8Array<ArrayBuffer> {
  if (guid === null) {
    throw new SerializationError(
      "Cannot write the schema's GUID: the registry gave none, which Confluent's has since version 8",
    );
  }
  const digits = guid.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(digits)) throw new SerializationError("Cannot write the schema's GUID: it is no UUID");
  const bytes = new Uint8Array(1 + guidBytes);
  bytes[0] = guidMagic;
  for (let i = 0; i < guidBytes; i++) bytes[1 + i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const hexOf: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function guidAt(bytes: Uint8Array, start: number): string {
  let guid = "";
  for (let i = 0; i < guidBytes; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) guid += "-";
    guid += hexOf[bytes[start + i]!]!;
  }
  return guid;
}

/** Where in its file a Protobuf message stands, as it is written behind a schema's id. */
import { SerializationError } from "../kafka/serialization_error.ts";

/** The first message of a file, which is written as a single 0. */
const FIRST: readonly number[] = Object.freeze([0]);
const MAX_COUNT = 100_000;
const MAX_VARINT_BYTES = 10;

/**
 * Gives the bytes of a path: the position of a message in its file, then, for one that is in others, those inside of
 * each. They are the number of positions and the positions, as zigzag varints.
 *
 * Source: `_encode_varints` of `ProtobufSerializer` in confluent-kafka-python.
 */
export function writeMessageIndexes(indexes: readonly number[]): Uint8Array<ArrayBuffer> {
  if (indexes.length === 1 && indexes[0] === 0) return new Uint8Array(1);
  const bytes: number[] = [];
  for (const value of [indexes.length, ...indexes]) {
    let rest = 2 * value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 + 0x80);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

/**
 * Reads a path, and says where what follows it begins.
 *
 * @throws {SerializationError} if it ends too early, has a number of positions below 0 or above 100,000, or a position
 * below 0.
 *
 * Source: `_read_index_array` of `ProtobufDeserializer` in confluent-kafka-python.
 */
export function readMessageIndexes(
  data: Uint8Array,
  start: number,
): { readonly indexes: readonly number[]; readonly end: number } {
  if (data[start] === 0) return { indexes: FIRST, end: start + 1 };
  const reader = { at: start };
  const count = readZigzag(data, reader);
  if (count < 0 || count > MAX_COUNT) {
    throw new SerializationError(`Cannot read the message indexes: ${count} is no number of indexes`);
  }
  if (count === 0) return { indexes: FIRST, end: reader.at };
  const indexes: number[] = [];
  for (let i = 0; i < count; i++) {
    const index = readZigzag(data, reader);
    if (index < 0) throw new SerializationError(`Cannot read the message indexes: ${index} is no index`);
    indexes.push(index);
  }
  return { indexes, end: reader.at };
}

function readZigzag(data: Uint8Array, reader: { at: number }): number {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = data[reader.at++];
    if (byte === undefined) {
      throw new SerializationError("Cannot read the message indexes: the data ends before they do");
    }
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
  throw new SerializationError(`Cannot read the message indexes: a number has more than ${MAX_VARINT_BYTES} bytes`);
}

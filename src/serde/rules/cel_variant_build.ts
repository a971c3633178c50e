/** Makes variants of JSON. */
import { failed } from "./cel_decimal.ts";
import { codes, compareTexts, kinds, Variant } from "./cel_variant.ts";
import { type Json, JsonNumber, parseJson } from "./cel_variant_parse.ts";

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_SHORT = 63;
const NAME = "variants.parseJson";

/** A value whose length is known before it is written. */
interface Node {
  readonly size: number;
  write(output: Uint8Array, at: number): void;
}

/**
 * Reads JSON as a variant. A number with a fraction or an exponent is a double; others are integers, and decimals beyond 64 bits.
 *
 * @throws {RuleError} if it is none, or makes a variant of more than 16 MiB.
 */
export function variantOfJson(text: string): Variant {
  const keys = new Map<string, number>();
  const root = nodeOf(parseJson(text), keys);
  const value = new Uint8Array(checked(root.size));
  root.write(value, 0);
  return new Variant(value, metadataOf([...keys.keys()]));
}

function nodeOf(value: Json, keys: Map<string, number>): Node {
  if (value === null) return primitive(codes.null);
  if (typeof value === "boolean") return primitive(value ? codes.true : codes.false);
  if (typeof value === "string") return stringNode(value);
  if (value instanceof JsonNumber) return value.isInteger ? integerNode(value.text) : doubleNode(value.double);
  if (Array.isArray(value)) return containerNode(value.map((item) => nodeOf(item, keys)), null);
  const entries = [...value as ReadonlyMap<string, Json>].map(([key, member]) => {
    // A key has its number before those that are within its value.
    if (!keys.has(key)) keys.set(key, keys.size);
    return { key, id: keys.get(key)!, node: nodeOf(member, keys) };
  });
  return containerNode(entries.map(({ node }) => node), entries);
}

function primitive(code: number, body = new Uint8Array(0)): Node {
  return withHead(code << 2 | kinds.primitive, body);
}

function withHead(head: number, body: Uint8Array): Node {
  return {
    size: 1 + body.length,
    write(output, at) {
      output[at] = head;
      output.set(body, at + 1);
    },
  };
}

function stringNode(text: string): Node {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MAX_SHORT) return withHead(bytes.length << 2 | kinds.shortString, bytes);
  const body = new Uint8Array(4 + bytes.length);
  writeLittle(body, 0, BigInt(bytes.length), 4);
  body.set(bytes, 4);
  return primitive(codes.string, body);
}

function doubleNode(value: number): Node {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setFloat64(0, value, true);
  return primitive(codes.double, body);
}

function integerNode(text: string): Node {
  // A number of 38 digits, its sign and no more.
  if (text.length > 39) throw failed(NAME, "an integer has more than 38 digits");
  const value = BigInt(text);
  for (const [code, byteLength] of [[codes.int8, 1], [codes.int16, 2], [codes.int32, 4], [codes.int64, 8]] as const) {
    if (BigInt.asIntN(8 * byteLength, value) === value) return primitive(code, little(value, byteLength));
  }
  if (text.replace("-", "").length > 38) throw failed(NAME, "an integer has more than 38 digits");
  // Behind the code stands the scale, which is zero; what has fewer digits is no more than 64 bits.
  const body = new Uint8Array(17);
  body.set(little(value, 16), 1);
  return primitive(codes.decimal16, body);
}

function containerNode(
  nodes: readonly Node[],
  fields: readonly { readonly key: string; readonly id: number }[] | null,
): Node {
  const count = nodes.length;
  const offsets: number[] = [];
  let dataSize = 0;
  for (const { size } of nodes) {
    offsets.push(dataSize);
    dataSize = checked(dataSize + size);
  }
  const order = nodes.map((_, index) => index);
  if (fields !== null) order.sort((one, other) => compareTexts(fields[one]!.key, fields[other]!.key));
  const isLarge = count > 255;
  const countSize = isLarge ? 4 : 1;
  const idSize = fields === null ? 0 : sizeOf(fields.reduce((most, { id }) => Math.max(most, id), 0));
  const offsetSize = sizeOf(dataSize);
  const head = fields === null
    ? Number(isLarge) << 4 | (offsetSize - 1) << 2 | kinds.array
    : Number(isLarge) << 6 | (idSize - 1) << 4 | (offsetSize - 1) << 2 | kinds.object;
  const headSize = 1 + countSize + count * idSize + (count + 1) * offsetSize;
  return {
    size: headSize + dataSize,
    write(output, at) {
      output[at] = head;
      let next = writeLittle(output, at + 1, BigInt(count), countSize);
      if (fields !== null) {
        for (const index of order) next = writeLittle(output, next, BigInt(fields[index]!.id), idSize);
      }
      for (const index of order) next = writeLittle(output, next, BigInt(offsets[index]!), offsetSize);
      const data = writeLittle(output, next, BigInt(dataSize), offsetSize);
      for (const [index, node] of nodes.entries()) node.write(output, data + offsets[index]!);
    },
  };
}

/** The keys, which objects refer to by their numbers. */
function metadataOf(keys: readonly string[]): Uint8Array {
  const texts = keys.map((key) => new TextEncoder().encode(key));
  const textSize = texts.reduce((sum, { length }) => sum + length, 0);
  const size = sizeOf(Math.max(textSize, keys.length));
  const metadata = new Uint8Array(checked(1 + (keys.length + 2) * size + textSize));
  metadata[0] = 1 | (size - 1) << 6;
  let next = writeLittle(metadata, 1, BigInt(keys.length), size);
  let offset = 0;
  for (const { length } of texts) {
    next = writeLittle(metadata, next, BigInt(offset), size);
    offset += length;
  }
  next = writeLittle(metadata, next, BigInt(offset), size);
  for (const bytes of texts) {
    metadata.set(bytes, next);
    next += bytes.length;
  }
  return metadata;
}

function checked(size: number): number {
  if (size > MAX_BYTES) throw failed(NAME, "the variant is too large");
  return size;
}

function sizeOf(most: number): number {
  return most <= 0xff ? 1 : most <= 0xffff ? 2 : most <= 0xffffff ? 3 : 4;
}

function little(value: bigint, byteLength: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  writeLittle(bytes, 0, value, byteLength);
  return bytes;
}

/** Writes an integer, and gives where the next goes. */
function writeLittle(output: Uint8Array, at: number, value: bigint, byteLength: number): number {
  let rest = BigInt.asUintN(8 * byteLength, value);
  for (let index = 0; index < byteLength; index++) {
    output[at + index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return at + byteLength;
}

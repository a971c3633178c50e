/** What the messages of a benchmark hold, and the proof that each came exactly once and in order: `baseline.c` does the same. */

/** The value of the records that connect a client before its clock starts, one in each partition. */
export const warmUp = "warm";

const warmUpSize = 4;

/** The name of the one header of the workloads that have it. */
export const headerName = "trace";

/** The size of that header's value, which is the message's mark. */
export const markSize = 8;

/** Writes what tells message number `sequence` from all others. */
export function writeMark(bytes: Uint8Array, sequence: number): void {
  const mark = markOf(sequence);
  bytes[0] = sequence;
  bytes[1] = sequence >>> 8;
  bytes[2] = sequence >>> 16;
  bytes[3] = sequence >>> 24;
  bytes[4] = mark;
  bytes[5] = mark >>> 8;
  bytes[6] = mark >>> 16;
  bytes[7] = mark >>> 24;
}

/** A value of `size` bytes, to be completed by {@link writeValue}. */
export function newValue(size: number): Uint8Array {
  return new Uint8Array(size).fill("k".charCodeAt(0));
}

/** Marks a value as message number `sequence`. */
export function writeValue(value: Uint8Array, sequence: number): void {
  writeMark(value, sequence);
  value[value.length - 1] = sequence ^ 0x5a;
}

/** Throws unless the headers are those that a message with this value was sent with: its mark, or none. */
export function checkHeaders(
  headers: readonly (readonly [name: string, value: Uint8Array | null])[],
  value: Uint8Array | null,
  isExpected: boolean,
): void {
  if (!isExpected || value?.length === warmUpSize) {
    if (headers.length !== 0) throw new Error("Unexpected headers");
    return;
  }
  const [name, mark] = headers[0] ?? [];
  if (headers.length !== 1 || name !== headerName || mark?.length !== markSize || value === null) {
    throw new Error(`Expected one header "${headerName}"`);
  }
  for (let i = 0; i < markSize; i++) {
    if (mark[i] !== value[i]) throw new Error("The header is another message's");
  }
}

/** Takes note of every message that passed, and throws at the first that is missing, damaged, doubled or out of order. */
export class Ledger {
  readonly #messages: number;
  readonly #valueSize: number;
  readonly #seen: Uint8Array;
  readonly #nextOffset: Float64Array;
  readonly #lastSequence: Float64Array;
  #count = 0;
  #warmCount = 0;

  constructor(expected: { messages: number; valueSize: number; partitions: number }) {
    this.#messages = expected.messages;
    this.#valueSize = expected.valueSize;
    this.#seen = new Uint8Array(expected.messages);
    this.#nextOffset = new Float64Array(expected.partitions);
    this.#lastSequence = new Float64Array(expected.partitions).fill(-1);
  }

  /** Messages seen so far, without the warm-up records. */
  get count(): number {
    return this.#count;
  }

  get warmCount(): number {
    return this.#warmCount;
  }

  /** Enters a warm-up record, known by its size. */
  warm(partition: number, offset: number | null): void {
    this.#place(partition, offset);
    this.#warmCount++;
  }

  /** Enters a message that was delivered or read. */
  enter(partition: number, offset: number | null, value: Uint8Array | null): void {
    if (value === null) throw new Error(`Unexpected tombstone at offset ${offset} of partition ${partition}`);
    if (value.length !== this.#valueSize) {
      if (value.length !== warmUpSize) throw new Error(`Unexpected value of ${value.length} bytes`);
      return this.warm(partition, offset);
    }
    this.#place(partition, offset);
    const sequence = readU32(value, 0);
    if (
      sequence >= this.#messages || readU32(value, 4) !== markOf(sequence) ||
      value[value.length - 1] !== ((sequence ^ 0x5a) & 0xff)
    ) throw new Error(`Damaged value at offset ${offset} of partition ${partition}`);
    if (this.#seen[sequence] !== 0) throw new Error(`Message ${sequence} came twice`);
    this.#seen[sequence] = 1;
    if (sequence <= this.#lastSequence[partition]!) throw new Error(`Message ${sequence} is out of order`);
    this.#lastSequence[partition] = sequence;
    this.#count++;
  }

  /** Throws unless every message was entered. */
  close(): void {
    if (this.#count !== this.#messages) throw new Error(`Only ${this.#count} of ${this.#messages} messages came`);
  }

  #place(partition: number, offset: number | null): void {
    const expected = this.#nextOffset[partition];
    if (offset !== expected) throw new Error(`Gap in partition ${partition}: offset ${offset}, expected ${expected}`);
    this.#nextOffset[partition] = offset + 1;
  }
}

function markOf(sequence: number): number {
  return Math.imul(sequence, 0x9e3779b1) >>> 0;
}

function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0;
}

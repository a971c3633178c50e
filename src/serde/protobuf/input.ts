/** Bytes of Protobuf that are read from the front, never beyond the end of the message that is being read. */

const MAX_VARINT_BYTES = 10;
/** What is longer is left to the platform's decoder, which costs more to call and less for each character. */
const MAX_LOOPED = 32;

// A mark at the front of a text belongs to it.
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const scratch = new DataView(new ArrayBuffer(8));

/** Data, and how far it was read. */
export class Input {
  readonly bytes: Uint8Array;
  /** Where the next byte is. */
  at: number;
  #view: DataView | undefined;
  /** The halves of the last number that was read. */
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.bytes = bytes;
    this.at = start;
  }

  /** Reads a tag. */
  tag(end: number): number {
    const tag = this.uint32(end);
    if (this.#high !== 0 || tag < 8) throw malformed("a tag is none");
    return tag;
  }

  /** The lower 32 bits of a number. */
  uint32(end: number): number {
    const byte = this.bytes[this.at]!;
    if (byte < 0x80 && this.at < end) {
      this.at++;
      this.#high = 0;
      return byte;
    }
    this.#varint(end);
    return this.#low;
  }

  /** A signed number. */
  int64(end: number): bigint {
    this.#varint(end);
    return this.#signed();
  }

  /** A number from 0 on. */
  uint64(end: number): bigint {
    this.#varint(end);
    return BigInt.asUintN(64, this.#signed());
  }

  /** A signed number, of which small negative ones are short. */
  sint64(end: number): bigint {
    this.#varint(end);
    const sign = -(this.#low & 1);
    const low = this.#low;
    this.#low = ((low >>> 1 | this.#high << 31) ^ sign) >>> 0;
    this.#high = (this.#high >>> 1 ^ sign) >>> 0;
    return this.#signed();
  }

  /** Whether a number is not 0. */
  bool(end: number): boolean {
    this.#varint(end);
    return this.#low !== 0 || this.#high !== 0;
  }

  /** Where so many bytes begin, which are read by that. */
  advance(byteLength: number, end: number): number {
    const start = this.at;
    if (byteLength > end - start) throw malformed("it ends too early");
    this.at = start + byteLength;
    return start;
  }

  /** Reads a length, and says where what has it ends. */
  length(end: number): number {
    const length = this.uint32(end);
    if (this.#high !== 0 || length > end - this.at) throw malformed("a length goes beyond the end");
    return this.at + length;
  }

  /** For numbers of fixed sizes. */
  get view(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#view;
  }

  /** Reads bytes, which are a view of the data. */
  data(end: number): Uint8Array {
    const stop = this.length(end);
    const start = this.at;
    this.at = stop;
    return this.bytes.subarray(start, stop);
  }

  /** @param isStrict Whether bytes that are no UTF-8 are refused; else U+FFFD takes their place. */
  string(end: number, isStrict: boolean): string {
    const stop = this.length(end);
    const start = this.at;
    this.at = stop;
    if (stop - start <= MAX_LOOPED) {
      const text = ascii(this.bytes, start, stop);
      if (text !== null) return text;
    }
    return (isStrict ? strictDecoder : lenientDecoder).decode(this.bytes.subarray(start, stop));
  }

  #signed(): bigint {
    if (this.#high === 0) return BigInt(this.#low);
    scratch.setUint32(0, this.#high);
    scratch.setUint32(4, this.#low);
    return scratch.getBigInt64(0);
  }

  #varint(end: number): void {
    const { bytes } = this;
    let low = 0;
    let high = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.at >= end) throw malformed("it ends too early");
      const byte = bytes[this.at++]!;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << 7 * i;
      else if (i > 4) high |= bits << 7 * i - 32;
      else {
        low |= bits << 28;
        high = bits >>> 4;
      }
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw malformed(`a number has more than ${MAX_VARINT_BYTES} bytes`);
  }
}

/** Data that is none. What reads it says of which message. */
export function malformed(reason: string): Error {
  return new RangeError(`The data is malformed: ${reason}`);
}

/** The text of bytes that are all ASCII; null if one is not. */
function ascii(bytes: Uint8Array, start: number, stop: number): string | null {
  let text = "";
  let at = start;
  for (; at + 4 <= stop; at += 4) {
    const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
    if ((a | b | c | d) > 0x7f) return null;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < stop; at++) {
    if (bytes[at]! > 0x7f) return null;
    text += String.fromCharCode(bytes[at]!);
  }
  return text;
}

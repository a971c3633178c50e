/** Where a serializer writes: a buffer that grows, or one of the caller's that does not. */

/** The caller's memory is too small for what is written to it. */
export class NoRoomError extends RangeError {
  /** The class, for logs. */
  override readonly name = "NoRoomError";

  /** Makes an error that says so. */
  constructor() {
    super("Cannot encode the value: the target has no room for it");
  }
}

/** Bytes that are written from the front. Encoders write to `bytes` and `view` at `at` after they have asked for room. */
export class Output {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  /** Where the next byte goes. */
  at = 0;
  readonly #isFixed: boolean;

  /** @param target The caller's own, which is not replaced by a larger one. Default: a buffer that grows. */
  constructor(target?: Uint8Array<ArrayBuffer>) {
    this.#isFixed = target !== undefined;
    this.bytes = target ?? new Uint8Array(1024);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /**
   * Sees to it that so many bytes have room behind `at`. `bytes` and `view` may be others afterwards.
   *
   * @throws {NoRoomError} if the target is the caller's and too small.
   */
  reserve(byteLength: number): void {
    if (this.at + byteLength > this.bytes.length) this.#grow(byteLength);
  }

  #grow(byteLength: number): void {
    if (this.#isFixed) throw new NoRoomError();
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.at + byteLength));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  /** Appends bytes. */
  write(data: Uint8Array): void {
    this.reserve(data.length);
    this.bytes.set(data, this.at);
    this.at += data.length;
  }
}

/** Messages on their way into a C library that only remembers what it was given. */
import type { ProducerMessage } from "../../../mod.ts";
import { constants, layout, type Pointer } from "../../../ffi/mod.ts";
import type { Native } from "../../../src/native/native.ts";
import { Outgoing } from "../../../src/native/outgoing.ts";
import { Scratch } from "../../../src/native/scratch.ts";
import { assertEquals } from "../assert.ts";
import { FakeLibrary } from "../../support/ffi/fake_library.ts";

/** A message as C was given it. */
export interface Crossed {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
  readonly timestamp: number | null;
  readonly batch: number;
  readonly index: number;
}

/** A call, and what it handed over. */
export interface Call {
  readonly kind: "batch" | "single";
  readonly messages: readonly Crossed[];
}

/** An {@link Outgoing} over a C library that remembers what it was given. */
export class OutgoingFixture {
  readonly calls: Call[] = [];
  readonly refused: [batch: number, index: number, code: number, byteLength: number][] = [];
  readonly topics: string[] = [];
  readonly destroyed: number[] = [];
  readonly outgoing: Outgoing;
  /** The code that C answers a message with. */
  answer: (message: Crossed) => number = () => 0;
  readonly #library: FakeLibrary;

  constructor() {
    const library = this.#library = new FakeLibrary();
    const errors = new Map<number, number>();
    const c = {
      rd_kafka_topic_new: (_client: number, name: number) => this.topics.push(library.readText(name)) * 0x1_0000_0010,
      rd_kafka_topic_destroy: (handle: number) => void this.destroyed.push(handle),
      rd_kafka_produce_batch: (topic: number, partition: number, flags: number, first: number, count: number) => {
        assertEquals([partition, flags], [-1, constants.RD_KAFKA_MSG_F_COPY | constants.RD_KAFKA_MSG_F_PARTITION]);
        const crossed = Array.from(
          { length: count },
          (_, i) => this.#readMessage(topic, first + i * layout.message.size),
        );
        this.calls.push({ kind: "batch", messages: crossed });
        const codes = crossed.map((one) => this.answer(one));
        codes.forEach((code, i) => this.#write(first + i * layout.message.size + layout.message.err, code));
        return codes.filter((code) => code === 0).length;
      },
      rd_kafka_produceva: (_client: number, first: number, count: number) => {
        const crossed = this.#readArguments(first, count);
        this.calls.push({ kind: "single", messages: [crossed] });
        const code = this.answer(crossed);
        if (code === 0) return 0;
        errors.set(errors.size + 1, code);
        return errors.size;
      },
      rd_kafka_error_code: (error: number) => errors.get(error),
      rd_kafka_error_destroy: (error: number) => void errors.set(error, NaN),
    };
    const native = { c, library, scratch: new Scratch(library) } as unknown as Native;
    this.outgoing = new Outgoing(native, 1 as unknown as Pointer, (...args) => void this.refused.push(args));
  }

  /** Gathers messages under the numbers 1:0, 1:1 … and returns their sizes. */
  add(...messages: ProducerMessage[]): number[] {
    return messages.map((message, index) => this.outgoing.add(message, 1, index));
  }

  /** The values that crossed, a list for each call. */
  get values(): (string | null)[][] {
    return this.calls.map(({ messages }) => messages.map(({ value }) => value));
  }

  #view(address: number, length: number): DataView {
    const bytes = this.#library.read(address, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  #text(address: number, length: number): string | null {
    if (address === 0) {
      assertEquals(length, 0);
      return null;
    }
    return new TextDecoder().decode(this.#library.read(address, length));
  }

  #write(address: number, code: number): void {
    const block = this.#library.blocks.find((one) =>
      address >= one.address && address < one.address + one.bytes.length
    )!;
    block.i32[(address - block.address) / 4] = code;
  }

  #topicName(handle: number): string {
    return this.topics[handle / 0x1_0000_0010 - 1] ?? `no topic ${handle}`;
  }

  #readMessage(topic: number, at: number): Crossed {
    const view = this.#view(at, layout.message.size);
    const word = (offset: number): number => Number(view.getBigUint64(offset, true));
    assertEquals(view.getInt32(layout.message.err, true), 0);
    return {
      topic: this.#topicName(topic),
      partition: view.getInt32(layout.message.partition, true),
      key: this.#text(word(layout.message.key), word(layout.message.keyLen)),
      value: this.#text(word(layout.message.payload), word(layout.message.len)),
      headers: [],
      timestamp: null,
      batch: view.getUint32(layout.message.opaque + 4, true),
      index: view.getUint32(layout.message.opaque, true),
    };
  }

  #readArguments(first: number, count: number): Crossed {
    const headers: [string, string | null][] = [];
    // What librdkafka takes when an argument is not given.
    const found: Record<string, unknown> = { partition: -1, key: null, timestamp: null, headers };
    for (let i = 0; i < count; i++) {
      const view = this.#view(first + i * layout.vu.size, layout.vu.size);
      const word = (offset: number): number => Number(view.getBigUint64(offset, true));
      const memory = (): string | null => this.#text(word(layout.vu.memPtr), word(layout.vu.memSize));
      switch (view.getInt32(layout.vu.vtype, true)) {
        case constants.RD_KAFKA_VTYPE_RKT:
          found["topic"] = this.#topicName(word(layout.vu.rkt));
          break;
        case constants.RD_KAFKA_VTYPE_PARTITION:
          found["partition"] = view.getInt32(layout.vu.i32, true);
          break;
        case constants.RD_KAFKA_VTYPE_MSGFLAGS:
          assertEquals(view.getInt32(layout.vu.i, true), constants.RD_KAFKA_MSG_F_COPY);
          break;
        case constants.RD_KAFKA_VTYPE_VALUE:
          found["value"] = memory();
          break;
        case constants.RD_KAFKA_VTYPE_KEY:
          found["key"] = memory();
          break;
        case constants.RD_KAFKA_VTYPE_OPAQUE:
          found["index"] = view.getUint32(layout.vu.ptr, true) & 0x7fff_ffff; // The highest bit is a note to the report.
          found["batch"] = view.getUint32(layout.vu.ptr + 4, true);
          break;
        case constants.RD_KAFKA_VTYPE_TIMESTAMP:
          found["timestamp"] = Number(view.getBigInt64(layout.vu.i64, true));
          break;
        case constants.RD_KAFKA_VTYPE_HEADER:
          headers.push([
            this.#library.readText(word(layout.vu.headerName)),
            this.#text(word(layout.vu.headerVal), word(layout.vu.headerSize)),
          ]);
          break;
        default:
          throw new Error(`Unknown argument ${view.getInt32(layout.vu.vtype, true)}`);
      }
    }
    return found as unknown as Crossed;
  }
}

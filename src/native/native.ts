/** An opened librdkafka with its functions bound, and the conversions between its values and ours. */
import {
  type AwayArguments,
  type Block,
  layout,
  type Library,
  type NativeValue,
  type OpenedLibrary,
  openLibrary,
  type Pointer,
  symbols,
} from "../../ffi/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import { bindFunctions, type Functions } from "./functions.ts";
import { Scratch } from "./scratch.ts";

const decoder = new TextDecoder();

/** What is known of the librdkafka in use. */
export interface LibraryInfo {
  /** The path or name it was opened by. */
  readonly path: string;
  /** Where it was found, in words. */
  readonly source: string;
  /** `2.16.0`. */
  readonly version: string;
  /** What it was built with: `ssl`, `sasl_scram`, `zstd`. */
  readonly features: readonly string[];
  /** The runtime and its FFI: `Deno.dlopen`, `bun:ffi`, `node:ffi`, `koffi`. */
  readonly interface: string;
}

type AwayCallArguments<Name extends keyof typeof symbols> = AwayArguments<(typeof symbols)[Name]["parameters"]>;
type AwayResult<Name extends keyof typeof symbols> = NativeValue<(typeof symbols)[Name]["result"]>;

/** One opened library. There is one per path and thread of JavaScript; it is never closed. */
export class Native {
  readonly library: Library;
  readonly c: Functions;
  readonly scratch: Scratch;
  readonly version: string;
  readonly #opened: OpenedLibrary;
  #text: Block;

  constructor(opened: OpenedLibrary) {
    this.#opened = opened;
    this.library = opened.library;
    this.c = bindFunctions(opened.library);
    this.scratch = new Scratch(opened.library);
    this.#text = opened.library.block(65536);
    this.version = this.text(this.c.rd_kafka_version_str()) ?? "";
  }

  /** Facts about the library. */
  info(): LibraryInfo {
    const { c, library, scratch } = this;
    const conf = c.rd_kafka_conf_new();
    scratch.reset();
    const size = 512;
    const value = scratch.take(size);
    const length = scratch.take(8);
    new DataView(length.bytes.buffer, length.bytes.byteOffset).setBigUint64(0, BigInt(size), true);
    c.rd_kafka_conf_get(conf, scratch.text("builtin.features", "a property"), value.pointer, length.pointer);
    const features = (this.text(value.pointer) ?? "").split(",").filter((feature) => feature !== "");
    c.rd_kafka_conf_destroy(conf);
    const { source } = this.#opened;
    return { path: library.path, source, version: this.version, features, interface: library.interface };
  }

  /** The C string at an address, or null for the null pointer. */
  text(pointer: Pointer): string | null {
    const { library } = this;
    if (library.isNull(pointer)) return null;
    return this.textOf(pointer, library.number(this.c.strlen(pointer)));
  }

  /** `length` bytes of UTF-8 at an address. */
  textOf(pointer: Pointer, length: number): string {
    if (length > this.#text.bytes.length) this.#text = this.library.block(length);
    this.c.memcpy(this.#text.pointer, pointer, this.library.word(length));
    return decoder.decode(this.#text.bytes.subarray(0, length));
  }

  /** A copy of `length` bytes at an address. */
  bytesOf(pointer: Pointer, length: number): Uint8Array<ArrayBuffer> {
    if (length > this.#text.bytes.length) this.#text = this.library.block(length);
    this.c.memcpy(this.#text.pointer, pointer, this.library.word(length));
    return this.#text.bytes.slice(0, length);
  }

  /** Calls a function off the event loop. A block stands for its address, and is kept until the call has returned. */
  callAway<Name extends keyof typeof symbols>(name: Name, ...args: AwayCallArguments<Name>): Promise<AwayResult<Name>> {
    return this.library.callAway(name, symbols[name], args) as Promise<AwayResult<Name>>;
  }

  /** librdkafka's words for an error code. */
  describe(code: number): string {
    return this.text(this.c.rd_kafka_err2str(code)) ?? `error ${code}`;
  }

  /** An error from a code alone: `action` says what could not be done. */
  error(action: string, code: number): KafkaError {
    return new KafkaError(`${action}: ${this.describe(code)}`, code);
  }

  /** An error from an `rd_kafka_error_t`, which is destroyed. */
  takeError(action: string, pointer: Pointer): KafkaError {
    const { c } = this;
    const code = c.rd_kafka_error_code(pointer);
    const message = this.text(c.rd_kafka_error_string(pointer)) ?? this.describe(code);
    const facts = {
      isFatal: c.rd_kafka_error_is_fatal(pointer) !== 0,
      isRetriable: c.rd_kafka_error_is_retriable(pointer) !== 0,
      txnRequiresAbort: c.rd_kafka_error_txn_requires_abort(pointer) !== 0,
    };
    c.rd_kafka_error_destroy(pointer);
    return new KafkaError(`${action}: ${message}`, code, facts);
  }

  /** Throws if a call that answers with an `rd_kafka_error_t` failed. */
  checkError(action: string, pointer: Pointer): void {
    if (!this.library.isNull(pointer)) throw this.takeError(action, pointer);
  }

  /** Throws if a call that answers with a code failed. */
  checkCode(action: string, code: number): void {
    if (code !== 0) throw this.error(action, code);
  }
}

/** By the path that was named; undefined for the one that was found. */
const opened = new Map<string | undefined, Native>();

/**
 * Opens librdkafka, or returns the one that is open already.
 *
 * @throws {Error} naming every place that was tried, if none is found or it is older than 2.8.
 */
export function openNative(libraryPath?: string): Native {
  let native = opened.get(libraryPath);
  if (native === undefined) {
    native = new Native(openLibrary(libraryPath));
    checkLayout(native);
    opened.set(libraryPath, native);
  }
  return native;
}

/** Compares the generated struct offsets with what this library writes, so that a changed struct is an error and not a crash. */
function checkLayout(native: Native): void {
  const { c, library, scratch } = native;
  const list = c.rd_kafka_topic_partition_list_new(1);
  const element = c.rd_kafka_topic_partition_list_add(list, scratch.reset().text("layout", "a topic"), 7);
  const { cnt, elems, size } = layout.topicPartitionList;
  const head = library.block(size);
  c.memcpy(head.pointer, list, library.word(size));
  const body = library.block(layout.topicPartition.size);
  c.memcpy(body.pointer, element, library.word(layout.topicPartition.size));
  const good = head.i32[cnt / 4] === 1 &&
    library.number(library.pointerAt(head, elems / 8)) === library.number(element) &&
    body.i32[layout.topicPartition.partition / 4] === 7 &&
    body.i32[layout.topicPartition.offset / 4] === -1001 &&
    native.text(library.pointerAt(body, layout.topicPartition.topic / 8)) === "layout";
  c.rd_kafka_topic_partition_list_destroy(list);
  if (!good) {
    throw new Error(`Cannot use "${library.path}": its structs are not laid out as in librdkafka 2.8 to 2.16`);
  }
}

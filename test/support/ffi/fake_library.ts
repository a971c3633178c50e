/** A port without a library: memory at made-up addresses, and C functions that a test writes in TypeScript. */
import { newBlock, NumberWords } from "../../../ffi/words.ts";
import type {
  Block,
  Callback,
  Library,
  NativeFunctions,
  NativeValue,
  Pointer,
  Signature,
  Wake,
} from "../../../ffi/runtime.ts";

/** Memory far beyond what a 32-bit half can hold, so that a lost half is noticed. */
const firstAddress = 0x7f00_1234_0000;

/** Stands in for an opened library. */
export class FakeLibrary extends NumberWords implements Library {
  readonly path = "fake";
  readonly runtime = "node";
  readonly interface = "fake";
  /** Every block that was allocated, in order. */
  readonly blocks: Block[] = [];
  readonly #functions: Readonly<Record<string, (...args: never[]) => unknown>>;
  #next = firstAddress;

  constructor(functions: Readonly<Record<string, (...args: never[]) => unknown>> = {}) {
    super();
    this.#functions = functions;
  }

  bind<const Table extends Readonly<Record<string, Signature>>>(table: Table): NativeFunctions<Table> {
    const bound = Object.keys(table).map((name) => [name, this.#functions[name]]);
    return Object.fromEntries(bound) as NativeFunctions<Table>;
  }

  block(byteLength: number): Block {
    const block = newBlock(byteLength, this, (bytes) => {
      const address = this.#next;
      // A gap between blocks: what is written past the end of one is not read from the next.
      this.#next += bytes.length + 4096;
      return address as unknown as Pointer;
    });
    this.blocks.push(block);
    return block;
  }

  wake(_onWake: () => void): Wake {
    throw new Error("A fake library wakes nobody");
  }

  callAway<const S extends Signature>(): Promise<NativeValue<S["result"]>> {
    throw new Error("A fake library has no threads");
  }

  callback(): Callback {
    throw new Error("A fake library calls nobody back");
  }

  /** The bytes at an address, as C would see them. */
  read(address: number, length: number): Uint8Array {
    const block = this.blocks.find((one) =>
      address >= one.address && address + length <= one.address + one.bytes.length
    );
    if (block === undefined) throw new Error(`No memory at ${address.toString(16)} for ${length} bytes`);
    return block.bytes.slice(address - block.address, address - block.address + length);
  }

  /** The C string at an address. */
  readText(address: number): string {
    const block = this.blocks.find((one) => address >= one.address && address < one.address + one.bytes.length);
    if (block === undefined) throw new Error(`No memory at ${address.toString(16)}`);
    const start = address - block.address;
    return new TextDecoder().decode(block.bytes.slice(start, block.bytes.indexOf(0, start)));
  }
}

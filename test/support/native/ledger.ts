/** Keeps account of librdkafka's objects: what was made or handed out, and what was destroyed. */
import type { Pointer } from "../../../ffi/mod.ts";
import { type Native, openNative } from "../../../src/native/native.ts";

type AnyFunction = (...args: never[]) => unknown;
type Call = (...args: unknown[]) => unknown;

/** Functions that return something to be destroyed, beside those whose names end with `_new`. */
const handedOut: Record<string, string> = {
  rd_kafka_queue_get_main: "rd_kafka_queue",
  rd_kafka_queue_get_consumer: "rd_kafka_queue",
  rd_kafka_queue_get_partition: "rd_kafka_queue",
  rd_kafka_queue_poll: "rd_kafka_event",
  rd_kafka_produceva: "rd_kafka_error",
  rd_kafka_seek_partitions: "rd_kafka_error",
  rd_kafka_incremental_assign: "rd_kafka_error",
  rd_kafka_incremental_unassign: "rd_kafka_error",
  rd_kafka_consumer_close_queue: "rd_kafka_error",
  rd_kafka_AdminOptions_set_isolation_level: "rd_kafka_error",
  rd_kafka_share_consumer_new: "rd_kafka_share",
  rd_kafka_init_transactions: "rd_kafka_error",
  rd_kafka_begin_transaction: "rd_kafka_error",
  rd_kafka_commit_transaction: "rd_kafka_error",
  rd_kafka_abort_transaction: "rd_kafka_error",
  rd_kafka_send_offsets_to_transaction: "rd_kafka_error",
  rd_kafka_consumer_group_metadata: "rd_kafka_consumer_group_metadata",
  rd_kafka_topic_partition_list_copy: "rd_kafka_topic_partition_list",
  rd_kafka_consumer_group_metadata_new_with_genid: "rd_kafka_consumer_group_metadata",
};

/** Functions that put a list to be destroyed where their second argument points. */
const listsHandedOut = ["rd_kafka_subscription", "rd_kafka_assignment"];

/** What is alive, by kind: how often each address is held. */
export class Ledger {
  readonly #held = new Map<string, number>();
  /** How many objects of each kind were made. */
  readonly made: Map<string, number> = new Map();
  /** Destroyed without being held: destroyed twice, or never made. */
  readonly strange: string[] = [];

  /** Notes an object. */
  make(kind: string, address: number): void {
    if (address === 0) return;
    const key = `${kind} ${address.toString(16)}`;
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    this.made.set(kind, (this.made.get(kind) ?? 0) + 1);
  }

  /** Notes the end of an object. */
  destroy(kind: string, address: number): void {
    const key = `${kind} ${address.toString(16)}`;
    const count = this.#held.get(key) ?? 0;
    if (count === 0) this.strange.push(key);
    else if (count === 1) this.#held.delete(key);
    else this.#held.set(key, count - 1);
  }

  /** What is still held, by kind and address. */
  get held(): string[] {
    return [...this.#held.keys()];
  }
}

/** Runs `run` while everything is written down. */
export async function keepLedger(run: () => Promise<void>): Promise<Ledger> {
  const native = openNative();
  const ledger = new Ledger();
  const c = native.c as unknown as Record<string, AnyFunction>;
  const originals = { ...c };
  for (const [name, original] of Object.entries(originals)) {
    const watched = watch(ledger, native, name, original as Call, originals);
    if (watched !== undefined) c[name] = watched as AnyFunction;
  }
  const { library } = native;
  const { callAway } = library;
  library.callAway = async (name, signature, args) => {
    if (name === "rd_kafka_destroy") ledger.destroy("rd_kafka", library.number(args[0] as Pointer));
    const result = await callAway.call(library, name, signature, args);
    if (handedOut[name] !== undefined) ledger.make(handedOut[name], library.number(result as Pointer));
    return result as never;
  };
  try {
    await run();
  } finally {
    Object.assign(c, originals);
    Reflect.deleteProperty(library, "callAway");
  }
  return ledger;
}

function watch(
  ledger: Ledger,
  native: Native,
  name: string,
  original: Call,
  functions: Readonly<Record<string, AnyFunction>>,
): Call | undefined {
  const { library } = native;
  const address = (value: unknown): number => library.number(value as Pointer);
  const kind = handedOut[name] ?? (name.endsWith("_new") ? name.slice(0, -"_new".length) : undefined);
  if (kind !== undefined) {
    if (functions[`${kind}_destroy`] === undefined) throw new Error(`${name} is bound, and ${kind}_destroy is not`);
    return (...args) => {
      const result = original(...args);
      ledger.make(kind, address(result));
      // A client that could be made keeps its configuration.
      if (name === "rd_kafka_new" && address(result) !== 0) ledger.destroy("rd_kafka_conf", address(args[1]));
      return result;
    };
  }
  if (name === "rd_kafka_destroy_flags") return destroying(ledger, "rd_kafka", original, address);
  if (name.endsWith("_destroy")) return destroying(ledger, name.slice(0, -"_destroy".length), original, address);
  if (listsHandedOut.includes(name)) {
    return (...args) => {
      const result = original(...args);
      for (const each of read(native, args[1] as Pointer, 1)) ledger.make("rd_kafka_topic_partition_list", each);
      return result;
    };
  }
  if (name === "rd_kafka_consume_batch_queue") {
    return (...args) => {
      const result = original(...args);
      const count = Math.max(0, address(result));
      for (const each of read(native, args[2] as Pointer, count)) ledger.make("rd_kafka_message", each);
      return result;
    };
  }
  return undefined;
}

function destroying(ledger: Ledger, kind: string, original: Call, address: (value: unknown) => number): Call {
  return (...args) => {
    ledger.destroy(kind, address(args[0]));
    return original(...args);
  };
}

/** The addresses that lie at an address. */
function read({ c, library }: Native, from: Pointer, count: number): number[] {
  if (count === 0) return [];
  const block = library.block(8 * count);
  c.memcpy(block.pointer, from, library.word(8 * count));
  return Array.from({ length: count }, (_, i) => library.number(library.pointerAt(block, i)));
}

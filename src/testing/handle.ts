/** An open mock cluster: its handles, its functions, and how they are called. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import { createHandle } from "../native/handle.ts";
import type { Pointer } from "../native/memory.ts";
import { type MockFunctionName, type MockFunctions, mockFunctions } from "../native/mock.ts";
import { type Native, openNative } from "../native/native.ts";
import { checkFunction } from "../native/since.ts";
import { describe } from "../native/scratch.ts";

/** The largest number that C's `int` takes. */
const maxInt = 0x7fffffff;

/** What a mock cluster is made of. */
export class MockHandle {
  readonly native: Native;
  readonly functions: MockFunctions;
  readonly cluster: Pointer;
  readonly #client: Pointer;
  #isClosed = false;

  constructor(brokers: number, libraryPath: string | undefined) {
    checkInteger(brokers, { what: "mock brokers", verb: "start", min: 1 });
    const native = openNative(libraryPath);
    this.native = native;
    this.functions = mockFunctions(native);
    // The client only carries the cluster: it connects to nothing.
    this.#client = createHandle(native, "producer", new Map([["client.id", "mock-cluster"], ["log_level", "3"]]));
    this.cluster = this.functions.rd_kafka_mock_cluster_new(this.#client, brokers);
    if (native.library.isNull(this.cluster)) {
      native.c.rd_kafka_destroy(this.#client);
      throw new Error("Cannot start a mock cluster: librdkafka found no port for it");
    }
  }

  /** Calls a function that cannot fail. */
  do(call: (c: MockFunctions, cluster: Pointer) => void): void {
    this.#check();
    call(this.functions, this.cluster);
  }

  /** Calls a function that returns a code. */
  call(action: string, call: (c: MockFunctions, cluster: Pointer) => number): void {
    this.#check();
    this.native.checkCode(action, call(this.functions, this.cluster));
  }

  /** Throws {@link UnsupportedFeatureError} if this librdkafka is older than a function. */
  need(name: MockFunctionName, feature: string): void {
    checkFunction(this.native, name, `${feature} of the mock cluster`);
  }

  /** A C string, in memory that the next one takes. */
  text(value: string, argument: string): Pointer {
    return this.native.scratch.reset().text(value, argument);
  }

  /** Stops the brokers. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.functions.rd_kafka_mock_cluster_destroy(this.cluster);
    await this.native.callAway("rd_kafka_destroy", this.#client);
  }

  #check(): void {
    if (this.#isClosed) throw new KafkaError("Cannot use the mock cluster: it is closed", errorCodes._DESTROY);
  }
}

/** A whole number for C. */
export function checkInteger(
  value: unknown,
  { what, verb = "use", min = 0 }: { readonly what: string; readonly verb?: string; readonly min?: number },
): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= maxInt) return value;
  throw new RangeError(
    `Cannot ${verb} ${describe(value)} ${verb === "use" ? `as ${what}` : what}: ` +
      `a number from ${min} on is wanted`,
  );
}

/** The handles of mock clusters are kept here and not in a field, so that no type of theirs becomes public. */
const handles = new WeakMap<object, MockHandle>();

/** Gives a mock cluster its handle, once, as it is made. */
export function attachHandle(self: object, handle: MockHandle): void {
  handles.set(self, handle);
}

/** The handle of a mock cluster. */
export function handleOf(self: object): MockHandle {
  return handles.get(self)!;
}

/**
 * Calls off the event loop: how many at a time, and how they are made where the runtime's interface has none (`bun:ffi`,
 * `node:ffi`). There a worker thread opens the same library and makes the call. Addresses belong to the process, so it may be
 * given ours.
 */
import process from "node:process";
import type { Worker } from "node:worker_threads";
import { MissingFunctionError } from "./libc.ts";
import type { AwayArguments, Block, NativeType } from "./runtime.ts";

/** Calls that take turns: the threads that make them are few, and others need them too. */
export class Turns {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a call is under way. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** Makes a call when it is its turn: first come, first served. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#running === this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** The arguments as an interface takes them: a block is its address. */
export function awayValues(args: AwayArguments<readonly NativeType[]>): unknown[] {
  // The words of the types are numbers and bigints in truth.
  return args.map((arg) => typeof arg === "object" ? (arg as unknown as Block).pointer : arg);
}

/** Named after an `await`, keeps what it is given reachable until then: C may still read it. */
export function keep(_args: unknown): void {}

/** A call as a worker is told of it: the types by the names that its interface knows. */
export interface AwayCall {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly result: string;
  /** Numbers and bigints, as the interface takes them. */
  readonly args: readonly unknown[];
}

type Answer = { readonly value: unknown } | { readonly error: string; readonly isMissing?: boolean };

/** A worker, and who is told when the call that it makes has returned. */
interface Hand {
  readonly worker: Worker;
  settle: ((answer: Answer) => void) | null;
}

/** Workers that there are at most; more calls wait for one of theirs to return. */
const maxWorkers = 8;

/**
 * What a worker runs. It is given as text, since a file of its own would have to be found again in whatever a bundler has made
 * of this package. `bind` is the adapter's part: how its interface finds a C function.
 */
const program = (bind: string): string =>
  `"use strict";
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
const bind = (${bind})(workerData);
const bound = new Map();
parentPort.on("message", ({ name, parameters, result, args }) => {
  let call = bound.get(name);
  try {
    if (call === undefined) bound.set(name, call = bind(name, parameters, result));
    parentPort.postMessage({ value: call(...args) });
  } catch (error) {
    parentPort.postMessage({ error: error.message, isMissing: call === undefined });
  }
});`;

/** Worker threads for one library: the first is made for the first call, and more when all of them are at work. */
export class AwayWorkers {
  readonly #path: string;
  readonly #program: string;
  readonly #idle: Hand[] = [];
  readonly #turns = new Turns(maxWorkers);

  /**
   * @param path The library, which is open already.
   * @param bind JavaScript of a function that takes the library's path and returns a function, which takes a C function's
   * name, parameters and result and returns what calls it.
   */
  constructor(path: string, bind: string) {
    this.#path = path;
    this.#program = program(bind);
  }

  /** Whether a call is under way. */
  get isBusy(): boolean {
    return this.#turns.isBusy;
  }

  /**
   * Makes a call. The process lives until it has returned.
   *
   * @param since The version that brought the function, if the library may lack it.
   */
  async call(call: AwayCall, since: string | undefined): Promise<unknown> {
    const answer = await this.#turns.run(() => {
      const hand = this.#idle.pop() ?? this.#start();
      return new Promise<Answer>((resolve) => {
        hand.settle = resolve;
        hand.worker.ref();
        hand.worker.postMessage(call);
      });
    });
    if (!("error" in answer)) return answer.value;
    if (answer.isMissing && since !== undefined) throw new MissingFunctionError(call.name, since, this.#path);
    throw new Error(`Cannot call "${call.name}" off the event loop: ${answer.error}`);
  }

  #start(): Hand {
    const { Worker: WorkerClass } = process.getBuiltinModule("node:worker_threads") as { Worker: typeof Worker };
    const worker = new WorkerClass(this.#program, { eval: true, workerData: this.#path });
    const hand: Hand = { worker, settle: null };
    const settle = (answer: Answer): void => {
      hand.settle?.(answer);
      hand.settle = null;
    };
    worker.on("message", (answer: Answer) => {
      // At rest before its caller goes on, who may have the next call for it.
      worker.unref();
      this.#idle.push(hand);
      settle(answer);
    });
    // A worker ends by itself only if it could not open the library.
    const end = (error: string): void => {
      const place = this.#idle.indexOf(hand);
      if (place >= 0) this.#idle.splice(place, 1);
      settle({ error });
    };
    worker.on("error", (error: unknown) => end(String(error)));
    worker.on("exit", () => end("its thread has ended"));
    return hand;
  }
}

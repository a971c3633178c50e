/** The parts of `node:ffi` and koffi that the adapters use, so that nothing reachable from `mod.ts` names either. */

/** A function's types as `node:ffi` wants them. */
export interface NodeSignature {
  readonly arguments: readonly string[];
  readonly return: string;
}

/** What is used of `node:ffi`'s class. */
export interface NodeDynamicLibrary {
  getFunction(name: string, signature: NodeSignature): (...args: never[]) => unknown;
  registerCallback(signature: NodeSignature, callback: (...args: never[]) => unknown): bigint;
  unregisterCallback(pointer: bigint): void;
}

/** What is used of the module `node:ffi`. */
export interface NodeFfi {
  readonly DynamicLibrary: new (path: string) => NodeDynamicLibrary;
  getRawPointer(source: Uint8Array<ArrayBuffer>): bigint;
}

/** A function bound by koffi, with its twin that runs on a thread of the pool. */
export interface KoffiFunction {
  (...args: unknown[]): unknown;
  async(...args: unknown[]): void;
}

/** What is used of the package koffi. */
export interface Koffi {
  load(path: string): { func(name: string, result: string, parameters: readonly string[]): KoffiFunction };
  proto(result: string, parameters: readonly string[]): KoffiType;
  pointer(type: KoffiType): KoffiType;
  register(callback: (...args: unknown[]) => unknown, type: KoffiType): KoffiCallback;
  unregister(callback: KoffiCallback): void;
  address(callback: KoffiCallback): bigint;
}

/** A type that koffi has made: it is only handed back. */
export type KoffiType = unknown;

/** A function of ours that koffi has registered. */
export type KoffiCallback = bigint;

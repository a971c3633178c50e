/** Waits for a time in a client that blocks. */

/** Returns after so many milliseconds. A signal that has come already throws its reason; none can come meanwhile. */
export function pause(ms: number, signal?: AbortSignal): void {
  signal?.throwIfAborted();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, ms);
}

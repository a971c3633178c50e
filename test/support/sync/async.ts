/** The timing helpers of tests that block. */

/** Returns after `ms` milliseconds. */
export function delay(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

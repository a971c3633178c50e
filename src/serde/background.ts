/** Work that nobody waits for. The blocking serdes have a file of their own in its place, which does it at once. */

/** Starts work. It fails without a word: who needs its result finds that it is not there. */
export function inBackground(work: () => Promise<unknown>): void {
  work().catch(() => {});
}

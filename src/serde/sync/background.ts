/** Work that nobody waits for: serdes that block do it at once. */

/** Does work. It fails without a word: who needs its result finds that it is not there. */
export function inBackground(work: () => unknown): void {
  try {
    work();
  } catch {
    // Nobody has asked.
  }
}

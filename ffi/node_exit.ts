/**
 * Ends a Node process that has used `node:ffi` without taking its environment apart.
 *
 * What describes a function to the optimizing compiler belongs to the environment, and Node (26.10 at least) frees it while the
 * compiler may still be at work on another thread: a program that had been busy just before its end then died of SIGTRAP or
 * SIGSEGV, one time in seven. `process.exit()` frees nothing, so a program that would end by itself is made to end by that.
 */
import process from "node:process";

let isInstalled = false;
/** Whether the loop has run empty: an error that nobody caught ends the process in a way of its own, which is safe. */
let isEmpty = false;

function end(code: number): void {
  if (!isEmpty) return;
  // This emits "exit" no more, so the handlers that were added after this one are called here.
  const handlers = process.rawListeners("exit");
  for (const later of handlers.slice(handlers.indexOf(end) + 1)) later.call(process, code);
  process.exit(process.exitCode ?? code);
}

/** Sees to it that this process ends by `process.exit()`, with the code it would have anyway, after all "exit" handlers. */
export function endWithoutTeardown(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on("beforeExit", () => {
    isEmpty = true;
    // Added anew, it is the last: handlers that were added meanwhile run before it.
    process.off("exit", end);
    process.on("exit", end);
  });
  process.on("uncaughtExceptionMonitor", () => {
    isEmpty = false;
  });
}

/**
 * How a Node process that has called C ends.
 *
 * One that has used `node:ffi` must not take its environment apart. What describes a function to the optimizing compiler belongs
 * to the environment, and Node (26.10 at least) frees it while the compiler may still be at work on another thread: a program
 * that had been busy just before its end then died of SIGTRAP or SIGSEGV, one time in seven. `process.exit()` frees nothing, so a
 * program that would end by itself is made to end by that.
 *
 * And `process.exit()` waits for the threads of workers and of the pool, even for one that is inside a C call of a minute. So
 * while one is, the process ends by libc's `_exit()`.
 */
import process from "node:process";

let isInstalled = false;
let mustNotTearDown = false;
/** Whether the loop has run empty: an error that nobody caught ends the process in a way of its own, which is safe. */
let isEmpty = false;
/** Whether an error is ending it: it is printed after the handlers have run, so `_exit()` would swallow it. */
let hasFailed = false;
const waitedFor: { readonly isBusy: () => boolean; readonly exitNow: (code: number) => void }[] = [];

function end(code: number): void {
  const isTorn = isEmpty && mustNotTearDown;
  const isBusy = !hasFailed && waitedFor.some((one) => one.isBusy());
  if (!isTorn && !isBusy) return;
  // "exit" is emitted no more, so the handlers that were added after this one are called here.
  const handlers = process.rawListeners("exit");
  for (const later of handlers.slice(handlers.indexOf(end) + 1)) later.call(process, code);
  const last = process.exitCode ?? code;
  if (isBusy) waitedFor[0]!.exitNow(Number(last));
  process.exit(last);
}

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on("exit", end);
  process.on("beforeExit", () => {
    isEmpty = true;
    hasFailed = false;
    // Added anew, it is the last: handlers that were added meanwhile run before it.
    process.off("exit", end);
    process.on("exit", end);
  });
  process.on("uncaughtExceptionMonitor", () => {
    isEmpty = false;
    hasFailed = true;
  });
}

/** Sees to it that this process ends by `process.exit()`, with the code it would have anyway, after all "exit" handlers. */
export function endWithoutTeardown(): void {
  mustNotTearDown = true;
  install();
}

/** Sees to it that this process ends at once, after all "exit" handlers, also while `isBusy` says that C is being called. */
export function endWithoutWaiting(isBusy: () => boolean, exitNow: (code: number) => void): void {
  waitedFor.push({ isBusy, exitNow });
  install();
}

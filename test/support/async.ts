/** The timing helpers the tests use: `@std/async` where JSR answers, else our stand-in with the same names. */
import type * as Face from "./std_async.ts";

const found = await import("@std/async").catch(() => import("./std_async.ts"));
const impl = found as unknown as typeof Face;

export const deadline: typeof Face.deadline = impl.deadline;
export const delay: typeof Face.delay = impl.delay;

/** The assertions the tests use: `@std/assert` where JSR answers, else our stand-in with the same names. */
import type * as Face from "./std_assert.ts";

const found = await import("@std/assert").catch(() => import("./std_assert.ts"));
const impl = found as unknown as typeof Face;

export const assert: typeof Face.assert = impl.assert;
export const assertAlmostEquals: typeof Face.assertAlmostEquals = impl.assertAlmostEquals;
export const assertEquals: typeof Face.assertEquals = impl.assertEquals;
export const assertExists: typeof Face.assertExists = impl.assertExists;
export const assertGreater: typeof Face.assertGreater = impl.assertGreater;
export const assertGreaterOrEqual: typeof Face.assertGreaterOrEqual = impl.assertGreaterOrEqual;
export const assertInstanceOf: typeof Face.assertInstanceOf = impl.assertInstanceOf;
export const assertLess: typeof Face.assertLess = impl.assertLess;
export const assertLessOrEqual: typeof Face.assertLessOrEqual = impl.assertLessOrEqual;
export const assertMatch: typeof Face.assertMatch = impl.assertMatch;
export const assertNotEquals: typeof Face.assertNotEquals = impl.assertNotEquals;
export const assertRejects: typeof Face.assertRejects = impl.assertRejects;
export const assertStrictEquals: typeof Face.assertStrictEquals = impl.assertStrictEquals;
export const assertStringIncludes: typeof Face.assertStringIncludes = impl.assertStringIncludes;
export const assertThrows: typeof Face.assertThrows = impl.assertThrows;
export const fail: typeof Face.fail = impl.fail;

/** What the evaluation of CEL may take: long lists and texts in the time that they are long, and bounds for the rest. */
import { CelPlans } from "../../../../src/serde/rules/cel_plan.ts";
import { RuleError } from "../../../../src/serde/rules/error.ts";
import { fromCel } from "../../../../src/serde/rules/cel_values.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";

const plans = new CelPlans();

function evaluated(expression: string, message: unknown = null): unknown {
  return fromCel(plans.whole(expression)({ message: message as never }));
}

test("replace() of CEL replaces each place, or so many, as Go does", () => {
  const cases: [string, string][] = [
    ["'hello hello'.replace('he', 'we')", "wello wello"],
    ["'hello hello'.replace('he', 'we', 1)", "wello hello"],
    ["'hello hello'.replace('he', 'we', 0)", "hello hello"],
    ["'hello hello'.replace('he', 'we', -1)", "wello wello"],
    ["'hello'.replace('x', 'y')", "hello"],
    ["'aaa'.replace('aa', 'a')", "aa"],
    ["'ab'.replace('', '_')", "_a_b_"],
    ["'ab'.replace('', '_', 2)", "_a_b"],
    ["''.replace('', '_')", "_"],
    ["'$'.replace('$', '$&')", "$&"],
  ];
  for (const [expression, expected] of cases) assertEquals(evaluated(expression), expected, expression);
});

test("replace() of CEL takes as long as the text is", () => {
  const text = "lorem ipsum ".repeat(100_000);
  assertEquals(evaluated("message.replace(' ', '').size()", text), 1_000_000);
  assertThrows(() => evaluated("message.replace('', message)", "x".repeat(10_000)), RuleError, "too long");
});

test("map() and filter() of CEL give lists of any length that can be gone over, compared and indexed", () => {
  const list = Array.from({ length: 100_000 }, (_, index) => BigInt(index));
  assertEquals(evaluated("message.map(x, x + 1)[99999]", list), 100_000);
  assertEquals(evaluated("message.filter(x, x % 2 == 0).all(x, x >= 0)", list), true);
  assertEquals(evaluated("message.map(x, x) == message", list), true);
  assertEquals((evaluated("message.map(x, x > 5, x)", list) as unknown[]).length, 99_994);
  assertEquals(evaluated("message.map(x, x)", [1n]), [1]);
});

test("A list of CEL stays as it is when another grows out of it", () => {
  const list = "[1].map(x, x)";
  const cases: [string, unknown][] = [
    [`[${list}].map(l, [l + [2], l + [3], l])[0]`, [[1, 2], [1, 3], [1]]],
    [`[${list}].map(l, l + l)[0]`, [1, 1]],
    [`[${list}].map(l, l + [2]).map(l, [l + l, l])[0]`, [[1, 2, 1, 2], [1, 2]]],
    ["[1] + []", [1]],
    ["[] + [1, 2]", [1, 2]],
    ["size([1] + [2])", 2],
    ["2 in [1] + [2]", true],
    ["([1] + ['x']) == [1, 'x']", true],
    ["type([1] + [2]) == list", true],
  ];
  for (const [expression, expected] of cases) assertEquals(evaluated(expression), expected, expression);
  assertThrows(() => evaluated("([1] + [2])[2]"), RuleError, "index out of bounds");
});

test("An expression of CEL that takes too many steps fails, whatever is beside it", () => {
  const ten = "[0,1,2,3,4,5,6,7,8,9]";
  const nested = Array.from({ length: 12 }, (_, level) => `${ten}.all(x${level}, `).join("");
  const loop = `${nested}true${")".repeat(12)}`;
  for (const expression of [loop, `[${loop} || true].size() > 0`]) {
    assertThrows(() => evaluated(expression), RuleError, "it takes too many steps");
  }
  const many = Array.from({ length: 20_000 }, (_, index) => BigInt(index));
  assertThrows(() => evaluated("message.all(x, x in message)", many), RuleError, "too many steps");
  assertThrows(() => evaluated("message.map(x, message + [x]).size() > 0", many), RuleError, "too many steps");
  assertThrows(() => evaluated("message.all(x, message.exists(y, true))", many), RuleError, "too many steps");
  // The next one has all of its steps.
  assertEquals(evaluated("[1, 2].all(x, x > 0)"), true);
});

test("An expression of CEL that makes texts without end fails", () => {
  const letters = `'${"a".repeat(1000)}'`;
  const twice = `${letters}.replace('a', ${letters}).replace('a', ${letters})`;
  assertThrows(() => evaluated(twice), RuleError, "it makes a text that is too long");
  const doubled = `[${letters}]${".map(x, x + x)".repeat(40)}`;
  assertThrows(() => evaluated(doubled), RuleError, "it makes a text that is too long");
  assertThrows(() => evaluated(`${doubled}.size() > 0 || true`), RuleError, "too long");
  const long = "x".repeat(1_000_000);
  assertThrows(() => evaluated("message.all(x, x.lowerAscii().size() > 0)", Array(1000).fill(long)), RuleError);
  assert(evaluated("message.lowerAscii().size() > 0", long));
});

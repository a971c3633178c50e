/** JSONata: transformations, what they give, and expressions that mean harm. */
import { SerializationError } from "../../../../mod.ts";
import { JsonataExecutor } from "../../../../src/serde/rules/jsonata.ts";
import { regExpWithin } from "../../../../src/serde/rules/jsonata_pattern.ts";
import { RuleRegistry } from "../../../../src/serde/rules/registry.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { rule, runRules } from "../../../support/serde/rules.ts";

const registry = new RuleRegistry({
  executors: [new JsonataExecutor({ timeoutMs: 300, maxDepth: 200, maxLength: 10_000 })],
});

function run(expr: string, value: unknown): Promise<unknown> {
  return runRules([rule({ type: "JSONATA", mode: "UPGRADE", expr })], value, { registry, mode: "UPGRADE" });
}

test("JsonataExecutor gives a message its new shape, and leaves the old as it is", async () => {
  const value = Object.freeze({ name: "Ada", sizes: Object.freeze([1, 2]), raw: Uint8Array.of(1), big: 2n ** 60n });
  assertEquals(await run("{'full': $.name, 'sum': $sum(sizes), 'all': sizes[$ > 0], 'raw': raw, 'big': big}", value), {
    full: "Ada",
    sum: 3,
    all: [1, 2],
    raw: Uint8Array.of(1),
    big: 2n ** 60n,
  });
  assertEquals(await run("$merge([$, {'more': true}])", { a: 1 }), { a: 1, more: true });
  assertEquals(await run("$sift($, function($v, $k) {$k != 'a'})", { a: 1, b: 2 }), { b: 2 });
});

test("JsonataExecutor gives lists and objects that are like any other", async () => {
  const list = await run("items.name", { items: [{ name: "a" }, { name: "b" }] }) as unknown[];
  assertEquals(Reflect.ownKeys(list), ["0", "1", "length"]);
  const made = await run("{'a': {'b': 1}}", {}) as { a: object };
  assertEquals([Object.getPrototypeOf(made), Object.getPrototypeOf(made.a)], [Object.prototype, Object.prototype]);
});

test("JsonataExecutor fails the rule where the expression is none, or gives nothing", async () => {
  for (const expr of ["{", "", "$nope(1)", "$error('secret')", "nothing", "name + 1"]) {
    const error = await assertRejects(() => run(expr, { name: "secret" }), SerializationError);
    const shown = `${error.message} ${(error.cause as Error).message}`;
    assert(expr.includes("secret") || !shown.includes("secret"), shown);
  }
});

test("JsonataExecutor ends expressions that would go on for ever", async () => {
  const start = performance.now();
  for (
    const expr of [
      "($f := function($n) { $f($n + 1) }; $f(0))",
      "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
      "$count([1..9999999])",
      "($f := function($n) { $n > 60 ? 1 : $f($n + 1) + $f($n + 1) }; $f(0))",
      "[1..9000].([1..9000])",
    ]
  ) {
    await assertRejects(() => run(expr, {}), SerializationError);
  }
  assert(performance.now() - start < 15_000, `${performance.now() - start}`);
});

test("JsonataExecutor matches regular expressions in linear time, or not at all", async () => {
  const start = performance.now();
  const text = `${"a".repeat(2000)}b`;
  for (const [expr, expected] of [["/^(a+)+$/", 0], ["/(a|aa)+$/", 0], ["/(a*)*b$/", 1], ["/(x+x+)+y/", 0]] as const) {
    assertEquals(await run(`$count($match(s, ${expr}))`, { s: text }), expected, expr);
  }
  await assertRejects(() => run("$match(s, /^(?=(a+)+$)/)", { s: text }), SerializationError);
  await assertRejects(() => run("$count($match(s, /(?:a+)+c|a/))", { s: "a".repeat(100_000) }), SerializationError);
  assert(performance.now() - start < 10_000, `${performance.now() - start}`);
});

test("JsonataExecutor finds in linear time what the runtime finds", () => {
  const sources = [
    ...["(a+)+b", "(a|ab)(c|bcd)(d*)", "(?:(a)|b)*", "(?<n>a{1,3})+?(b|$)", "^(a|b)+$", "\\b(\\w+)+\\b"],
    ...["(?:a|b)+?c", "((a)|(b))*c", "([^a]+)+", "(a??)(a*)+b", "(A+)+B", "(?:x*)*", "(a{2}){2,}b?"],
  ];
  const texts = ["aaab", "abcd", "ab", "ba aab b", "abab\nbabc\ncab", "", "aaaaaaaab", "AaBb", "xxx"];
  for (const source of sources) {
    for (const flags of ["g", "gi", "gm", "gim"]) {
      const form = new RegExp(source, flags);
      // The same behind enough of what it does not match, so that the runtime is not trusted with it.
      for (const text of texts) {
        const long = `${text}${"\t-".repeat(600)}`;
        const [own, native] = [new (regExpWithin(5000))(form), new RegExp(source, flags)];
        for (let count = 0; count < 4; count++) {
          const [found, expected] = [own.exec(long), native.exec(long)];
          assertEquals(found && [found.index, ...found], expected && [expected.index, ...expected], `${form} ${text}`);
          if (expected === null || expected[0] === "") break;
          assertEquals(own.lastIndex, native.lastIndex);
        }
      }
    }
  }
});

test("JsonataExecutor pollutes nothing", async () => {
  for (
    const expr of [
      "{'__proto__': {'polluted': true}}",
      "$merge([{}, $])",
      "$.constructor",
      "$ ~> |$|{'__proto__': {'polluted': true}}|",
      "$spread($)",
    ]
  ) {
    await run(expr, JSON.parse('{"a":1,"__proto__":{"polluted":true}}')).catch(() => {});
    assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
  }
});

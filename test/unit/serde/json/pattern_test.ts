/** Patterns: the same answers as the runtime's, and no text that takes for ever. */
import { SerializationError } from "../../../../mod.ts";
import { compilePattern } from "../../../../src/serde/json/pattern.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { jsonSchema } from "../../../support/serde/json_schema.ts";

const patterns = [
  "^(a+)+$",
  "(a|a)*b",
  "^([a-z]+\\.)*[a-z]+$",
  "^(?:\\d{1,3}\\.){3}\\d{1,3}$",
  "(x+x+)+y",
  "^(a?){20}a{20}$",
  "^(?<name>[^@\\s]+)@(\\w+[.])+\\w{2,}$",
  "(\\bfoo\\b|\\Bbar)+",
  "(^a|b$)+",
  "^(\\u{1F600}|[\\p{L}é]|\\x41)+$",
  "(a{2,3}?b*)*c",
  "(\\/|\\]|[\\]a-c-])+$",
  "()*x",
  "^(|a)+$",
  "(?:(?:a|b)|c){2}d",
  ".{2}(.|\\n)+",
  "^(.+)$",
  "(\\d+)*",
  "^(a|ab)(c|bcd)+(d*)$",
];
// What is one only without Unicode.
const older = ["^([\\w-.]+)+$", "(a{)+b", "(\\-)+x", "^(]|\\_)+$"];

test("compilePattern() gives the runtime's answers in linear time too", () => {
  const alphabet = [
    "a",
    "b",
    "c",
    "d",
    "x",
    "y",
    ".",
    "@",
    "1",
    " ",
    "\n",
    "A",
    "é",
    "😀",
    "-",
    "]",
    "/",
    "{",
    "_",
    "foo",
    "bar",
  ];
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  let matches = 0;
  for (const source of [...patterns, ...older]) {
    const native = new RegExp(source, older.includes(source) ? "" : "u");
    const pattern = compilePattern(source);
    for (let round = 0; round < 300; round++) {
      const near = Array.from({ length: random(6) }, () => alphabet[random(alphabet.length)]).join("");
      const text = round % 3 === 0 ? near : `${"ab".repeat(random(3))}${near}${"1.a".repeat(random(3))}`;
      // Twenty more at the front, so that the runtime is not trusted with it; some patterns find what they want behind
      // them.
      for (const one of [text, `${"\t".repeat(21)}${text}`]) {
        assertEquals([source, one, pattern.test(one)], [source, one, native.test(one)]);
        if (native.test(one)) matches++;
      }
    }
  }
  assert(matches > 1000, `${matches}`);
});

test("compilePattern() ends on texts that would take the runtime for ever", () => {
  const start = performance.now();
  const a = "a".repeat(20_000);
  const answers = patterns.map((source) => compilePattern(source).test(`${a}!`));
  assertEquals(answers[0], false);
  assertEquals(compilePattern("^(a+)+$").test(a), true);
  assertEquals(compilePattern("a*a*a*a*a*b").test(a), false);
  assertEquals(compilePattern(`^${"(a|a)".repeat(60)}$`).test("a".repeat(59)), false);
  assertEquals(compilePattern(`^${"a?".repeat(60)}${"a".repeat(60)}$`).test("a".repeat(59)), false);
  assertEquals(compilePattern("\\s+$").test(`${" ".repeat(200_000)}x`), false);
  assert(performance.now() - start < 10_000, `${performance.now() - start}`);
});

test("compilePattern() leaves to the runtime what it alone can match, for texts that are short enough", () => {
  assertEquals(compilePattern("^(?=.*\\d).+$").test("abc1"), true);
  assertEquals(compilePattern("^(a)\\1$").test("aa"), true);
  const password = compilePattern("^(?=.*[A-Z])(?=.*\\d)(?!.*\\s).{8,}$");
  assertEquals([password.test(`${"a".repeat(5000)}B1`), password.test(`${"a".repeat(5000)} B1`)], [true, false]);
  for (const source of ["^(?=(a+)+$)", "^(a+)\\1+$", "(a{50}){200}$", "((a{100}){100}){100}$"]) {
    assertThrows(() => compilePattern(source).test("a".repeat(100_000)), SerializationError, "could take for ever");
  }
  assertThrows(() => compilePattern("("), SyntaxError);
});

test("JsonFormat.validate() ends on a pattern and a text that mean harm", async () => {
  const { accepts } = await jsonSchema({ pattern: "^(a+)+$", patternProperties: { "^(a|a)*$": false } });
  assertEquals([accepts("a".repeat(1000)), accepts(`${"a".repeat(1000)}!`)], [true, false]);
  assertEquals([accepts({ [`${"a".repeat(100)}!`]: 1 }), accepts({ ["a".repeat(100)]: 1 })], [true, false]);
});

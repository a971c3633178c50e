/** How a text that waits with promises becomes one that blocks. */
import { unasync } from "../../../scripts/unasync/transform.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";

const specifier = (text: string): string => text.replace("./", "./sync/");
const twin = (source: string, leftOut: readonly string[] = []): string => unasync(source, { specifier, leftOut });

test("unasync() takes the words of promises out of the code", () => {
  const pairs: readonly (readonly [source: string, expected: string])[] = [
    ["async function f(): Promise<void> {}", "function f(): void {}"],
    ["const f = async (x: T) => await g(x);", "const f = (x: T) => g(x);"],
    ["class C { async #m() {} async [Symbol.asyncDispose]() {} }", "class C { #m() {} [Symbol.dispose]() {} }"],
    ["for await (const x of y) await using z = await x();", "for (const x of y) using z = x();"],
    ["const w = await perform(work());", "const w = performNow(work());"],
    ["const { a } = { ...await f() };", "const { a } = { ...f() };"],
  ];
  for (const [source, expected] of pairs) assertEquals(twin(source), expected);
});

test("unasync() unwraps the types and values of promises", () => {
  assertEquals(
    twin("type F = (a: Promise<Map<A, B>>) => Promise<(b: C) => D>;"),
    "type F = (a: Map<A, B>) => (b: C) => D;",
  );
  assertEquals(twin("type G = () => T[] | Promise<T[]>;"), "type G = () => T[];");
  assertEquals(twin("const f = () => Promise.resolve({ a: g(1) });"), "const f = () => ({ a: g(1) });");
  assertEquals(twin("function f() { return Promise.reject(new E(1)); }"), "function f() { throw new E(1); }");
  assertEquals(twin("const f = () => Promise.reject(e);"), "const f = () => { throw e; };");
});

test("unasync() drops the parentheses of an await where nothing else needs them", () => {
  assertEquals(twin("(await a.b(c, d)).e;"), "a.b(c, d).e;");
  assertEquals(twin("f((await a()).e);"), "f(a().e);");
  assertEquals(twin("(await a ?? b).e;"), "(a ?? b).e;");
  assertEquals(twin("f(await a);"), "f(a);");
  assertEquals(twin("calls[k]!(await a);"), "calls[k]!(a);");
  assertEquals(twin("if (await a) b();"), "if (a) b();");
});

test("unasync() leads imports and files to the twins, and leaves texts and comments as they are", () => {
  assertEquals(
    twin('import { a } from "./a.ts";\na(new URL("./b", c), "./d");'),
    'import { a } from "./sync/a.ts";\na(new URL("./sync/b", c), "./d");',
  );
  assertEquals(twin('f("await x", `await ${await y}`); // await z'), 'f("await x", `await ${y}`); // await z');
});

test("unasync() changes the examples in comments", () => {
  const source =
    '/**\n * ```ts\n * import { A } from "@kafka-ffi/kafka/avro";\n * await using a = await A.b();\n * ```\n */';
  assertEquals(
    twin(source),
    '/**\n * ```ts\n * import { A } from "@kafka-ffi/kafka/avro/sync";\n * using a = A.b();\n * ```\n */',
  );
});

test("unasync() leaves out what it is told to, and imports no more than is used", () => {
  const source = 'import { a, b } from "./a.ts";\n\n/** One. */\nasync function one() {\n  a();\n\n  a();\n}\n\nb();\n';
  assertEquals(twin(source, ["one"]), 'import { b } from "./sync/a.ts";\n\n\nb();\n');
  assertEquals(twin('test("x (1)", () => {\n  a();\n});\n\nb();\n', ["x (1)"]), "\nb();\n");
  assertThrows(() => twin(source, ["two"]), Error, 'there is no "two" to leave out');
});

test("unasync() refuses what it has no rule for", () => {
  for (const source of ["const p = new Promise(f);", "await Promise.all(list);", "x instanceof Promise;"]) {
    assertThrows(() => twin(source), Error, "there is no rule for");
  }
});

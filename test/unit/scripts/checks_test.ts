/** The checks' own small parsers: a check that sees nothing passes everything. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { readJunit, withDenoFiles } from "../../../scripts/checks/report.ts";
import { scan } from "../../../scripts/checks/scan.ts";
import { codeOf, importsOf } from "../../../scripts/checks/source.ts";
import { findOnPath } from "../../../scripts/checks/tools.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";

test("scan() tells code from comments, strings, templates and regular expressions", () => {
  const source = 'a / b; x = /"[/]/g; /* "c" */ "d//" + `e ${f ? `g` : { h: "}" }} //i` // "j"\nk';
  assertEquals(scan(source).map((piece) => piece.text).join(""), source);
  assertEquals(scan(source).filter((piece) => piece.kind !== "code").map((piece) => piece.text), [
    '/"[/]/g',
    '/* "c" */',
    '"d//"',
    "`e ${",
    "`g`",
    '"}"',
    "} //i`",
    '// "j"',
  ]);
});

test("importsOf() sees imports and re-exports, not the ones in comments and strings", () => {
  const source = [
    'import a from "a";',
    'export * from "b";',
    'import "c";',
    '// import d from "d";',
    "const text = `import e from 'e'`;",
    "const f = await import('f');",
    'const g = Array.from("g");',
    'type H = import("h").H;',
  ].join("\n");
  const found = importsOf(source).map(({ line, specifier }) => `${line} ${specifier}`);
  assertEquals(found, ["1 a", "2 b", "3 c", "6 f", "8 h"]);
});

test("codeOf() keeps lines and columns", () => {
  assertEquals(codeOf('a("b"); // c\n`d`.e'), "a(   );     \n   .e");
});

test("readJunit() reads passed, failed and skipped tests", () => {
  const xml = '<testsuite name="x"><testcase name="a &lt;1&gt;" file="f_test.ts" line="1" />' +
    '<testcase name="b" file="f_test.ts"><failure message="a > b">no</failure></testcase>' +
    '<testcase name="c" file="f_test.ts"><skipped /></testcase></testsuite>';
  assertEquals(readJunit(xml), [
    { file: "f_test.ts", name: "a <1>", status: "passed" },
    { file: "f_test.ts", name: "b", status: "failed" },
    { file: "f_test.ts", name: "c", status: "skipped" },
  ]);
});

test("withDenoFiles() names each test's file, and refuses a report that does not fit the output", () => {
  const outcomes = readJunit(
    '<testcase name="a" classname="h"></testcase><testcase name="b" classname="h"></testcase>',
  );
  const output = "running 1 test from ./test/a_test.ts\nrunning 1 test from ./test/b_test.ts\n";
  assertEquals(withDenoFiles(outcomes, output).map(({ file }) => file), ["test/a_test.ts", "test/b_test.ts"]);
  assertThrows(() => withDenoFiles(outcomes, ""), Error, "announced 0 tests and reported 2");
});

test("findOnPath() passes over what npm puts in front of the machine's own programs", () => {
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-path-"));
  try {
    const folders = ["node_modules/.bin", "empty", "folder", "text", "first", "second"].map((name) =>
      join(folder, name)
    );
    for (const each of folders) {
      mkdirSync(each, { recursive: true });
      for (const file of ["node", "node.exe"]) {
        if (each.endsWith("folder")) mkdirSync(join(each, file));
        else if (!each.endsWith("empty")) {
          writeFileSync(join(each, file), "", { mode: each.endsWith("text") ? 0o644 : 0o755 });
        }
      }
    }
    const found = findOnPath("node", ["", ...folders].join(delimiter));
    assertEquals(found.replace(/\.exe$/, ""), join(folder, "first", "node"));
    assertEquals(findOnPath("node", folders.slice(0, 2).join(delimiter)), "node");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

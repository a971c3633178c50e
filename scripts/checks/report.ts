/** Reads what the test runners report: JUnit's XML from Deno and Bun, JSON from vitest. */

/** One test's outcome. */
export interface Outcome {
  /** The file, relative to the project's folder. */
  file: string;
  name: string;
  status: "passed" | "failed" | "skipped";
}

/**
 * Reads a JUnit report. Deno's names the file that called `Deno.test`, which is always the harness; `withDenoFiles` tells
 * the right ones.
 */
export function readJunit(xml: string): Outcome[] {
  const outcomes: Outcome[] = [];
  const testCase = /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
  for (const [, attributes = "", body = ""] of xml.matchAll(testCase)) {
    const file = attribute(attributes, "file") ?? attribute(attributes, "classname") ?? "";
    const status = /<(failure|error)\b/.test(body) ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed";
    outcomes.push({ file: file.replace(/^\.\//, ""), name: attribute(attributes, "name") ?? "", status });
  }
  return outcomes;
}

/** Adds the files to what Deno reported, from the lines that it prints before each file. */
export function withDenoFiles(outcomes: readonly Outcome[], output: string): Outcome[] {
  // deno-lint-ignore no-control-regex -- colours
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const files = [...plain.matchAll(/^running (\d+) tests? from (?:\.\/)?(.+)$/gm)]
    .flatMap(([, count, file = ""]) => Array.from({ length: Number(count) }, () => file.trim()));
  if (files.length !== outcomes.length) {
    throw new Error(`Deno announced ${files.length} tests and reported ${outcomes.length}`);
  }
  return outcomes.map((outcome, index) => ({ ...outcome, file: files[index] ?? "" }));
}

/** Reads a report of vitest's JSON reporter; `root` is taken off the file names. */
export function readVitest(json: string, root: string): Outcome[] {
  const report = JSON.parse(json) as {
    testResults: { name: string; assertionResults: { title: string; status: string }[] }[];
  };
  return report.testResults.flatMap(({ name, assertionResults }) => {
    const file = name.startsWith(root) ? name.slice(root.length) : name;
    return assertionResults.map(({ title, status }): Outcome => ({
      file,
      name: title,
      status: status === "passed" || status === "failed" ? status : "skipped",
    }));
  });
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
  return value?.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (_, decimal, hex, entity) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }[entity as string] ?? "";
  });
}

/**
 * Checks `src/PYTHON.md`, which says what stands here for each name of confluent-kafka-python.
 *
 * Every public name of the pinned Python package has a line. The left cell of a line names those it is about: `Name*` is a name
 * with all that belongs to it, and elsewhere `*` is any part of a name that has no line of its own. The middle cell names ours,
 * and each must be one of our public names or of librdkafka's properties (in quotes); a `*` in it stands for what the left one
 * stood for. A line without ours has a dash there, and its reason in the right cell.
 */
import process from "node:process";
import { must, root } from "./checks/process.ts";
import { pythonClient } from "./checks/python.ts";
import { conclude, read } from "./checks/source.ts";
import { ensureTools } from "./checks/tools.ts";
import { ourNames } from "./mapping/our_names.ts";
import { compare, readLines } from "./mapping/page.ts";

const page = "src/PYTHON.md";

process.exitCode = await main();

async function main(): Promise<number> {
  await ensureTools();
  const env = await pythonClient();
  const listed = await must(env["PYTHON_CLIENT"]!, [`${root}scripts/mapping/python_names.py`], { env });
  const theirs = JSON.parse(listed.trimEnd().split("\n").at(-1)!) as string[];
  const lines = readLines(read(page));
  console.log(`mapping: ${theirs.length} names of confluent-kafka-python, ${lines.length} lines`);
  return conclude("mapping", compare(lines, theirs, await ourNames()).map((problem) => `${page}: ${problem}`));
}

/** Reads the tables of librdkafka's page on statistics, and writes the types of its JSON as `src/kafka/statistics.ts`. */
import { banner, key } from "./file.ts";

/** A field of an object in the statistics. */
interface Field {
  readonly name: string;
  /** As in the tables: `string`, `int`, `int gauge`, `bool`, `object`. */
  readonly type: string;
  /** Of a number, what it counts in, if the page says so. */
  readonly unit?: string;
}

/** The tables by their headings, the types that are made of them, and what each is about. */
const types = [
  { heading: "Top-level", type: "Statistics", about: "librdkafka's statistics of one client" },
  { heading: "brokers", type: "BrokerStatistics", about: "Statistics of one broker" },
  {
    heading: "Window stats",
    type: "WindowStatistics",
    about: "What was measured since the last statistics, in the unit of the field that holds it",
  },
  { heading: "brokers.toppars", type: "BrokerPartition", about: "A partition that a broker leads" },
  { heading: "topics", type: "TopicStatistics", about: "Statistics of one topic" },
  { heading: "partitions", type: "PartitionStatistics", about: "Statistics of one partition" },
  { heading: "cgrp", type: "GroupStatistics", about: "Statistics of a consumer's membership in its group" },
  { heading: "eos", type: "IdempotenceStatistics", about: "Statistics of an idempotent or transactional producer" },
  { heading: "fatal", type: "FatalStatistics", about: "The error that ended the client" },
] as const;

const record = (type: string): string => `Readonly<Record<string, ${type}>>`;

/** What the fields of type `object` hold: the page says it in words. */
const objects: Readonly<Record<string, string>> = {
  "Top-level.brokers": record("BrokerStatistics"),
  "Top-level.topics": record("TopicStatistics"),
  "Top-level.cgrp": "GroupStatistics",
  "Top-level.eos": "IdempotenceStatistics",
  "Top-level.fatal": "FatalStatistics",
  "brokers.req": record("number"),
  "brokers.toppars": record("BrokerPartition"),
  "topics.partitions": record("PartitionStatistics"),
};

/** Fields that are not always there. */
const optional = new Set(["Top-level.cgrp", "Top-level.eos", "Top-level.fatal"]);

/** Fields that librdkafka writes and its page does not list. */
const unlisted: Readonly<Record<string, readonly Field[]>> = {
  "Top-level": [{ name: "fatal", type: "object" }],
  "partitions": [{ name: "commited_offset", type: "int gauge" }],
  "fatal": [
    { name: "error", type: "string" },
    { name: "reason", type: "string" },
    { name: "cnt", type: "int" },
  ],
};

/** The text of `src/kafka/statistics.ts`. */
export function statisticsFile(markdown: string, from: string): string {
  const tables = parseTables(markdown);
  const parts = types.map(({ heading, type, about }) => {
    const fields = [...tables.get(heading) ?? [], ...unlisted[heading] ?? []];
    if (fields.length === 0) throw new Error(`Cannot find the fields of ${type} in librdkafka's page`);
    const members = fields.map((field) => member(heading, field)).join("");
    return `\n/** ${about}. */\nexport interface ${type} {\n${members}}\n`;
  });
  return `${
    banner("What librdkafka's statistics hold: the JSON's own names, with the units that it counts in.", from)
  }${parts.join("")}`;
}

/** The fields of each table, by the heading that it stands under. */
function parseTables(markdown: string): Map<string, Field[]> {
  const tables = new Map<string, Field[]>();
  let heading = "";
  for (const line of markdown.split("\n")) {
    if (line.startsWith("#")) heading = line.replace(/^#+ */, "").trim();
    const cells = line.split("|").map((cell) => cell.trim());
    if (cells.length < 4 || cells[0] === "Field" || cells[0]!.startsWith("---")) continue;
    const [name, type, , text] = cells as [string, string, string, string];
    const fields = tables.get(heading) ?? [];
    fields.push({ name, type, ...unitOf(text) });
    tables.set(heading, fields);
  }
  return tables;
}

const units = /\b(microseconds|milliseconds|seconds|bytes)\b/i;

function unitOf(text: string): { unit?: string } {
  if (/total size of|memory size/i.test(text)) return { unit: "bytes" };
  const unit = units.exec(text)?.[1]?.toLowerCase();
  // A text may speak of bytes and count something else.
  if (unit === undefined || (unit === "bytes" && !/number of (message )?bytes|in bytes|^bytes/i.test(text))) return {};
  return { unit };
}

function member(heading: string, { name, type, unit }: Field): string {
  const path = `${heading}.${name}`;
  const mark = optional.has(path) ? "?" : "";
  return `  /** ${describe(path, type, unit)} */\n  readonly ${key(name)}${mark}: ${typeText(path, type)};\n`;
}

function typeText(path: string, type: string): string {
  switch (type) {
    case "string":
      return "string";
    case "bool":
      return "boolean";
    case "int":
    case "int gauge":
      return "number";
    case "object":
      return objects[path] ?? "WindowStatistics";
    default:
      throw new Error(`Cannot read the type "${type}" of ${path} in librdkafka's page`);
  }
}

function describe(path: string, type: string, unit: string | undefined): string {
  const where = unit === undefined ? "" : `, in ${unit}`;
  if (type === "string") return "Text.";
  if (type === "bool") return "True or false.";
  if (type === "int") return `Integer${where}.`;
  if (type === "int gauge") return `Gauge${where}.`;
  const held = objects[path];
  if (held === undefined) return `Window${where}.`;
  return held.startsWith("Readonly") ? "By name." : "Not always there.";
}

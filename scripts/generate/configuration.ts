/** Reads librdkafka's list of configuration properties, and writes it as `src/config/properties.ts`. */
import { banner, key, lineWidth, literal, property } from "./file.ts";

/** What librdkafka says of one property, in facts. */
export interface PropertyFacts {
  readonly name: string;
  readonly type: "boolean" | "integer" | "float" | "string" | "enum" | "list" | "flags" | "patterns" | "callback";
  readonly scope: "producer" | "consumer" | "both";
  readonly level: "global" | "topic" | "both";
  readonly default?: string;
  readonly min?: number;
  readonly max?: number;
  /** The values of an enum or of flags; of a number, the words it also takes. */
  readonly values?: readonly string[];
  readonly aliasOf?: string;
  readonly deprecated?: true;
}

const scopes: Readonly<Record<string, PropertyFacts["scope"]>> = { "*": "both", P: "producer", C: "consumer" };

const types: Readonly<Record<string, PropertyFacts["type"]>> = {
  boolean: "boolean",
  integer: "integer",
  float: "float",
  string: "string",
  "enum value": "enum",
  "CSV flags": "flags",
  "pattern list": "patterns",
  "see dedicated API": "callback",
};

/** An enum whose values stand in its description alone. */
const describedEnum = "partitioner";

/** Strings that hold a list separated by commas, which the table does not tell. */
const lists = new Set([
  "bootstrap.servers",
  "builtin.features",
  "metadata.broker.list",
  "partition.assignment.strategy",
]);

/** Words that a number takes too, which the table does not tell. */
const words = new Map([["acks", ["all"]], ["request.required.acks", ["all"]]]);

/** Its default tells how one library was built, not what another does. */
const dependsOnBuild = "builtin.features";

/** Properties that librdkafka takes but does not list. */
const unlisted: readonly PropertyFacts[] = [
  { name: "client.software.name", type: "string", scope: "both", level: "global" },
  { name: "client.software.version", type: "string", scope: "both", level: "global" },
  { name: "enable.sparse.connections", type: "boolean", scope: "both", level: "global", default: "true" },
  { name: "test.mock.broker.rtt", type: "integer", scope: "both", level: "global", default: "0", min: 0, max: 3600000 },
  { name: "test.mock.num.brokers", type: "integer", scope: "both", level: "global", default: "0", min: 0, max: 10000 },
];

/** Parses the tables. A name that is both global and topic-level is global: that is where `rd_kafka_conf_set` puts it. */
export function parseConfiguration(markdown: string): readonly PropertyFacts[] {
  const found = new Map<string, PropertyFacts>();
  let level: PropertyFacts["level"] = "global";
  for (const line of markdown.split("\n")) {
    if (line.startsWith("## ")) level = line.startsWith("## Topic") ? "topic" : "global";
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
    if (cells.length < 6 || cells[0] === "Property" || cells[0]!.startsWith("---")) continue;
    const facts = parseRow(cells, level);
    const global = found.get(facts.name);
    found.set(facts.name, global === undefined ? facts : { ...global, level: "both" });
  }
  if (found.size === 0) throw new Error("Cannot find a property in librdkafka's list");
  for (const facts of unlisted) {
    if (found.has(facts.name)) throw new Error(`Cannot add ${facts.name}: librdkafka lists it now`);
    found.set(facts.name, facts);
  }
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

function parseRow(cells: readonly string[], level: PropertyFacts["level"]): PropertyFacts {
  const [name = "", letter = "", range = "", initial = "", , ...rest] = cells;
  const description = rest.join("|");
  const listed = types[/\*Type: ([^*]+)\*$/.exec(description)?.[1] ?? ""];
  const scope = scopes[letter];
  if (listed === undefined || scope === undefined) throw new Error(`Cannot read the property ${name}`);
  let type = lists.has(name) ? "list" : listed;
  if (name === describedEnum) type = "enum";
  const [, min, max] = /^(-?\d+) \.\. (\d+)$/.exec(range) ?? [];
  const takesValues = type === "enum" || type === "flags";
  let values = takesValues && range !== "" ? range.split(", ") : words.get(name);
  if (name === describedEnum) values = [...description.matchAll(/`(\w+)` - /g)].map(([, value]) => value!);
  if (takesValues && !values?.length) throw new Error(`Cannot find the values of ${name}`);
  const aliasOf = /\bAlias for `([^`]+)`/.exec(description)?.[1];
  return {
    name,
    type,
    scope,
    level,
    ...(initial === "" || name === dependsOnBuild ? {} : { default: initial }),
    ...(min === undefined || max === undefined ? {} : { min: Number(min), max: Number(max) }),
    ...(values === undefined ? {} : { values }),
    ...(aliasOf === undefined ? {} : { aliasOf }),
    ...(description.includes("**DEPRECATED**") ? { deprecated: true } : {}),
  };
}

/** The text of `src/config/properties.ts`. */
export function propertiesFile(all: readonly PropertyFacts[], from: string): string {
  const rows = all.map((facts) => {
    const fields = [`type: "${facts.type}"`, `scope: "${facts.scope}"`, `level: "${facts.level}"`];
    if (facts.default !== undefined) fields.push(defaultField(facts.default));
    if (facts.min !== undefined) fields.push(`min: ${facts.min}`, `max: ${facts.max}`);
    if (facts.values !== undefined) fields.push(valuesField(facts.values));
    if (facts.aliasOf !== undefined) fields.push(`aliasOf: "${facts.aliasOf}"`);
    if (facts.deprecated) fields.push("deprecated: true");
    return property(key(facts.name), fields, "  ");
  });
  return `${banner("librdkafka's configuration properties, as a table.", from)}
/** What is known of one property. */
export interface Property {
  /** \`list\` is separated by commas; \`flags\` is a list of \`values\`; \`callback\` cannot be set as text. */
  readonly type: "boolean" | "integer" | "float" | "string" | "enum" | "list" | "flags" | "patterns" | "callback";
  readonly scope: "producer" | "consumer" | "both";
  readonly level: "global" | "topic" | "both";
  readonly default?: string;
  readonly min?: number;
  readonly max?: number;
  /** The values of an enum or of flags; for a number, words that it takes as well. */
  readonly values?: readonly string[];
  readonly aliasOf?: string;
  readonly deprecated?: true;
}

/** Every property by name. */
export const properties: Readonly<Record<string, Property>> = {
${rows.join("")}};
`;
}

function defaultField(text: string): string {
  const line = `default: ${literal(text)}`;
  return line.length + 5 <= lineWidth ? line : `default:\n      ${literal(text)}`;
}

function valuesField(values: readonly string[]): string {
  const quoted = values.map((value) => `"${value}"`);
  const line = `values: [${quoted.join(", ")}]`;
  return line.length <= 100 ? line : `values: [\n${quoted.map((value) => `      ${value},\n`).join("")}    ]`;
}

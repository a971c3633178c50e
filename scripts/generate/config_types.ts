/** Writes `src/config/types.ts`: what may be set on a producer and on a consumer. */
import type { PropertyFacts } from "./configuration.ts";
import { banner, key, lineWidth } from "./file.ts";

const words: Readonly<Record<PropertyFacts["type"], string>> = {
  boolean: "Boolean",
  integer: "Integer",
  float: "Number",
  string: "Text",
  enum: "One of the values",
  list: "List",
  flags: "List of the values",
  patterns: "List of regular expressions",
  callback: "",
};

/** What the client sets itself; `src/config/check.ts` refuses these. */
const managed = new Set(["enabled_events", "log.queue"]);

/** The text of `src/config/types.ts`. */
export function configTypesFile(all: readonly PropertyFacts[], from: string): string {
  const settable = all.filter(({ name, type }) => type !== "callback" && !managed.has(name));
  const members = (scope: PropertyFacts["scope"]): string =>
    settable.filter((facts) => facts.scope === scope).map(member).join("");
  return `${banner("The properties that producers and consumers take, under librdkafka's names.", from)}
/** A property that is on or off. As with every property, null and undefined leave it unset. */
export type BooleanValue = boolean | "true" | "false" | null | undefined;

/** A property that is a number. */
export type NumberValue = number | \`\${number}\` | null | undefined;

/** A property that is text. */
export type TextValue = string | null | undefined;

/** A property that is a list: its entries, or one text in which commas separate them. */
export type ListValue = string | readonly string[] | null | undefined;

/** The properties of every client. */
export interface CommonConfig {
${members("both")}  /**
   * Properties of the topic level, for configurations written for other clients. The same names may be set beside it, and
   * win over it.
   */
  readonly "default.topic.config"?: Readonly<Record<string, unknown>> | null | undefined;
}

/** The properties of a producer. */
export interface ProducerConfig extends CommonConfig {
${members("producer")}}

/** The properties of a consumer. */
export interface ConsumerConfig extends CommonConfig {
${members("consumer")}}
`;
}

function member(facts: PropertyFacts): string {
  const type = typeText(facts);
  const line = `  readonly ${key(facts.name)}?: ${type};\n`;
  const text = line.length - 1 <= lineWidth
    ? line
    : `  readonly ${key(facts.name)}?:\n${type.split(" | ").map((part) => `    | ${part}\n`).join("").slice(0, -1)};\n`;
  if (!facts.deprecated) {
    const lines = describe(facts);
    return lines.startsWith("\n") ? `  /**${lines}*/\n${text}` : `  /** ${lines} */\n${text}`;
  }
  return `  /**\n   * ${describe(facts)}\n   *\n   * @deprecated by librdkafka.\n   */\n${text}`;
}

function typeText({ type, values }: PropertyFacts): string {
  const union = (values ?? []).map((value) => `"${value}"`).join(" | ");
  if (type === "boolean") return "BooleanValue";
  if (type === "enum") return `${union} | null | undefined`;
  if (type === "integer" || type === "float") return values === undefined ? "NumberValue" : `NumberValue | ${union}`;
  return type === "string" ? "TextValue" : "ListValue";
}

function describe(facts: PropertyFacts): string {
  if (facts.aliasOf !== undefined) return `The same as \`${facts.aliasOf}\`.`;
  let text = words[facts.type];
  if (facts.min !== undefined) text += `, ${facts.min} to ${facts.max}`;
  if (facts.type === "flags" && facts.values !== undefined) text += `: ${facts.values.join(", ")}`;
  // The one default that is a whole command would not fit here.
  if (facts.default !== undefined && !facts.default.includes("%")) text += `. Default: \`${facts.default}\``;
  return wrap(`${text}.`);
}

/** Wraps at spaces inside a doc comment. */
function wrap(text: string): string {
  if (text.length + 9 <= lineWidth) return text;
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length + 5 <= lineWidth) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return `\n   * ${lines.join("\n   * ")}\n   `;
}

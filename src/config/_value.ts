/** Turns one property's value into the text that librdkafka takes, or says what is wrong with it. */
import type { Property } from "./properties.ts";

/** The text to set, or the problem in words that may follow a colon. */
export type Outcome = { readonly text: string } | { readonly problem: string };

/** Checks a value that is neither null nor undefined. */
export function valueOf(property: Property, value: unknown): Outcome {
  switch (property.type) {
    case "boolean":
      return booleanOf(value);
    case "integer":
    case "float":
      return numberOf(property, value);
    case "enum":
      return typeof value === "string" ? oneOf(property.values ?? [], value) : expected(property, value);
    case "string":
      return typeof value === "string" ? textOf(value) : expected(property, value);
    default:
      return listOf(property, value);
  }
}

/** How a value is shown in a message. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return show(value.map((each) => typeof each === "string" ? each : kindOf(each)).join(","));
  if (typeof value === "object" || typeof value === "function" || typeof value === "symbol") return kindOf(value);
  const text = String(value);
  return JSON.stringify(text.length <= 100 ? text : `${text.slice(0, 100)}…`);
}

const nouns: Readonly<Record<Property["type"], string>> = {
  boolean: "true or false",
  integer: "an integer",
  float: "a number",
  string: "a string",
  enum: "a string",
  list: "a string or an array of strings",
  flags: "a string or an array of strings",
  patterns: "a string or an array of strings",
  callback: "a function",
};

function expected({ type }: Property, value: unknown): Outcome {
  return { problem: `${nouns[type]} is expected, not ${kindOf(value)}` };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

/** C ends a string at its first NUL, so a value with one would be cut short without a word. */
function textOf(text: string): Outcome {
  if (text.includes("\0")) return { problem: "it contains a NUL character" };
  return text.isWellFormed() ? { text } : { problem: "it contains half of a surrogate pair" };
}

function booleanOf(value: unknown): Outcome {
  if (typeof value === "boolean") return { text: String(value) };
  if (typeof value === "string" && /^(?:true|t|1)$/i.test(value)) return { text: "true" };
  if (typeof value === "string" && /^(?:false|f|0)$/i.test(value)) return { text: "false" };
  return { problem: "true or false is expected" };
}

function numberOf(property: Property, value: unknown): Outcome {
  const { type, min, max, values = [] } = property;
  const word = values.find((each) => each === value);
  if (word !== undefined) return { text: word };
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "string") {
    return expected(property, value);
  }
  // A leading zero would make C read "010" as eight, so it is not a number here.
  const isNumber = typeof value !== "string" || /^[+-]?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value);
  const number = isNumber ? Number(value) : NaN;
  if (!Number.isFinite(number) || (type === "integer" && !Number.isInteger(number))) {
    return { problem: `${nouns[type]}${values.map((each) => ` or "${each}"`).join("")} is expected` };
  }
  if (number < (min ?? -Infinity) || number > (max ?? Infinity)) return { problem: `the range is ${min} to ${max}` };
  return { text: String(number) };
}

function oneOf(values: readonly string[], value: string): Outcome {
  const text = values.find((each) => each.toLowerCase() === value.toLowerCase());
  return text === undefined ? { problem: `the values are ${values.join(", ")}` } : { text };
}

function listOf(property: Property, value: unknown): Outcome {
  const { type, values } = property;
  const isArray = Array.isArray(value);
  if (typeof value !== "string" && !(isArray && value.every((each) => typeof each === "string"))) {
    return expected(property, value);
  }
  // In a list of patterns, two commas stand for one that is part of a pattern.
  const entries: string[] = isArray ? value : [];
  if (type !== "patterns" && entries.some((each) => each.includes(","))) {
    return { problem: "an entry contains a comma" };
  }
  const text = isArray
    ? entries.map((each) => type === "patterns" ? each.replaceAll(",", ",,") : each).join(",")
    : value;
  for (const entry of type === "flags" && values !== undefined ? text.split(",") : []) {
    const name = entry.trim().replace(/^[+-]/, "");
    const outcome = name === "" ? { text } : oneOf(values!, name);
    if ("problem" in outcome) return outcome;
  }
  return textOf(text);
}

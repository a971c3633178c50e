/** Reads C declarations out of librdkafka's public headers: functions, enums, structs and integer macros. */

/** A function's parameter, or a struct's field: its C type without its name. */
export interface Member {
  readonly name: string;
  readonly type: string;
}

/** An exported function. */
export interface CFunction {
  readonly name: string;
  readonly result: string;
  readonly parameters: readonly Member[];
  readonly variadic: boolean;
  readonly deprecated: boolean;
  /** The declaration on one line. */
  readonly declaration: string;
}

/** An enum: its C name and its values in order. */
export interface CEnum {
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

/** A struct whose fields are public. A field's type may be `struct` or `union` with members of its own. */
export interface CStruct {
  readonly name: string;
  readonly fields: readonly CField[];
}

/** A field of a struct or union; `count` is an array's length. */
export interface CField extends Member {
  readonly count: number;
  readonly members?: readonly CField[];
}

/** All that a set of headers declares. */
export interface CHeader {
  readonly functions: readonly CFunction[];
  readonly enums: readonly CEnum[];
  readonly structs: readonly CStruct[];
  /** Macros without parameters whose value is an integer or another macro's or enum's name. */
  readonly macros: ReadonlyMap<string, string>;
  /** What a typedef stands for. */
  readonly typedefs: ReadonlyMap<string, string>;
  /** Names of typedefs of functions. */
  readonly callbacks: ReadonlySet<string>;
}

/** Parses headers as a C compiler on a Unix system would see them. */
export function parseHeaders(texts: readonly string[]): CHeader {
  const macros = new Map<string, string>();
  const code = texts.map((text) => preprocess(stripComments(text), macros)).join("\n");
  const functions = new Map<string, CFunction>();
  const enums: CEnum[] = [];
  const structs: CStruct[] = [];
  const typedefs = new Map<string, string>();
  const callbacks = new Set<string>();
  for (const statement of splitAtDepth(code, ";")) {
    const line = statement.replaceAll(/\s+/g, " ").trim();
    if (line === "") continue;
    const enumeration = /^typedef enum (?:\w+ )?\{(.*)\} (\w+)$/.exec(line);
    const structure = /^(?:typedef )?struct (\w+) \{(.*)\}(?: (\w+))?$/.exec(line);
    const callback = /^typedef [^(]+\( ?(\w+)\)\(/.exec(line) ?? /^typedef [^(]+\((\w+)\)$/.exec(line);
    const alias = /^typedef (.+?) ?(\w+)$/.exec(line);
    if (enumeration !== null) enums.push({ name: enumeration[2]!, values: parseEnum(enumeration[1]!) });
    else if (structure !== null) {
      structs.push({ name: structure[3] ?? structure[1]!, fields: parseFields(structure[2]!) });
      if (structure[3] !== undefined) typedefs.set(`struct ${structure[1]!}`, structure[3]);
    } else if (callback !== null) callbacks.add(callback[1]!);
    else if (alias !== null) typedefs.set(alias[2]!, alias[1]!);
    else if (line.includes("RD_EXPORT")) {
      const found = parseFunction(line);
      functions.set(found.name, found);
    } else if (!/^(?:struct \w+|rd_kafka_event_t \*rd_kafka_queue_poll\(.*)$/.test(line)) {
      throw new Error(`Cannot read this C declaration: ${line.slice(0, 120)}`);
    }
  }
  return { functions: [...functions.values()], enums, structs, macros, typedefs, callbacks };
}

function stripComments(text: string): string {
  return text.replaceAll("\r", "").replaceAll(/\/\*[^]*?\*\/|\/\/[^\n]*/g, " ").replaceAll(/\\\n/g, " ");
}

/** Collects `#define`s, follows conditions as on Unix in C, and returns the remaining lines. */
function preprocess(text: string, macros: Map<string, string>): string {
  const lines: string[] = [];
  const kept: boolean[] = [];
  for (const line of text.split("\n")) {
    const [, directive, rest = ""] = /^\s*#\s*(\w+)\s*(.*?)\s*$/.exec(line) ?? [];
    if (directive === undefined) {
      if (!kept.includes(false)) lines.push(line);
    } else if (directive === "ifdef") kept.push(rest !== "_WIN32" && rest !== "__cplusplus");
    else if (directive === "ifndef") kept.push(rest !== "_RDKAFKA_H_" || !macros.has(rest));
    else if (directive === "if") kept.push(rest !== "0");
    else if (directive === "else") kept.push(!kept.pop());
    else if (directive === "endif") kept.pop();
    else if (directive === "define" && !kept.includes(false)) {
      const [, name, value] = /^(\w+)(?:\s+(.*))?$/.exec(rest) ?? [];
      if (name !== undefined) macros.set(name, value ?? "");
    }
  }
  if (kept.length > 0) throw new Error("Cannot read the header: an #if has no #endif");
  return lines.join("\n");
}

/** Splits at a separator that stands outside all brackets. */
export function splitAtDepth(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if ("({[".includes(character)) depth++;
    else if (")}]".includes(character)) depth--;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function parseEnum(body: string): Map<string, number> {
  const values = new Map<string, number>();
  let next = 0;
  for (const part of body.split(",")) {
    const [, name, value] = /^\s*(\w+)(?:\s*=\s*(-?\w+))?\s*$/.exec(part) ?? [];
    if (name === undefined) {
      if (part.trim() !== "") throw new Error(`Cannot read the enum value ${part}`);
      continue;
    }
    if (value !== undefined) next = Number(value);
    if (!Number.isInteger(next)) throw new Error(`Cannot read the enum value ${part}`);
    values.set(name, next++);
  }
  return values;
}

function parseFields(body: string): CField[] {
  const fields: CField[] = [];
  for (const part of splitAtDepth(body, ";")) {
    const line = part.trim();
    if (line === "") continue;
    const nested = /^(struct|union) \{(.*)\} (\w+)$/.exec(line);
    if (nested !== null) {
      fields.push({ type: nested[1]!, name: nested[3]!, count: 1, members: parseFields(nested[2]!) });
      continue;
    }
    const [, type, name, count] = /^(.*?)(\w+)(?:\[(\d+)\])?$/.exec(line) ?? [];
    if (type === undefined || name === undefined) throw new Error(`Cannot read the struct field ${line}`);
    fields.push({ type: type.trim(), name, count: count === undefined ? 1 : Number(count) });
  }
  return fields;
}

function parseFunction(line: string): CFunction {
  const deprecated = line.includes("RD_DEPRECATED");
  const declaration = line.replaceAll(/\bRD_(?:EXPORT|DEPRECATED)\b ?/g, "").replace(/ RD_FORMAT\(.*\)$/, "").trim()
    .replaceAll("( ", "(").replaceAll(/\* (?=rd_kafka)/g, "*");
  const [, result, name, list] = /^([^(]*?)(\w+) ?\((.*)\)$/.exec(declaration) ?? [];
  if (result === undefined || name === undefined || list === undefined) {
    throw new Error(`Cannot read this C function: ${line}`);
  }
  const parts = splitAtDepth(list, ",").map((part) => part.trim());
  const parameters = parts.filter((part) => part !== "void" && part !== "...").map(parseParameter);
  return { name, result: result.trim(), parameters, variadic: parts.includes("..."), deprecated, declaration };
}

function parseParameter(text: string): Member {
  const pointer = /\(\*(\w+)\)\(/.exec(text);
  if (pointer !== null) return { name: pointer[1]!, type: "(*)" };
  const [, type, name] = /^(.*[ *])(\w+)$/.exec(text) ?? [];
  if (type === undefined || name === undefined) return { name: "", type: text };
  return { name, type: type.trim() };
}

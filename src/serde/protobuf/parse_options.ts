/** Options in a `.proto` text: reading them, and finding out later what they mean. */
import { create, type DescMessage, type Message, type Registry } from "@bufbuild/protobuf";
import { mergeFromText } from "@bufbuild/protobuf/txtpb";
import { registryOf, type ResolveImport } from "./imports.ts";
import { type Draft, MAX_NESTING, type OptionTarget, type PendingOption } from "./parse_draft.ts";
import type { Names } from "./parse_names.ts";

const MAX_OPTIONS = 1000;
const MAX_ALL_OPTIONS = 100_000;

/** Where options stand. */
export interface OptionPlace {
  /** The descriptor that has them. */
  readonly target: OptionTarget;
  /** The message that they are in. */
  readonly schema: DescMessage;
  readonly scope: string;
}

/** Reads the rest of a statement `option name = value;`, from the name on. */
export function readOptionStatement(draft: Draft, place: OptionPlace): void {
  addOption(draft, place.target, readOption(draft, place));
  draft.tokens.expect(";");
}

/**
 * Reads options in brackets, if there are any.
 *
 * @param read Reads what looks like an option and is none, such as a field's default, and says whether it did.
 */
export function readBracketOptions(draft: Draft, place: OptionPlace, read?: (name: string) => boolean): void {
  const { tokens } = draft;
  if (!tokens.takeIf("[")) return;
  do {
    if (!read?.(tokens.next.text)) addOption(draft, place.target, readOption(draft, place));
  } while (tokens.takeIf(","));
  tokens.expect("]");
}

function addOption({ options, tokens }: Draft, target: OptionTarget, option: PendingOption): void {
  const others = options.get(target) ?? [];
  // Setting one reads those before it again.
  if (others.length >= MAX_OPTIONS) throw tokens.error(option.at, `there are more than ${MAX_OPTIONS} options here`);
  others.push(option);
  options.set(target, others);
}

function readOption(draft: Draft, { schema, scope }: OptionPlace): PendingOption {
  const { tokens } = draft;
  const { at } = tokens.next;
  const path: { name: string; isExtension: boolean }[] = [];
  do {
    const isExtension = tokens.takeIf("(");
    const name = isExtension ? tokens.dottedName("the name of an extension") : tokens.name("the name of an option");
    if (isExtension) tokens.expect(")");
    path.push({ name, isExtension });
    if (path.length > MAX_NESTING) throw tokens.error(at, `the option nests deeper than ${MAX_NESTING} levels`);
  } while (tokens.takeIf("."));
  tokens.expect("=");
  return { schema, path, value: tokens.isNext("{") ? readBraces(draft) : `: ${readScalar(draft)}`, scope, at };
}

/** A number, a name or a string, as it is written. */
function readScalar({ tokens }: Draft): string {
  const sign = tokens.takeIf("-") ? "-" : tokens.takeIf("+") ? "" : null;
  const { kind } = tokens.next;
  if (kind === "string" && sign === null) {
    let text = "";
    while (tokens.next.kind === "string") text += `${tokens.take().text} `;
    return text;
  }
  if (kind !== "name" && kind !== "integer" && kind !== "float") throw tokens.unexpected("the value of an option");
  return (sign ?? "") + tokens.take().text;
}

/** A message in braces, without its comments: they are written in another way in the text format. */
function readBraces({ tokens }: Draft): string {
  const words: string[] = [];
  const { at } = tokens.next;
  let depth = 0;
  do {
    const { kind, text } = tokens.take();
    if (kind === "end") throw tokens.error(at, "the braces are not closed");
    if (text === "{" || text === "<" || text === "[") depth++;
    if (text === "}" || text === ">" || text === "]") depth--;
    if (depth > MAX_NESTING) throw tokens.error(at, `the value nests deeper than ${MAX_NESTING} levels`);
    // A sign or dot belongs to what follows it.
    words.push(
      text === "-" || text === "." || text === "/" || tokens.isNext(".") || tokens.isNext("/") ? text : `${text} `,
    );
  } while (depth > 0);
  return words.join("");
}

/** Sets the options of a file that was read, whose types are known by now. */
export function setOptions(draft: Draft, names: Names, resolve: ResolveImport): void {
  let registry: Registry | undefined;
  let rest = MAX_ALL_OPTIONS;
  for (const [target, options] of draft.options) {
    for (const option of options) {
      if (--rest < 0) throw draft.tokens.error(option.at, `there are more than ${MAX_ALL_OPTIONS} options`);
      const path = option.path.map(({ name, isExtension }) =>
        isExtension ? `[${names.extension(name, option.scope) ?? unknownOption(draft, option, name)}]` : name
      );
      if (path.some((name) => name.startsWith("["))) registry ??= registryOf(draft.file, resolve);
      target.options ??= create(option.schema);
      setOption(draft, target.options as Message, option, path, registry);
    }
    // `protoc` has the extensions in the order of their numbers.
    (target.options as Message).$unknown?.sort((a, b) => a.no - b.no);
  }
}

/** Sets one option, as a text of Protobuf's text format that says no more than it. */
function setOption(
  { tokens }: Draft,
  target: Message,
  { schema, value, at }: PendingOption,
  path: readonly string[],
  registry: Registry | undefined,
): void {
  const text = `${path.join(" { ")} ${value}${" }".repeat(path.length - 1)}`;
  try {
    mergeFromText(schema, target, text, registry === undefined ? {} : { registry });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "it has no such value";
    throw tokens.error(at, `the option cannot be set: ${reason}`, cause);
  }
}

function unknownOption(draft: Draft, option: PendingOption, name: string): never {
  throw draft.tokens.error(option.at, `the option (${name}) is unknown: is an import missing?`);
}

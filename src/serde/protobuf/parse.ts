/** Reads a `.proto` text: what the compiler `protoc` makes of it, without services and comments. */
import { create } from "@bufbuild/protobuf";
import {
  Edition,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { type ResolveImport, visibleImports } from "./imports.ts";
import type { Draft } from "./parse_draft.ts";
import { readEnum } from "./parse_enum.ts";
import { readExtend, readMessage } from "./parse_message.ts";
import { linkTypes, Names } from "./parse_names.ts";
import { readOptionStatement, setOptions } from "./parse_options.ts";
import { Tokens } from "./parse_tokens.ts";

const EDITIONS: ReadonlyMap<string, Edition> = new Map([
  ["2023", Edition.EDITION_2023],
  ["2024", Edition.EDITION_2024],
]);

/** What is known beside a `.proto` text. */
export interface ParseProtoOptions {
  /** The name of the file, which its descriptor has and errors say. */
  readonly fileName: string;
  readonly resolve: ResolveImport;
}

/**
 * Gives the descriptor of a `.proto` text, of proto2, proto3 or an edition.
 *
 * It is the one that `protoc` gives its plugins, but for services, which are left out, and comments. The names that fields have
 * in JSON are there only where the text says them.
 *
 * @throws {SerializationError} with the line and column, if the text is none, or what it imports or uses is not there.
 */
export function parseProto(text: string, options: ParseProtoOptions): FileDescriptorProto {
  const draft: Draft = {
    tokens: new Tokens(text, options.fileName),
    file: create(FileDescriptorProtoSchema, { name: options.fileName }),
    links: [],
    options: new Map(),
  };
  readFile(draft, options.resolve);
  const names = new Names(draft, visibleImports(draft.file, options.resolve));
  linkTypes(draft, names);
  setOptions(draft, names, options.resolve);
  return draft.file;
}

function readFile(draft: Draft, resolve: ResolveImport): void {
  const { tokens, file } = draft;
  if (tokens.takeIf("syntax")) readSyntax(draft);
  else if (tokens.takeIf("edition")) readEdition(draft);
  while (tokens.next.kind !== "end") {
    const { package: scope } = file;
    if (tokens.takeIf(";")) continue;
    if (tokens.takeIf("package")) readPackage(draft);
    else if (tokens.takeIf("import")) readImport(draft, resolve);
    else if (tokens.takeIf("message")) file.messageType.push(readMessage(draft, scope, 1));
    else if (tokens.takeIf("enum")) file.enumType.push(readEnum(draft, scope));
    else if (tokens.takeIf("extend")) readExtend(draft, { scope, target: file, nested: file.messageType, depth: 1 });
    else if (tokens.takeIf("service")) skipService(draft);
    else if (tokens.takeIf("option")) readOptionStatement(draft, { target: file, schema: FileOptionsSchema, scope });
    else throw tokens.unexpected('"message", "enum", "import" or another statement');
  }
}

function readSyntax({ tokens, file }: Draft): void {
  tokens.expect("=");
  const { at } = tokens.next;
  const syntax = tokens.string("the syntax in quotes");
  tokens.expect(";");
  if (syntax !== "proto2" && syntax !== "proto3") throw tokens.error(at, 'the syntax must be "proto2" or "proto3"');
  // That it is proto2 is said by saying nothing.
  if (syntax === "proto3") file.syntax = syntax;
}

function readEdition({ tokens, file }: Draft): void {
  tokens.expect("=");
  const { at } = tokens.next;
  const edition = EDITIONS.get(tokens.string("the edition in quotes"));
  tokens.expect(";");
  if (edition === undefined) throw tokens.error(at, `the edition must be one of ${[...EDITIONS.keys()].join(", ")}`);
  file.syntax = "editions";
  file.edition = edition;
}

function readPackage({ tokens, file }: Draft): void {
  const { at } = tokens.next;
  if (Object.hasOwn(file, "package") || file.messageType.length + file.enumType.length + file.extension.length > 0) {
    throw tokens.error(at, "the package is said once, before what is in it");
  }
  file.package = tokens.dottedName("the name of a package");
  tokens.expect(";");
}

function readImport({ tokens, file }: Draft, resolve: ResolveImport): void {
  const isPublic = tokens.takeIf("public");
  const isWeak = !isPublic && tokens.takeIf("weak");
  const { at } = tokens.next;
  const name = tokens.string("the name of a file in quotes");
  tokens.expect(";");
  if (file.dependency.includes(name)) throw tokens.error(at, `"${name}" is imported twice`);
  if (resolve(name) === undefined) {
    throw tokens.error(at, `"${name}" is neither a reference of the schema nor a file that everybody has`);
  }
  const index = file.dependency.push(name) - 1;
  if (isPublic) file.publicDependency.push(index);
  if (isWeak) file.weakDependency.push(index);
}

function skipService({ tokens }: Draft): void {
  const { at } = tokens.next;
  tokens.name("the name of a service");
  tokens.expect("{");
  for (let depth = 1; depth > 0;) {
    const { kind, text } = tokens.take();
    if (kind === "end") throw tokens.error(at, "the braces of the service are not closed");
    if (text === "{") depth++;
    if (text === "}") depth--;
  }
}

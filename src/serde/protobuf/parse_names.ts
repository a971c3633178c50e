/** The names that a `.proto` text can use, and which full name is meant where one is used. */
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Type as Type,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { type Draft, nameIn } from "./parse_draft.ts";

type Kind = "message" | "enum" | "extension" | "package";

/** The names of a file and of those that it imports. */
export class Names {
  readonly #kinds = new Map<string, Kind>();

  /**
   * @param visible The files whose names it can use.
   * @throws {SerializationError} if the file gives a name twice.
   */
  constructor({ file, tokens }: Draft, visible: readonly FileDescriptorProto[]) {
    const add = (fullName: string, kind: Kind): void => void this.#kinds.set(fullName, kind);
    for (const imported of visible) visitNames(imported, add);
    visitNames(file, (fullName, kind) => {
      const before = this.#kinds.get(fullName);
      const isShared = kind === "package" && before === "package";
      if (before !== undefined && !isShared) throw tokens.error(0, `"${fullName}" is there twice`);
      add(fullName, kind);
    });
  }

  /** The full name of the message or enum that is meant, and which of them it is. */
  type(name: string, scope: string): { readonly fullName: string; readonly kind: "message" | "enum" } | null {
    for (const fullName of candidates(name, scope)) {
      const kind = this.#kinds.get(fullName);
      if (kind === "message" || kind === "enum") return { fullName, kind };
    }
    return null;
  }

  /** The full name of the extension that is meant. */
  extension(name: string, scope: string): string | null {
    return candidates(name, scope).find((fullName) => this.#kinds.get(fullName) === "extension") ?? null;
  }
}

type Contents = Pick<DescriptorProto | FileDescriptorProto, "extension" | "enumType">;

function visitNames(file: FileDescriptorProto, visit: (fullName: string, kind: Kind) => void): void {
  const visitContents = (
    scope: string,
    { extension, enumType }: Contents,
    messages: readonly DescriptorProto[],
  ): void => {
    for (const { name } of extension) visit(nameIn(scope, name), "extension");
    for (const { name } of enumType) visit(nameIn(scope, name), "enum");
    for (const message of messages) {
      const fullName = nameIn(scope, message.name);
      visit(fullName, "message");
      visitContents(fullName, message, message.nestedType);
    }
  };
  for (const fullName of scopesOf(file.package)) visit(fullName, "package");
  visitContents(file.package, file, file.messageType);
}

/** Gives the fields of a file the full names of their types, and those that are messages or enums their type. */
export function linkTypes(draft: Draft, names: Names): void {
  for (const { field, key, scope, at } of draft.links) {
    const found = names.type(field[key], scope);
    if (found === null) throw draft.tokens.error(at, `the type "${field[key]}" is unknown: is an import missing?`);
    field[key] = `.${found.fullName}`;
    if (key === "extendee" ? found.kind === "enum" : found.kind === "enum" && field.type === Type.GROUP) {
      throw draft.tokens.error(at, `"${found.fullName}" is no message`);
    }
    // A group, and the entry of a map, were given their type when they were read.
    if (key === "typeName" && !hasType(field)) field.type = found.kind === "enum" ? Type.ENUM : Type.MESSAGE;
  }
}

/** Whether a field was given a type; without, reading it gives its default. */
export function hasType(field: FieldDescriptorProto): boolean {
  return Object.hasOwn(field, "type");
}

/** The full names that a name can stand for, the one of the innermost scope first. */
function candidates(name: string, scope: string): string[] {
  if (name.startsWith(".")) return [name.slice(1)];
  return [...scopesOf(scope).map((outer) => nameIn(outer, name)), name];
}

/** A full name and those of what it is in, from the inside out. */
function scopesOf(fullName: string): string[] {
  const scopes: string[] = [];
  for (let scope = fullName; scope !== ""; scope = scope.slice(0, Math.max(0, scope.lastIndexOf(".")))) {
    scopes.push(scope);
  }
  return scopes;
}

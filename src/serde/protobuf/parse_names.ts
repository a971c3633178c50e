/** The names that a `.proto` text can use, and which full name is meant where one is used. */
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Type as Type,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { type Draft, nameIn } from "./parse_draft.ts";

type Kind = "message" | "enum" | "extension";

/** A name, and the names in it. A package has no kind. */
interface Scope {
  readonly fullName: string;
  kind: Kind | null;
  readonly inside: Map<string, Scope>;
}

/**
 * The names of a file and of those that it imports.
 *
 * They are kept as a tree, and not by their full names: looking for one in every scope would make all those strings first.
 */
export class Names {
  readonly #root: Scope = { fullName: "", kind: null, inside: new Map() };
  /** Scopes that were looked in, each with those around it, from the inside out. */
  readonly #around = new Map<string, readonly Scope[]>();

  /**
   * @param visible The files whose names it can use.
   * @throws {SerializationError} if the file gives a name twice.
   */
  constructor({ file, tokens }: Draft, visible: readonly FileDescriptorProto[]) {
    for (const imported of visible) this.#addFile(imported);
    this.#addFile(file, ({ kind, fullName }) => {
      if (kind !== null) throw tokens.error(0, `"${fullName}" is there twice`);
    });
  }

  /** The full name of the message or enum that is meant, and which of them it is. */
  type(name: string, scope: string): { readonly fullName: string; readonly kind: "message" | "enum" } | null {
    for (const { fullName, kind } of this.#candidates(name, scope)) {
      if (kind === "message" || kind === "enum") return { fullName, kind };
    }
    return null;
  }

  /** The full name of the extension that is meant. */
  extension(name: string, scope: string): string | null {
    return this.#candidates(name, scope).find(({ kind }) => kind === "extension")?.fullName ?? null;
  }

  /** What a name can stand for, the one of the innermost scope first. */
  #candidates(name: string, scope: string): Scope[] {
    const isAbsolute = name.startsWith(".");
    const parts = (isAbsolute ? name.slice(1) : name).split(".");
    const outer = isAbsolute ? [this.#root] : this.#scopesAround(scope);
    return outer.map((one) => descend(one, parts)).filter((one) => one !== undefined);
  }

  #scopesAround(scope: string): readonly Scope[] {
    const known = this.#around.get(scope);
    if (known !== undefined) return known;
    const scopes = [this.#root];
    for (const part of scope === "" ? [] : scope.split(".")) scopes.unshift(scopes[0]!.inside.get(part)!);
    this.#around.set(scope, scopes);
    return scopes;
  }

  #addFile(file: FileDescriptorProto, check?: (before: Scope) => void): void {
    const add = (scope: Scope, name: string, kind: Kind): Scope => {
      const added = openScope(scope, name);
      check?.(added);
      added.kind = kind;
      return added;
    };
    const addContents = (scope: Scope, contents: Contents, messages: readonly DescriptorProto[]): void => {
      for (const { name } of contents.extension) add(scope, name, "extension");
      for (const { name } of contents.enumType) add(scope, name, "enum");
      for (const message of messages) addContents(add(scope, message.name, "message"), message, message.nestedType);
    };
    let scope = this.#root;
    for (const part of file.package === "" ? [] : file.package.split(".")) scope = openScope(scope, part);
    addContents(scope, file, file.messageType);
  }
}

type Contents = Pick<DescriptorProto | FileDescriptorProto, "extension" | "enumType">;

function openScope(scope: Scope, name: string): Scope {
  const known = scope.inside.get(name);
  if (known !== undefined) return known;
  const opened: Scope = { fullName: nameIn(scope.fullName, name), kind: null, inside: new Map() };
  scope.inside.set(name, opened);
  return opened;
}

function descend(scope: Scope, parts: readonly string[]): Scope | undefined {
  let found: Scope | undefined = scope;
  for (const part of parts) {
    found = found.inside.get(part);
    if (found === undefined) return undefined;
  }
  return found;
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

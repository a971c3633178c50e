/** Files and what they import. */
import { create, createFileRegistry, type FileRegistry } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Gives a file by the name under which it is imported; undefined if there is none. */
export type ResolveImport = (fileName: string) => FileDescriptorProto | undefined;

/** A file and all that it imports, directly or through others, each once and behind those that it imports itself. */
export function withImports(file: FileDescriptorProto, resolve: ResolveImport): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const seen = new Set<string>();
  const visit = (one: FileDescriptorProto): void => {
    for (const name of one.dependency) {
      if (seen.has(name)) continue;
      seen.add(name);
      const imported = resolve(name);
      if (imported !== undefined) visit(imported);
    }
    ordered.add(one);
  };
  visit(file);
  return [...ordered];
}

/**
 * Gives the types of a file and of all that it imports.
 *
 * They are made from the one list: given each file's own registry instead, the library would walk every way through the imports,
 * of which there are very many where they branch and meet again.
 */
export function registryOf(file: FileDescriptorProto, resolve: ResolveImport): FileRegistry {
  return createFileRegistry(create(FileDescriptorSetSchema, { file: withImports(file, resolve) }));
}

/** The files that a file imports, and those that they pass on. */
export function visibleImports(file: FileDescriptorProto, resolve: ResolveImport): FileDescriptorProto[] {
  const visible = new Set<FileDescriptorProto>();
  const add = (name: string | undefined): void => {
    const imported = name === undefined ? undefined : resolve(name);
    if (imported !== undefined) visible.add(imported);
  };
  file.dependency.forEach(add);
  // A set is walked in the order in which it grows.
  for (const one of visible) one.publicDependency.forEach((index) => add(one.dependency[index]));
  return [...visible];
}

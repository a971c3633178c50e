/** The names that fields have in JSON: descriptors from a registry leave them out where they follow from the fields' own. */
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import type { DescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";

/** Gives each field of a file that has no name for JSON the usual one. It changes the file. */
export function fillJsonNames(file: FileDescriptorProto): FileDescriptorProto {
  visitMessages(file.messageType, ({ field }) => {
    for (const one of field) {
      if (one.jsonName === "") one.jsonName = protoCamelCase(one.name);
    }
  });
  return file;
}

/** Takes the usual names away again, as `protoc` gives files to its plugins. It changes the file. */
export function dropJsonNames(file: FileDescriptorProto): FileDescriptorProto {
  visitMessages(file.messageType, ({ field }) => {
    for (const one of field) {
      if (one.jsonName === protoCamelCase(one.name)) delete (one as { jsonName?: string }).jsonName;
    }
  });
  return file;
}

function visitMessages(messages: readonly DescriptorProto[], visit: (message: DescriptorProto) => void): void {
  for (const message of messages) {
    visit(message);
    visitMessages(message.nestedType, visit);
  }
}

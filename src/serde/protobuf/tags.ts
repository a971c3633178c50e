/** The tags that a schema's text gives a field: `(confluent.field_meta).tags`. */
import { type DescExtension, type DescField, getExtension } from "@bufbuild/protobuf";
import { schemaError } from "./_error.ts";
import { builtinFile } from "./builtin.ts";
import { registryOf } from "./imports.ts";

let fieldMeta: DescExtension | undefined;

/** Gives a field's tags. */
export function tagsOf({ proto, name, parent }: DescField): ReadonlySet<string> {
  if (proto.options?.$unknown === undefined) return new Set();
  fieldMeta ??= registryOf(builtinFile("confluent/meta.proto")!, builtinFile).getExtension("confluent.field_meta")!;
  try {
    const { tags } = getExtension(proto.options, fieldMeta) as unknown as { readonly tags: readonly string[] };
    return new Set(tags);
  } catch (cause) {
    throw schemaError(`Cannot read the tags of "${parent.typeName}.${name}": the option is malformed`, cause);
  }
}

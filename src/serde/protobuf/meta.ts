/** What a schema's text says of a message or field with Confluent's options: `(confluent.field_meta)` and its like. */
import { type DescExtension, type DescField, type DescMessage, getExtension } from "@bufbuild/protobuf";
import { constraintOf, type ValidationRule } from "../rules/validation.ts";
import { schemaError } from "./_error.ts";
import { builtinFile } from "./builtin.ts";
import { registryOf } from "./imports.ts";

/** The parts of `confluent.Meta` that are of use here. */
interface Meta {
  readonly tags: readonly string[];
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

const extensions = new Map<string, DescExtension>();

/** Gives a field's tags. */
export function tagsOf(field: DescField): ReadonlySet<string> {
  return new Set(metaOf(field, "tags")?.tags);
}

/** Gives the constraints of a field or message. A part that is empty is not there, as in confluent-kafka-python. */
export function constraintsOf(one: DescField | DescMessage): readonly ValidationRule[] {
  return metaOf(one, "rules")?.rules.map(constraintOf) ?? [];
}

function metaOf(one: DescField | DescMessage, what: keyof Meta): Meta | null {
  const { options } = one.proto;
  if (options?.$unknown === undefined) return null;
  const name = one.kind === "field" ? "confluent.field_meta" : "confluent.message_meta";
  try {
    return getExtension(options, extensionOf(name)) as unknown as Meta;
  } catch (cause) {
    const place = one.kind === "field" ? `${one.parent.typeName}.${one.name}` : one.typeName;
    throw schemaError(`Cannot read the ${what} of "${place}": the option is malformed`, cause);
  }
}

function extensionOf(name: string): DescExtension {
  let extension = extensions.get(name);
  if (extension === undefined) {
    extension = registryOf(builtinFile("confluent/meta.proto")!, builtinFile).getExtension(name)!;
    extensions.set(name, extension);
  }
  return extension;
}

/** The functions of CEL for variants: `variant()` and `variants.*`. */
import { type CelFunc, celFunc, type CelInput, type CelMap, CelScalar, isCelMap } from "@bufbuild/cel";
import { create, createFileRegistry, type DescMessage, type Message } from "@bufbuild/protobuf";
import { isReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { FieldDescriptorProto_Type as Type, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { BoundedMap } from "./bounded_map.ts";
import { failed } from "./cel_decimal.ts";
import { decimalMessage } from "./cel_decimal_type.ts";
import { timestampOf } from "./cel_timestamp_functions.ts";
import { codes, Variant, type VariantType } from "./cel_variant.ts";
import { variantOfJson } from "./cel_variant_build.ts";
import { variantToJson } from "./cel_variant_json.ts";
import { follow, parsePath } from "./cel_variant_path.ts";
import { RuleError } from "./error.ts";

const { BOOL, BYTES, DYN, INT, STRING } = CelScalar;
const VARIANT = "confluent.type.Variant";
const MAX_PATHS = 1000;
const MAX_INDEX = 2n ** 31n - 1n;

const file = create(FileDescriptorProtoSchema, {
  name: "confluent/type/variant.proto",
  package: "confluent.type",
  syntax: "proto3",
  messageType: [{
    name: "Variant",
    field: [
      { name: "metadata", number: 1, label: 1, type: Type.BYTES },
      { name: "value", number: 2, label: 1, type: Type.BYTES },
    ],
  }],
});
const type: DescMessage = createFileRegistry(file, () => undefined).getMessage(VARIANT)!;

/** All of them. Null is what is not there, and stays null; a variant may be a null by itself. */
export function variantFunctions(): CelFunc[] {
  const paths = new BoundedMap<string, ReturnType<typeof parsePath>>(MAX_PATHS);
  return [
    celFunc("variant", [DYN], DYN, (value: unknown) => celOf(variantOf(value, "variant"))),
    celFunc("variant", [BYTES, BYTES], DYN, (value, metadata) => celOf(new Variant(value, metadata))),
    celFunc("variants.parseJson", [STRING], DYN, (text) => celOf(variantOfJson(text))),
    celFunc("variants.tryParseJson", [STRING], DYN, (text) => celOf(orNull(() => variantOfJson(text)))),
    celFunc("variants.type", [DYN], DYN, (value: unknown) => variantOf(value, "variants.type")?.type ?? null),
    celFunc("variants.isNull", [DYN], BOOL, (value: unknown) => {
      return orNull(() => variantOf(value, "variants.isNull"))?.type === "null";
    }),
    celFunc("variants.path", [DYN, STRING], DYN, (value: unknown, path: string) => {
      const variant = variantOf(value, "variants.path");
      return variant === null ? null : celOf(follow(variant, paths.get(path, () => parsePath(path))));
    }),
    celFunc("variants.field", [DYN, STRING], DYN, (value: unknown, key: string) => {
      const variant = variantOf(value, "variants.field");
      return celOf(variant?.type === "object" ? variant.field(key) : null);
    }),
    celFunc("variants.index", [DYN, INT], DYN, (value: unknown, index: bigint) => {
      const variant = variantOf(value, "variants.index");
      if (variant?.type !== "array" || index < 0n || index > MAX_INDEX) return null;
      return celOf(variant.element(Number(index)));
    }),
    celFunc("variants.as", [DYN, STRING], DYN, (value: unknown, name: string) => {
      const variant = variantOf(value, "variants.as");
      return variant === null ? null : valueAs(variant, name, true);
    }),
    celFunc("variants.tryAs", [DYN, STRING], DYN, (value: unknown, name: string) => {
      const variant = variantOf(value, "variants.tryAs");
      return variant === null ? null : valueAs(variant, name, false);
    }),
    celFunc("variants.toJson", [DYN], DYN, (value: unknown) => {
      const variant = variantOf(value, "variants.toJson");
      return variant === null ? null : variantToJson(variant);
    }),
  ];
}

/** What cannot be given as a value of CEL. */
const opaque: ReadonlySet<string> = new Set<VariantType>(["object", "array", "null", "date", "time", "uuid"]);

/** The value of a variant, if it is of a type. */
function valueAs(variant: Variant, name: string, isStrict: boolean): CelInput {
  if (opaque.has(name)) throw failed("variants.as", "values of this type cannot be taken out");
  if (variant.type === name) {
    const value = scalarOf(variant);
    if (value !== null) return value;
  }
  if (isStrict) throw failed("variants.as", "the variant is not of this type");
  return null;
}

function scalarOf(variant: Variant): CelInput {
  switch (variant.type) {
    case "string":
      return variant.string;
    case "int":
      return variant.int;
    case "double":
      return variant.double;
    case "boolean":
      return variant.code === codes.true;
    case "decimal":
      return decimalMessage(variant.decimal);
    case "bytes":
      return variant.binary;
    default:
      return instantOf(variant);
  }
}

/** A timestamp, or null if CEL cannot have it. */
function instantOf(variant: Variant): CelInput {
  const isMicros = variant.code === codes.timestamp || variant.code === codes.timestampLocal;
  const { int } = variant;
  return orNull(() => timestampOf(int, isMicros ? 1_000_000n : 1_000_000_000n));
}

/** A value as a variant: one, or a record with its bytes. Null if there is none. */
function variantOf(value: unknown, name: string): Variant | null {
  if (value === null) return null;
  const parts = isReflectMessage(value) && value.desc.typeName === VARIANT
    ? value.message as unknown as { readonly value: unknown; readonly metadata: unknown }
    : isCelMap(value as CelMap)
    ? { value: (value as CelMap).get("value"), metadata: (value as CelMap).get("metadata") }
    : null;
  if (!(parts?.value instanceof Uint8Array) || !(parts.metadata instanceof Uint8Array)) {
    throw failed(name, "the value is no variant");
  }
  return parts.metadata.length === 0 ? null : new Variant(parts.value, parts.metadata);
}

function celOf(variant: Variant | null): CelInput {
  if (variant === null) return null;
  const message: Message = create(type, { metadata: variant.metadata, value: variant.bytes });
  return reflect(type, message, false);
}

function orNull<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof RuleError) return null;
    throw error;
  }
}

/** How large and how deep values of a type are at least, from the parts of the type. */
import type { AvroType, Extent, PrimitiveKind } from "./schema.ts";

/** More would not be told apart from other numbers that no message reaches. */
const MAX_BYTES = 2 ** 40;

const bytes: Readonly<Record<PrimitiveKind, number>> = {
  null: 0,
  boolean: 1,
  int: 1,
  long: 1,
  float: 4,
  double: 8,
  bytes: 1,
  string: 1,
};

/** The extent of each kind of type. */
export const extentOf: {
  /** Of a record whose fields are not known yet. */
  readonly open: Extent;
  readonly primitive: (kind: PrimitiveKind) => Extent;
  readonly fixed: (size: number) => Extent;
  readonly blocks: (items: AvroType) => Extent;
  readonly union: (branches: readonly AvroType[]) => Extent;
  readonly record: (fields: readonly { readonly type: AvroType }[]) => Extent;
} = {
  open: { depth: 1, leastBytes: 0, emptyParts: 0 },
  primitive: (kind) => simple(bytes[kind]),
  fixed: (size) => simple(size),
  // An array or map may be empty, and a null in a union takes the byte that says so.
  blocks: (items) => ({ depth: items.depth + 1, leastBytes: 1, emptyParts: 0 }),
  union: (branches) => ({
    depth: 1 + Math.max(0, ...branches.map((branch) => branch.depth)),
    leastBytes: 1 + Math.min(MAX_BYTES, ...branches.map((branch) => branch.leastBytes)),
    emptyParts: 0,
  }),
  record: (fields) => {
    let [depth, leastBytes, emptyParts] = [0, 0, 0];
    for (const { type } of fields) {
      depth = Math.max(depth, type.depth);
      leastBytes = Math.min(MAX_BYTES, leastBytes + type.leastBytes);
      emptyParts += type.emptyParts;
    }
    return { depth: depth + 1, leastBytes, emptyParts: emptyParts + (leastBytes === 0 ? 1 : 0) };
  },
};

function simple(leastBytes: number): Extent {
  return { depth: 1, leastBytes, emptyParts: leastBytes === 0 ? 1 : 0 };
}

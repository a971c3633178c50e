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
  open: { depth: 1, leastBytes: 0, spread: 1 },
  primitive: (kind) => ({ depth: 1, leastBytes: bytes[kind], spread: 1 }),
  fixed: (size) => ({ depth: 1, leastBytes: size, spread: 1 }),
  blocks: (items) => ({ depth: items.depth + 1, leastBytes: 1, spread: items.spread + 1 }),
  union: (branches) => ({
    depth: 1 + Math.max(0, ...branches.map(({ depth }) => depth)),
    leastBytes: 1 + Math.min(MAX_BYTES, ...branches.map(({ leastBytes }) => leastBytes)),
    spread: branches.reduce((sum, { spread }) => sum + spread, 1),
  }),
  record: (fields) => ({
    depth: 1 + fields.reduce((most, { type }) => Math.max(most, type.depth), 0),
    leastBytes: Math.min(MAX_BYTES, fields.reduce((sum, { type }) => sum + type.leastBytes, 0)),
    spread: 1,
  }),
};

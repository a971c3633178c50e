/** Walks over messages to check them by the constraints of a schema: those of messages, and those of fields. */
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import {
  isReflectMap,
  isReflectMessage,
  reflect,
  type ReflectList,
  type ReflectMap,
  type ReflectMessage,
} from "@bufbuild/protobuf/reflect";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import type { ValidationRule, VisitConstraint, WalkConstraints } from "../rules/validation.ts";
import { keyPath, memberPath } from "../rules/validation_path.ts";
import { rangeError, schemaError } from "./_error.ts";
import { completed, reread } from "./complete.ts";
import type { ParsedProtobuf } from "./format.ts";
import { constraintsOf } from "./meta.ts";
import { MAX_DEPTH } from "./writers.ts";

/** What is known of a message type of the schema before any message is there. */
interface MessageRules {
  readonly own: readonly ValidationRule[];
  readonly fields: ReadonlyMap<number, { readonly field: DescField; readonly own: readonly ValidationRule[] }>;
  /** Whether a constraint stands in it or in a message within it. */
  hasAny: boolean;
}

/** Messages of the schema, with what is known of them. */
type Rules = ReadonlyMap<DescMessage, MessageRules>;

const known = new WeakMap<DescMessage, Rules>();

/**
 * Makes the walk for the messages of a schema; null if none of them has constraints.
 *
 * A message decides itself what is set in it. Values and names are the schema's: where the message is of another type, as that of
 * a program that is older than the schema, it is read again as the schema's.
 *
 * @param typeOf The type of a value in memory.
 */
export function walkConstraints(
  ruled: ParsedProtobuf,
  typeOf: (value: unknown) => DescMessage,
): WalkConstraints | null {
  const types = [...ruled.registry].filter((type) => type.kind === "message");
  if (!types.some((type) => [type, ...type.fields].some((one) => constraintsOf(one).length > 0))) return null;
  return (value, visit) => {
    const type = typeOf(value);
    const schema = ruled.registry.getMessage(type.typeName);
    if (schema === undefined) {
      throw schemaError(`Cannot check a "${type.typeName}": the schema "${ruled.file.proto.name}" has no such message`);
    }
    const rules = rulesOf(schema);
    if (!rules.get(schema)!.hasAny) return;
    new ConstraintWalk(rules, visit).walk(pairOf(value, type, schema), schema, "", 1);
  };
}

/** A message as it is in memory, and as one of the schema's type where that presents it in another way. */
interface Pair {
  readonly mine: ReflectMessage;
  readonly view: ReflectMessage | null;
}

function pairOf(value: unknown, type: DescMessage, schema: DescMessage): Pair {
  const mine = completed(type, value);
  const view = presentSame(type, schema) ? null : reread(mine, type, schema);
  return { mine: reflect(type, mine, false), view: view && reflect(schema, view, false) };
}

/** A walk over one message. Its methods give false if it has seen enough. */
class ConstraintWalk {
  readonly #rules: Rules;
  readonly #visit: VisitConstraint;

  constructor(rules: Rules, visit: VisitConstraint) {
    this.#rules = rules;
    this.#visit = visit;
  }

  walk({ mine, view }: Pair, schema: DescMessage, path: string, depth: number): boolean {
    const rules = this.#rules.get(schema);
    if (rules === undefined || !rules.hasAny) return true;
    if (depth > MAX_DEPTH) throw rangeError(schema.typeName, `messages nest deeper than ${MAX_DEPTH} levels`);
    const owner = schema.typeName;
    const { message, desc: descriptor } = view ?? mine;
    for (const rule of rules.own) {
      if (!this.#visit(rule, message, { path, owner, field: null, descriptor })) return false;
    }
    for (const field of mine.fields) {
      const ruled = rules.fields.get(field.number);
      if (ruled === undefined || isUnset(mine, field)) continue;
      const fieldPath = memberPath(path, ruled.field.name);
      const place = { path: fieldPath, owner, field: ruled.field.name, descriptor: ruled.field };
      for (const rule of ruled.own) {
        const value: unknown = view === null ? mine.get(field) : view.get(ruled.field);
        if (!this.#visit(rule, isReflectMessage(value) ? value.message : value, place)) return false;
      }
      const inner = ruled.field.message;
      if (inner === undefined || field.message === undefined || !this.#rules.get(inner)?.hasAny) continue;
      for (const [pair, pairPath] of pairsIn(mine.get(field), view?.get(ruled.field), fieldPath)) {
        if (!this.walk(pair, inner, pairPath, depth + 1)) return false;
      }
    }
    return true;
  }
}

/** Whether a field says by itself that it is not set. A list or map does not. */
function isUnset(message: ReflectMessage, field: DescField): boolean {
  return field.fieldKind !== "list" && field.fieldKind !== "map" && field.presence !== Presence.IMPLICIT &&
    !message.isSet(field);
}

/** The messages that a field holds, with their paths. */
function* pairsIn(mine: unknown, view: unknown, path: string): Iterable<readonly [Pair, string]> {
  const isView = isReflectMessage;
  if (isReflectMessage(mine)) {
    yield [{ mine, view: isView(view) ? view : null }, path];
  } else if (isReflectMap(mine)) {
    for (const [key, item] of mine) {
      const other = (view as ReflectMap | undefined)?.get(key);
      if (isReflectMessage(item)) yield [{ mine: item, view: isView(other) ? other : null }, keyPath(path, key)];
    }
  } else {
    for (const [index, item] of (mine as ReflectList).entries()) {
      const other = (view as ReflectList | undefined)?.get(index);
      if (isReflectMessage(item)) yield [{ mine: item, view: isView(other) ? other : null }, `${path}[${index}]`];
    }
  }
}

/** What is known of a message type and of those within it. */
function rulesOf(root: DescMessage): Rules {
  const found = known.get(root);
  if (found !== undefined) return found;
  const rules = new Map<DescMessage, MessageRules>();
  const holders = new Map<DescMessage, DescMessage[]>();
  const all = new Set([root]);
  // A set is walked in the order in which it grows.
  for (const type of all) {
    const own = constraintsOf(type);
    const fields = new Map(type.fields.map((field) => [field.number, { field, own: constraintsOf(field) }]));
    const hasAny = own.length > 0 || [...fields.values()].some((one) => one.own.length > 0);
    rules.set(type, { own, fields, hasAny });
    for (const { message } of type.fields) {
      if (message === undefined) continue;
      all.add(message);
      holders.set(message, [...holders.get(message) ?? [], type]);
    }
  }
  const constrained = new Set([...all].filter((type) => rules.get(type)!.hasAny));
  for (const type of constrained) {
    rules.get(type)!.hasAny = true;
    for (const holder of holders.get(type) ?? []) constrained.add(holder);
  }
  known.set(root, rules);
  return rules;
}

const same = new WeakMap<DescMessage, WeakMap<DescMessage, boolean>>();

/**
 * Whether two types present a message in the same way: the same fields, apart from those that the schema does not have, with the
 * same names and types at any depth.
 */
function presentSame(type: DescMessage, schema: DescMessage): boolean {
  if (type === schema) return true;
  const bySchema = same.get(type) ?? new WeakMap<DescMessage, boolean>();
  same.set(type, bySchema);
  let isSame = bySchema.get(schema);
  if (isSame === undefined) bySchema.set(schema, isSame = compare(type, schema));
  return isSame;
}

function compare(root: DescMessage, schema: DescMessage): boolean {
  const rest: [DescMessage, DescMessage][] = [[root, schema]];
  const seen = new Set<string>();
  for (let pair = rest.pop(); pair !== undefined; pair = rest.pop()) {
    const [one, other] = pair;
    const key = `${one.typeName} ${other.typeName}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const numbered = new Map(one.fields.map((field) => [field.number, field]));
    for (const field of other.fields) {
      const mine = numbered.get(field.number);
      if (mine === undefined || mine.name !== field.name || kindOf(mine) !== kindOf(field)) return false;
      if (mine.message !== undefined && field.message !== undefined) rest.push([mine.message, field.message]);
    }
  }
  return true;
}

function kindOf({ fieldKind, proto }: DescField): string {
  return `${fieldKind} ${proto.type} ${proto.label === 3}`;
}

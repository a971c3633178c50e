/** The tags that a schema's metadata gives to fields by wildcard, beside those in the schema's text. */
import type { Work } from "../../kafka/work.ts";
import type { Schema } from "../../schema_registry/schema.ts";
import type { VisitField } from "../format.ts";
import { wildcard } from "./wildcard.ts";

type Walk = (value: unknown, visit: VisitField) => Work<unknown>;

/** A schema has so many paths at most whose tags are remembered; a message may have any number in a map. */
const MAX_PATHS = 10_000;

/** Makes a walk show the tags of a schema's metadata too. */
export function metadataTags({ metadata }: Schema, walk: Walk): Walk {
  const tagsOf = tagsByPath(metadata?.tags ?? {});
  if (tagsOf === null) return walk;
  return (value, visit) =>
    walk(value, (field, leaf) => {
      const more = tagsOf(field.fullName);
      return visit(more.length === 0 ? field : { ...field, tags: new Set([...field.tags, ...more]) }, leaf);
    });
}

function tagsByPath(tags: Readonly<Record<string, readonly string[]>>): ((path: string) => readonly string[]) | null {
  const patterns = Object.entries(tags).map(([pattern, names]) => ({ matches: wildcard(pattern), names }));
  if (patterns.length === 0) return null;
  const known = new Map<string, readonly string[]>();
  return (path) => {
    let found = known.get(path);
    if (found === undefined) {
      found = patterns.filter(({ matches }) => matches(path)).flatMap(({ names }) => names);
      if (known.size < MAX_PATHS) known.set(path, found);
    }
    return found;
  };
}

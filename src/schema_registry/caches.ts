/** What a registry client remembers, and under which keys: the form of a schema's text is part of each. */
import { Cache } from "./cache.ts";
import type { Metadata, RegisteredSchema, Schema } from "./schema.ts";

/**
 * The characters in each cache: a registry may answer with 16 MiB, and ids come from whoever writes to a topic. A single entry
 * that is larger is kept while it is the last that came, or each message would ask for it again.
 */
const maxCharacters = 16 * 1024 * 1024;

/** The caches of a client. What is in them never changes in the registry, but for the latest versions, and for deletions. */
export class RegistryCaches {
  /** Schemas by id, and by GUID. */
  readonly schemas: Cache<Schema>;
  /** What registering and looking up a schema gave. */
  readonly registrations: Cache<RegisteredSchema>;
  /** Versions by number. */
  readonly versions: Cache<RegisteredSchema>;
  /** The latest versions, of all and of those with some metadata. They expire. */
  readonly latest: Cache<RegisteredSchema>;

  constructor({ capacity, latestTtlMs }: { readonly capacity: number; readonly latestTtlMs: number }) {
    const options = { capacity, maxWeight: maxCharacters, weigh };
    this.schemas = new Cache<Schema>(options);
    this.registrations = new Cache<RegisteredSchema>(options);
    this.versions = new Cache<RegisteredSchema>(options);
    this.latest = new Cache<RegisteredSchema>({ ...options, ttlMs: latestTtlMs });
  }

  /** Forgets everything. */
  clear(): void {
    for (const cache of [this.schemas, this.registrations, this.versions, this.latest]) cache.clear();
  }

  /** Forgets the latest versions of a subject: there is a new one. */
  clearLatestOf(subject: string): void {
    this.latest.clear(`${JSON.stringify([subject]).slice(0, -1)},`);
  }
}

/** References, metadata and rules may be as long as the text. */
function weigh(key: string, value: Schema | RegisteredSchema): number {
  return key.length + JSON.stringify(value).length;
}

/** A key: no two lists of parts have the same. */
export function keyOf(...parts: readonly (string | number | boolean | object | null | undefined)[]): string {
  return JSON.stringify(parts);
}

/** The key of a subject's latest version. */
export function latestKey(
  subject: string,
  options: {
    readonly format?: string | undefined;
    readonly metadata?: Metadata["properties"];
    readonly deleted?: boolean;
  },
): string {
  const { format, metadata, deleted } = options;
  // Who gives the properties in another order means the same.
  const properties = metadata && Object.entries(metadata).sort(([one], [other]) => one < other ? -1 : 1);
  return keyOf(subject, format, properties, deleted);
}

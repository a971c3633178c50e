/** The names in schemas: what they may look like, and which type each one means. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { AvroType, NamedType, RecordType } from "./schema.ts";

const MAX_NAME = 1000;

interface Definition {
  readonly type: AvroType;
  /** How the schema defines it, and in which of the texts. */
  readonly json: unknown;
  readonly text: number;
}

/** The types that have a name, in a schema and in those that it refers to. */
export class Names {
  readonly #definitions = new Map<string, Definition>();
  readonly #references = new Map<string, AvroType>();
  /** The records that the parser is inside of, with whether one of their fields leads back to them. */
  readonly #open = new Map<AvroType, boolean>();
  #text = 0;

  /** Begins the next text. */
  startText(): void {
    this.#text++;
  }

  /**
   * Notes a type under its full name. The type that had it before is given if another text defines it in the same words, as
   * schemas do that were generated one by one; then that one is the type, with all that is defined in it.
   */
  define<T extends NamedType>(type: T, json: unknown): T | null {
    const before = this.#definitions.get(type.name);
    if (before === undefined) {
      this.#definitions.set(type.name, { type, json, text: this.#text });
      return null;
    }
    if (before.text === this.#text || JSON.stringify(before.json) !== JSON.stringify(json)) {
      throw refused(`it defines "${type.name}" twice`);
    }
    // The same words make the same kind of type.
    return before.type as T;
  }

  /** Notes a schema under the name of a reference. */
  addReference(name: string, type: AvroType): void {
    if (!this.#references.has(name)) this.#references.set(name, type);
  }

  /** The type that a name means in a namespace. */
  find(name: string, namespace: string): AvroType {
    const qualified = name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
    const type = this.#get(qualified) ?? this.#get(name);
    if (type === undefined) throw refused(`it has no type "${shown(name)}"`);
    if (this.#open.has(type)) this.#open.set(type, true);
    return type;
  }

  #get(name: string): AvroType | undefined {
    return this.#definitions.get(name)?.type ?? this.#references.get(name);
  }

  /** Tells that the fields of a record are read next. */
  enter(record: RecordType): void {
    this.#open.set(record, false);
  }

  /** Tells that they have been read, and gives whether one of them leads back to the record. */
  leave(record: RecordType): boolean {
    const isRecursive = this.#open.get(record) ?? false;
    this.#open.delete(record);
    return isRecursive;
  }
}

/** Checks a name that has no dots. */
export function checkName(name: unknown, what: string): string {
  if (typeof name === "string" && name.length <= MAX_NAME && /^[A-Za-z_]\w*$/.test(name)) return name;
  throw refused(typeof name === "string" ? `"${shown(name)}" cannot name ${what}` : `${what} has no name`);
}

/** The full name of a name in a namespace, both checked. */
export function fullName(name: unknown, namespace: string): string {
  if (typeof name !== "string") throw refused("a type has no name");
  const full = name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
  if (full.length > MAX_NAME) throw refused(`"${shown(full)}" cannot name a type`);
  for (const part of full.replace(/^\./, "").split(".")) {
    checkName(part, `a type or be part of a name, as in "${shown(full)}"`);
  }
  return full.replace(/^\./, "");
}

function shown(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}

function refused(reason: string): SerializationError {
  return new SerializationError(`Cannot use the Avro schema: ${reason}`);
}

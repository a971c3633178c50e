/** Turns the defaults of a schema's fields, which are JSON, into the bytes that stand for them. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { Output } from "../output.ts";
import type { AvroType, RecordType } from "./schema.ts";
import { writeBytes, writeLong, writeString } from "./write.ts";

/** Records may stand in one another's defaults, so that a short schema could ask for any number of parts. */
const MAX_PARTS = 1_000_000;
const MAX_DEPTH = 250;

/** Writes the defaults of a schema. What all of them together take is bounded. */
export class DefaultWriter {
  #parts = 0;

  /**
   * Gives the bytes of a field's default.
   *
   * @throws {SerializationError} if the type has no such value.
   */
  bytesOf(type: AvroType, json: unknown, place: string): Uint8Array {
    const output = new Output();
    if (!this.#write(type, json, output, 0)) {
      throw new SerializationError(`Cannot use the Avro schema: the default of "${place}" is no value of its type`);
    }
    return output.bytes.slice(0, output.at);
  }

  /** Writes a value, or gives false if the type has no such value; then some of it may have been written. */
  #write(type: AvroType, json: unknown, output: Output, level: number): boolean {
    this.#count(1);
    if (level > MAX_DEPTH) throw tooLarge();
    switch (type.kind) {
      case "null":
        return json === null;
      case "boolean":
        if (typeof json !== "boolean") return false;
        output.write(Uint8Array.of(Number(json)));
        return true;
      case "int":
        return typeof json === "number" && json === (json | 0) && this.#long(json, output);
      case "long":
        return Number.isInteger(json) && this.#integer(json as number, output);
      case "float":
      case "double":
        return this.#real(type.kind, json, output);
      case "bytes":
      case "fixed":
        return this.#bytes(type, json, output);
      case "string":
        if (typeof json !== "string") return false;
        output.at = writeString(output, output.at, json, "a default");
        return true;
      case "enum": {
        const index = typeof json === "string" ? type.symbols.indexOf(json) : -1;
        return index >= 0 && this.#long(index, output);
      }
      case "array":
        return Array.isArray(json) &&
          this.#items(json, output, (item) => this.#write(type.items, item, output, level + 1));
      case "map":
        return isObject(json) && this.#items(Object.keys(json), output, (key) => {
          output.at = writeString(output, output.at, key, "a default");
          return this.#write(type.values, json[key], output, level + 1);
        });
      case "union":
        return this.#union(type.branches, json, output, level);
      case "record":
        return isObject(json) && this.#record(type, json, output, level);
    }
  }

  #record(type: RecordType, json: Readonly<Record<string, unknown>>, output: Output, level: number): boolean {
    return type.fields.every((field) => {
      if (Object.hasOwn(json, field.name)) return this.#write(field.type, json[field.name], output, level + 1);
      if (field.defaultBytes === null) return false;
      this.#count(field.defaultBytes.length);
      output.write(field.defaultBytes);
      return true;
    });
  }

  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > MAX_PARTS) throw tooLarge();
  }

  /** The specification asks for the first branch; what others write is the first that fits. */
  #union(branches: readonly AvroType[], json: unknown, output: Output, level: number): boolean {
    const start = output.at;
    return branches.some((branch, index) => {
      output.at = start;
      return this.#long(index, output) && this.#write(branch, json, output, level + 1);
    });
  }

  /** In the JSON of a default, a character stands for each byte. */
  #bytes(type: AvroType, json: unknown, output: Output): boolean {
    if (typeof json !== "string") return false;
    const bytes = Uint8Array.from(json, (character) => character.charCodeAt(0));
    if (bytes.length !== json.length || /[^\0-\xff]/.test(json)) return false;
    if (type.kind === "fixed") {
      if (bytes.length !== type.size) return false;
      output.write(bytes);
    } else output.at = writeBytes(output, output.at, bytes, "a default");
    return true;
  }

  #real(kind: "float" | "double", json: unknown, output: Output): boolean {
    const value = typeof json === "number" ? json : realNames.get(json);
    if (value === undefined) return false;
    const bytes = new Uint8Array(kind === "float" ? 4 : 8);
    const view = new DataView(bytes.buffer);
    if (kind === "float") view.setFloat32(0, value, true);
    else view.setFloat64(0, value, true);
    output.write(bytes);
    return true;
  }

  #integer(json: number, output: Output): boolean {
    if (Math.abs(json) > 2 ** 63) return false;
    // A number beyond 2^53 was rounded by JSON.parse: the nearest is what there is.
    const value = Number.isSafeInteger(json) ? json : BigInt.asIntN(64, BigInt(json));
    output.at = writeLong(output, output.at, value, "a default");
    return true;
  }

  #long(value: number, output: Output): boolean {
    output.at = writeLong(output, output.at, value, "a default");
    return true;
  }

  #items<T>(items: readonly T[], output: Output, write: (item: T) => boolean): boolean {
    if (items.length > 0 && !(this.#long(items.length, output) && items.every(write))) return false;
    return this.#long(0, output);
  }
}

/** JSON has no words for these; the values that Java's library writes into schemas are texts. */
const realNames: ReadonlyMap<unknown, number> = new Map([["NaN", NaN], ["Infinity", Infinity], [
  "-Infinity",
  -Infinity,
]]);

function tooLarge(): SerializationError {
  return new SerializationError("Cannot use the Avro schema: its defaults are too large");
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

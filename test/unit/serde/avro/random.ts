/** Random schemas and values of them, the same ones for the same seed. */

/** Random numbers from a seed: a failure can be made again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1, without 1; the generator is mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 to below a number. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

type Json = Record<string, unknown>;

const primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"] as const;

/** Makes schemas, and values of them as our decoder gives them. */
export class SchemaMaker {
  readonly #random: Random;
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A schema, at most so many types deep. */
  schema(depth: number): unknown {
    const random = this.#random;
    if (depth === 0 || random.below(3) === 0) return random.pick(primitives);
    switch (random.below(6)) {
      case 0:
        return { type: "array", items: this.schema(depth - 1) };
      case 1:
        return { type: "map", values: this.schema(depth - 1) };
      case 2:
        return { type: "enum", name: this.#name(), symbols: ["A", "B", "C"].slice(random.below(3)) };
      case 3:
        return { type: "fixed", name: this.#name(), size: 1 + random.below(6) };
      case 4:
        return this.#union(depth);
      default:
        return this.record(depth);
    }
  }

  /** A record. */
  record(depth: number): Json {
    const names = ["a", "b", "c", "toString", "__proto__", "x_1"].slice(this.#random.below(6));
    return {
      type: "record",
      name: this.#name(),
      fields: names.map((name) => ({ name, type: this.schema(depth - 1) })),
    };
  }

  /** Null and another type, or types that no value can be mistaken in. */
  #union(depth: number): unknown[] {
    const random = this.#random;
    if (random.below(2) === 0) return ["null", "string", "long", { type: "array", items: "boolean" }];
    const other = this.schema(depth - 1);
    const union = ["null", Array.isArray(other) || other === "null" ? "string" : other];
    return random.below(2) === 0 ? union : union.reverse();
  }

  #name(): string {
    return `T${this.#names++}`;
  }

  /** A value of a schema. */
  value(schema: unknown): unknown {
    const random = this.#random;
    if (Array.isArray(schema)) return this.value(random.pick(schema));
    const json = typeof schema === "string" ? { type: schema } as Json : schema as Json;
    switch (json["type"]) {
      case "null":
        return null;
      case "boolean":
        return random.below(2) === 0;
      case "int":
        return ((random.next() - 0.5) * 2 ** random.below(33)) | 0;
      case "long":
        return this.#long();
      case "float":
        return Math.fround((random.next() - 0.5) * 1e6);
      case "double":
        return random.pick([0, -0, 1e300, Infinity, random.next()]);
      case "bytes":
        return this.#bytes(random.below(70));
      case "string":
        return this.#text();
      case "fixed":
        return this.#bytes(json["size"] as number);
      case "enum":
        return random.pick(json["symbols"] as string[]);
      case "array":
        return Array.from({ length: random.below(4) }, () => this.value(json["items"]));
      case "map":
        return this.#object(["k", "__proto__", "ключ"].slice(random.below(4)), () => json["values"]);
      default: {
        const fields = json["fields"] as { name: string; type: unknown }[];
        return this.#object(fields.map(({ name }) => name), (index) => fields[index]!.type);
      }
    }
  }

  #object(names: readonly string[], schemaOf: (index: number) => unknown): unknown {
    return Object.fromEntries(names.map((name, index) => [name, this.value(schemaOf(index))]));
  }

  #long(): number | bigint {
    const bits = this.#random.below(64);
    const value = BigInt.asIntN(
      bits + 1,
      BigInt(Math.floor(this.#random.next() * 2 ** 53)) << BigInt(Math.max(0, bits - 53)),
    );
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.below(256));
  }

  #text(): string {
    const part = this.#random.pick(["", "a", "plain text", "Zoë", "日本語", "😀", "\ufeffmark", "\ufffd", "nul\0"]);
    return part.repeat(this.#random.below(12));
  }
}

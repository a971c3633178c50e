/** Serializers for tests: slow ones, and ones that fail when they are told to. */
import type { Deserializer, SerializationContext, Serializer } from "../../mod.ts";
import { NotPreparedError, Serdes } from "../../mod.ts";

const text = Serdes.string();

/** Numbers as text that arrive in another order than they were asked for: `delayOf` says after how many milliseconds. */
export function slowNumbers(delayOf: (value: number) => number = () => Math.random() * 10): SlowNumbers {
  const later = async <T>(ms: number, value: () => T): Promise<T> => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return value();
  };
  const serde: SlowNumbers = {
    underWay: 0,
    most: 0,
    serialize: (value) => counted(() => later(delayOf(value), () => `${value}`)),
    deserialize: (data) => counted(() => later(delayOf(numberIn(data)), () => numberIn(data))),
  };
  async function counted<T>(run: () => Promise<T>): Promise<T> {
    serde.most = Math.max(serde.most, ++serde.underWay);
    try {
      return await run();
    } finally {
      serde.underWay--;
    }
  }
  return serde;
}

/** Numbers as text, and how many of them are waited for at once. */
export interface SlowNumbers extends Serializer<number>, Deserializer<number> {
  underWay: number;
  most: number;
}

/** Numbers as text; `isBad` ones cannot be serialized, and text that is none cannot be deserialized. */
export function numbers(isBad: (value: number) => boolean = () => false): Serializer<number> & Deserializer<number> {
  return {
    serialize(value) {
      if (isBad(value)) throw new RangeError(`secret ${value}`);
      return `${value}`;
    },
    deserialize: numberIn,
  };
}

function numberIn(data: Uint8Array): number {
  const number = Number(text.deserialize(data));
  if (Number.isNaN(number)) throw new RangeError("secret");
  return number;
}

/**
 * What a serializer with a registry is like: the first message of a topic waits for an id, which travels in a header; from then
 * on nothing waits.
 */
export class Registered implements Serializer<string>, Deserializer<string> {
  /** How many times an id was asked for. */
  lookups = 0;
  /** How many promises were given. */
  promises = 0;
  readonly #ids = new Map<string, number>();
  readonly #asked = new Map<string, Promise<void>>();

  async serialize(value: string, context: SerializationContext): Promise<string> {
    this.promises++;
    await this.#prepare(context.topic);
    return this.serializeSync(value, context);
  }

  serializeSync(value: string, { topic, field, headers }: SerializationContext): string {
    const id = this.#ids.get(topic);
    if (id === undefined) throw new NotPreparedError();
    headers.push([`__${field}_schema_id`, `${id}`]);
    return value;
  }

  async deserialize(data: Uint8Array, context: Parameters<Deserializer<string>["deserialize"]>[1]): Promise<string> {
    this.promises++;
    await this.#prepare(context.topic);
    return this.deserializeSync(data, context);
  }

  deserializeSync(
    data: Uint8Array,
    { topic, field, headers }: Parameters<Deserializer<string>["deserialize"]>[1],
  ): string {
    if (!this.#ids.has(topic)) throw new NotPreparedError();
    const id = headers.find(([name]) => name === `__${field}_schema_id`)?.[1];
    return `${text.deserialize(data)}:${id ? text.deserialize(id) : "none"}`;
  }

  /** Askers for the same topic share one answer. */
  #prepare(topic: string): Promise<void> {
    let asked = this.#asked.get(topic);
    if (asked === undefined) {
      this.lookups++;
      asked = new Promise((resolve) =>
        setTimeout(() => {
          this.#ids.set(topic, this.#ids.size + 1);
          resolve();
        }, 5)
      );
      this.#asked.set(topic, asked);
    }
    return asked;
  }
}

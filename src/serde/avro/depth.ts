/** Counts how deep a value is, so that one that holds itself, or one made for it, does not exhaust the stack. */
import { SerializationError } from "../../kafka/serialization_error.ts";

/** How many types may stand inside one another: a list of a thousand nodes, each of them three types. Half of the stack is left. */
const MAX_DEPTH = 3000;

/** Where an encoder or decoder is. Only what may hold others of its own kind counts. */
export class Depth {
  /** How deep it is now. */
  level = 0;
  readonly #verb: "write" | "read";

  /** @param verb What is done, for the error. */
  constructor(verb: "write" | "read") {
    this.#verb = verb;
  }

  /** Goes down. */
  enter(levels: number): void {
    this.level += levels;
    if (this.level > MAX_DEPTH) {
      throw new SerializationError(`Cannot ${this.#verb} the value: it is too deep, or holds itself`);
    }
  }

  /** Comes up again. */
  leave(levels: number): void {
    this.level -= levels;
  }
}

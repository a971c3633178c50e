/** Lists that grow by their end. The library's are lists of two lists: one of 10,000 elements is too deep to be gone over. */
import { celFunc, type CelInput, type CelList, celList, CelScalar, type CelValue, listType } from "@bufbuild/cel";
import type { Meter } from "./cel_meter.ts";

/** The first elements of an array, which lists that grew out of one another share. */
class GrownList {
  readonly size: number;
  readonly #elements: CelValue[];

  constructor(elements: CelValue[]) {
    this.#elements = elements;
    this.size = elements.length;
  }

  get(index: number): CelValue | undefined {
    return index >= 0 && index < this.size ? this.#elements[index] : undefined;
  }

  *values(): IterableIterator<CelValue> {
    for (let index = 0; index < this.size; index++) yield this.#elements[index]!;
  }

  [Symbol.iterator](): IterableIterator<CelValue> {
    return this.values();
  }

  /** The array, if more can be put behind this list's own elements; no other list may see it. */
  get open(): CelValue[] | null {
    return this.#elements.length === this.size ? this.#elements : null;
  }
}

// The library knows a list by a property that it keeps to itself, and that may be inherited.
Object.setPrototypeOf(GrownList.prototype, celList([]));

const LIST = listType(CelScalar.DYN);

/** The operator `+` of lists, for macros such as `map` too, which put each element behind those before. */
export function listFunctions(meter: Meter): ReturnType<typeof celFunc>[] {
  return [celFunc("_+_", [LIST, LIST], LIST, (left, right) => concat(left, right, meter) as CelInput as CelList)];
}

function concat(left: CelList, right: CelList, meter: Meter): CelList {
  if (right.size === 0) return left;
  const open = left instanceof GrownList ? left.open : null;
  meter.charge(open === null ? left.size + right.size : right.size);
  // What is added is read first: it may be the same array.
  const added = [...right];
  const elements = open ?? [...left];
  for (const element of added) elements.push(element);
  return new GrownList(elements) as unknown as CelList;
}

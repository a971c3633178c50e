/** Lists that grow by their end. The library's are lists of two lists: one of 10,000 elements is too deep to be gone over. */
import { type CelList, celList, type CelValue } from "@bufbuild/cel";

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

/** Whether putting something behind a list takes no longer than that is. */
export function isOpen(list: CelList): boolean {
  return list instanceof GrownList && list.open !== null;
}

/** The list of the elements of two lists. */
export function concat(left: CelList, right: CelList): CelList {
  if (right.size === 0) return left;
  // What is added is read first: it may be the same array.
  const added = [...right];
  const elements = (left instanceof GrownList ? left.open : null) ?? [...left];
  for (const element of added) elements.push(element);
  return new GrownList(elements) as unknown as CelList;
}

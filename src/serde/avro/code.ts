/** Gathers the text of generated functions, and the objects that they use, into one function. */

let isAllowed: boolean | undefined;

/** Whether code may be generated here: some hosts forbid it, and programs that want to be sure. */
export function mayGenerateCode(): boolean {
  if (isAllowed === undefined) {
    try {
      isAllowed = new Function("return true")() === true;
    } catch {
      isAllowed = false;
    }
  }
  return isAllowed;
}

/** Generated functions. Schemas that are too large for it are better served by closures. */
export class Code {
  readonly #helpers: Readonly<Record<string, unknown>>;
  readonly #constants: unknown[] = [];
  readonly #methods = new Map<object, string>();
  readonly #texts: string[] = [];

  /** @param helpers What the code may call, by the names it has there. */
  constructor(helpers: Readonly<Record<string, unknown>>) {
    this.#helpers = helpers;
  }

  /** Hands an object to the code, and gives the name that it has there. */
  constant(value: unknown): string {
    return `constant${this.#constants.push(value) - 1}`;
  }

  /** Gives the name of the function for a part of a plan. It is made when it is asked for first, and may call itself. */
  method(part: object, parameters: string, body: () => readonly string[]): string {
    const known = this.#methods.get(part);
    if (known !== undefined) return known;
    const name = `method${this.#methods.size}`;
    this.#methods.set(part, name);
    this.#texts.push(`function ${name}(${parameters}) {\n${body().filter((line) => line !== "").join("\n")}\n}`);
    return name;
  }

  /** Makes the function that is called from outside. */
  compile<T>(parameters: string, body: string): T {
    const constants = this.#constants.map((_, index) => `constant${index}`).join(", ");
    const text = [
      `"use strict";`,
      `const { ${Object.keys(this.#helpers).join(", ")} } = helpers;`,
      `const [${constants}] = constants;`,
      ...this.#texts,
      `return (${parameters}) => { ${body} };`,
    ].join("\n");
    return new Function("helpers", "constants", text)(this.#helpers, this.#constants) as T;
  }
}

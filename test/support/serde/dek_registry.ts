/** A DEK registry in memory, which can be told to fail, and encryption rules to use with it. */
import { SchemaRegistryError } from "../../../src/schema_registry/error.ts";
import type { Dek, DekQuery, DekRegistry, Kek, NewDek, NewKek } from "../../../src/serde/rules/encryption/types.ts";

/** The error of an answer with a status, as the client of a registry throws it. */
export function statusError(httpStatusCode: number): SchemaRegistryError {
  return new SchemaRegistryError(`The registry answers with status ${httpStatusCode}`, { httpStatusCode });
}

/** A registry in memory. */
export class MemoryDekRegistry implements DekRegistry {
  readonly keks: Kek[] = [];
  readonly deks: Dek[] = [];
  /** The calls so far, such as `getKek`. */
  readonly calls: string[] = [];
  /** Is called before each call is answered: a place to fail, to wait, or to be another client meanwhile. */
  onCall: (call: string) => void | Promise<void> = () => {};
  now: () => number = Date.now;

  async registerKek(kek: NewKek): Promise<Kek> {
    await this.#called("registerKek");
    if (this.keks.some((one) => one.name === kek.name)) throw statusError(409);
    this.keks.push(kek);
    return kek;
  }

  async getKek(name: string, options: { readonly deleted: boolean }): Promise<Kek> {
    await this.#called("getKek");
    return found(this.keks.find((one) => one.name === name && isVisible(one, options)));
  }

  async registerDek(
    kekName: string,
    subject: string,
    { version = 1, algorithm = "AES256_GCM", ...dek }: NewDek,
  ): Promise<Dek> {
    await this.#called("registerDek");
    if (this.#deksOf(kekName, subject, algorithm).some((one) => one.version === version)) {
      throw statusError(409);
    }
    const made = { ...dek, kekName, subject, version, algorithm, ts: this.now() };
    this.deks.push(made);
    return made;
  }

  async getDek(kekName: string, subject: string, query: DekQuery): Promise<Dek> {
    await this.#called("getDek");
    const all = this.#deksOf(kekName, subject, query.algorithm).filter((one) => isVisible(one, query));
    const newest = Math.max(...all.map((one) => one.version));
    return found(all.find((one) => one.version === (query.version === -1 ? newest : query.version)));
  }

  #deksOf(kekName: string, subject: string, algorithm: string): Dek[] {
    return this.deks.filter((one) => one.kekName === kekName && one.subject === subject && one.algorithm === algorithm);
  }

  async #called(call: string): Promise<void> {
    this.calls.push(call);
    await this.onCall(call);
  }
}

function isVisible(one: { readonly deleted?: boolean | null }, { deleted }: { readonly deleted: boolean }): boolean {
  return deleted || one.deleted !== true;
}

function found<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw statusError(404);
}

/** The DEK registry of the mock registry: KEKs, and the wrapped DEKs of subjects. It encrypts nothing itself. */
import type { Dek, Kek } from "./dek.ts";
import type { JsonRecord } from "./json.ts";
import { flag, type MockCall, MockRefusal, type MockRoutes } from "./mock_router.ts";

type Stored<T> = Omit<T, "deleted"> & { isDeleted: boolean };

const keks = "/dek-registry/v1/keks";
const defaultAlgorithm = "AES256_GCM";

/** KEKs by context, and DEKs. */
export class MockDeks {
  #keks: (Stored<Kek> & { readonly context: string })[] = [];
  #deks: Stored<Dek>[] = [];

  /** What is answered about keys. */
  get routes(): MockRoutes {
    return {
      [`GET ${keks}`]: ({ query }) =>
        this.#keks.filter((each) => each.context === contextOf(query) && isListed(each, query)).map(({ name }) => name),
      [`POST ${keks}`]: (call) => this.#registerKek(call),
      [`GET ${keks}/:kek`]: (call) => kekAnswer(this.#kek(call)),
      [`PUT ${keks}/:kek`]: (call) => kekAnswer(Object.assign(this.#kek(call), call.body)),
      [`DELETE ${keks}/:kek`]: (call) => this.#deleteKek(call),
      [`GET ${keks}/:kek/deks`]: (call) => [...new Set(this.#wanted(call).map(({ subject }) => subject))],
      [`POST ${keks}/:kek/deks`]: (call) => this.#registerDek(call, String(call.body["subject"])),
      [`POST ${keks}/:kek/deks/:subject`]: (call) => this.#registerDek(call, call.part("subject")),
      [`GET ${keks}/:kek/deks/:subject`]: (call) => dekAnswer(this.#dek(call, "1")),
      [`DELETE ${keks}/:kek/deks/:subject`]: (call) => this.#deleteDeks(call),
      [`GET ${keks}/:kek/deks/:subject/versions`]: (call) => this.#versions(call).map(({ version }) => version),
      [`GET ${keks}/:kek/deks/:subject/versions/:version`]: (call) => dekAnswer(this.#dek(call, call.part("version"))),
    };
  }

  #registerKek({ body, query }: MockCall): JsonRecord {
    const { name, kmsType, kmsKeyId, shared = false } = body as unknown as Kek;
    const context = contextOf(query);
    const before = this.#keks.find((each) => each.name === name && each.context === context);
    if (before !== undefined && (before.kmsType !== kmsType || before.kmsKeyId !== kmsKeyId)) {
      throw new MockRefusal(409, 40972, `Key '${name}' already exists`);
    }
    const kek = before ?? { ...body as unknown as Kek, shared, ts: Date.now(), context, isDeleted: false };
    if (before === undefined) this.#keks.push(kek);
    kek.isDeleted = false;
    return kekAnswer(kek);
  }

  #kek({ part, query }: MockCall): Stored<Kek> {
    // In a call about DEKs the context is the subject's, and the key is found wherever it is.
    const isDek = query.has("algorithm");
    const found = this.#keks.find((each) =>
      each.name === part("kek") && (isDek || each.context === contextOf(query)) &&
      (!each.isDeleted || flag(query, "deleted") || flag(query, "permanent"))
    );
    if (found === undefined) throw new MockRefusal(404, 40470, `Key '${part("kek")}' not found`);
    return found;
  }

  #deleteKek(call: MockCall): void {
    const kek = this.#kek(call);
    if (this.#deks.some((each) => each.kekName === kek.name && !each.isDeleted)) {
      throw new MockRefusal(422, 42272, `Key '${kek.name}' is in use`);
    }
    kek.isDeleted = true;
    if (flag(call.query, "permanent")) this.#keks = this.#keks.filter((each) => each !== kek);
  }

  #registerDek({ part, body }: MockCall, subject: string): JsonRecord {
    const kekName = part("kek");
    if (!this.#keks.some((each) => each.name === kekName && !each.isDeleted)) {
      throw new MockRefusal(404, 40470, `Key '${kekName}' not found`);
    }
    const { version = 1, algorithm = defaultAlgorithm, encryptedKeyMaterial } = body as unknown as Partial<Dek>;
    if (encryptedKeyMaterial === undefined) throw new MockRefusal(422, 42271, "The encrypted key material is missing");
    const before = this.#deks.find((each) =>
      each.kekName === kekName && each.subject === subject && each.version === version && each.algorithm === algorithm
    );
    if (before !== undefined && before.encryptedKeyMaterial !== encryptedKeyMaterial) {
      throw new MockRefusal(409, 40972, `Key '${subject}' already exists`);
    }
    const dek = before ??
      { kekName, subject, version, algorithm, encryptedKeyMaterial, ts: Date.now(), isDeleted: false };
    if (before === undefined) this.#deks.push(dek);
    dek.isDeleted = false;
    return dekAnswer(dek);
  }

  #wanted({ part, query }: MockCall): Stored<Dek>[] {
    return this.#deks.filter((each) => each.kekName === part("kek") && isListed(each, query));
  }

  #versions(call: MockCall): Stored<Dek>[] {
    const algorithm = call.query.get("algorithm") ?? defaultAlgorithm;
    return this.#wanted(call)
      .filter((each) => each.subject === call.part("subject") && each.algorithm === algorithm)
      .sort((one, other) => one.version - other.version);
  }

  #dek(call: MockCall, version: string): Stored<Dek> {
    const versions = this.#versions(call);
    const found = version === "-1" ? versions.at(-1) : versions.find((each) => String(each.version) === version);
    if (found === undefined) throw new MockRefusal(404, 40470, `Key '${call.part("subject")}' not found`);
    return found;
  }

  #deleteDeks(call: MockCall): void {
    const versions = this.#versions(call);
    if (versions.length === 0) throw new MockRefusal(404, 40470, `Key '${call.part("subject")}' not found`);
    for (const each of versions) each.isDeleted = true;
    if (flag(call.query, "permanent")) this.#deks = this.#deks.filter((each) => !versions.includes(each));
  }
}

function isListed({ isDeleted }: { readonly isDeleted: boolean }, query: URLSearchParams): boolean {
  return !isDeleted || flag(query, "deleted") || flag(query, "permanent");
}

function contextOf(query: URLSearchParams): string {
  return query.get("context") ?? ".";
}

function kekAnswer({ isDeleted, ...kek }: Stored<Kek> & { readonly context?: string }): JsonRecord {
  const { context: _context, ...rest } = kek;
  return { ...rest, ...(isDeleted && { deleted: true }) };
}

function dekAnswer({ isDeleted, ...dek }: Stored<Dek>): JsonRecord {
  return { ...dek, ...(isDeleted && { deleted: true }) };
}

/** The subjects of the mock registry: versions, ids, GUIDs, references and the states of deletion. */
import type { JsonRecord } from "./json.ts";
import { flag, type MockCall, MockRefusal, type MockRoutes, page } from "./mock_router.ts";
import { checkText, contentKey } from "./mock_texts.ts";

/** A version of a subject. */
interface Version {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  /** The schema's fields, as they were registered. */
  readonly content: JsonRecord;
  readonly key: string;
  readonly normalKey: string;
  isDeleted: boolean;
}

/** The ids of a context. */
interface Context {
  lastId: number;
  readonly ids: Map<string, number>;
}

/** What the subjects need to know of the settings. */
export interface SettingsOfSubjects {
  /** Refuses a change that the mode forbids. */
  checkWritable(subject: string): void;
}

/** Subjects and schemas. */
export class MockSubjects {
  readonly #settings: SettingsOfSubjects;
  readonly #subjects = new Map<string, Version[]>();
  readonly #contexts = new Map<string, Context>();
  readonly #guids = new Map<string, string>();

  constructor(settings: SettingsOfSubjects) {
    this.#settings = settings;
  }

  /** The names of the contexts, the default one first. */
  get contexts(): string[] {
    return [".", ...[...this.#contexts.keys()].filter((name) => name !== "").map((name) => name.slice(1, -1)).sort()];
  }

  /** Whether a subject has a version that is not deleted. */
  has(subject: string): boolean {
    return this.#versions(subject).some(({ isDeleted }) => !isDeleted);
  }

  /** Registers a schema and gives the version. */
  register(subject: string, body: JsonRecord, normalize: boolean): Version {
    this.#settings.checkWritable(subject);
    const content = contentOf(body);
    checkText(content);
    for (const reference of referencesOf(content)) this.#referenced(subject, reference);
    const found = this.#find(subject, content, { normalize, isDeletedToo: false });
    if (found !== undefined) return found;
    const versions = this.#versions(subject);
    const key = contentKey(content, false);
    const version: Version = {
      subject,
      version: Math.max(0, ...versions.map((each) => each.version)) + 1,
      id: this.#idOf(subject, key),
      guid: this.#guidOf(key),
      content,
      key,
      normalKey: contentKey(content, true),
      isDeleted: false,
    };
    this.#subjects.set(subject, [...versions, version]);
    return version;
  }

  /** Deletes a subject as if asked to do both: softly and for good. */
  remove(subject: string): void {
    this.#subjects.delete(subject);
  }

  /** What is answered about subjects and schemas. */
  get routes(): MockRoutes {
    return {
      "GET /contexts": ({ query }) => page(this.contexts, query),
      "GET /schemas/types": () => ["JSON", "PROTOBUF", "AVRO"],
      "GET /schemas/ids/:id": (call) => schemaAnswer(this.#byId(call)[0]),
      "GET /schemas/ids/:id/schema": (call) => this.#byId(call)[0].content["schema"],
      "GET /schemas/ids/:id/subjects": (call) =>
        page([...new Set(this.#places(call).map(({ subject }) => subject))], call.query),
      "GET /schemas/ids/:id/versions": (call) =>
        page(this.#places(call).map(({ subject, version }) => ({ subject, version })), call.query),
      "GET /schemas/guids/:guid": (call) => schemaAnswer(this.#byGuid(call.part("guid"))),
      "GET /subjects": (call) => this.#list(call),
      "POST /subjects/:subject": (call) => this.#lookup(call),
      "DELETE /subjects/:subject": (call) => this.#deleteSubject(call),
      "GET /subjects/:subject/versions": (call) => this.#listVersions(call),
      "POST /subjects/:subject/versions": ({ part, body, query }) =>
        answerOf(this.register(part("subject"), body, flag(query, "normalize"))),
      "GET /subjects/:subject/metadata": (call) => this.#withMetadata(call),
      "GET /subjects/:subject/versions/:version": (call) => answerOf(this.#version(call)),
      "GET /subjects/:subject/versions/:version/schema": (call) => this.#version(call).content["schema"],
      "DELETE /subjects/:subject/versions/:version": (call) => this.#deleteVersion(call),
      "GET /subjects/:subject/versions/:version/referencedby": (call) =>
        page([...new Set(this.#referrers(this.#version(call)).map(({ id }) => id))], call.query),
      "POST /compatibility/subjects/:subject/versions": (call) =>
        this.#compatibility(call, this.#live(call.part("subject"))),
      "POST /compatibility/subjects/:subject/versions/:version": (call) =>
        this.#compatibility(call, [this.#version(call)]),
    };
  }

  #versions(subject: string): Version[] {
    return this.#subjects.get(subject) ?? [];
  }

  #all(): Version[] {
    return [...this.#subjects.values()].flat();
  }

  /** The versions of a subject that are not deleted, which has to have some. */
  #live(subject: string): Version[] {
    const versions = this.#versions(subject).filter(({ isDeleted }) => !isDeleted);
    if (versions.length === 0) throw new MockRefusal(404, 40401, `Subject '${subject}' not found.`);
    return versions;
  }

  #idOf(subject: string, key: string): number {
    const name = contextOf(subject);
    const context = this.#contexts.get(name) ?? { lastId: 0, ids: new Map<string, number>() };
    this.#contexts.set(name, context);
    const id = context.ids.get(key) ?? ++context.lastId;
    context.ids.set(key, id);
    return id;
  }

  #guidOf(key: string): string {
    const guid = this.#guids.get(key) ?? crypto.randomUUID();
    this.#guids.set(key, guid);
    return guid;
  }

  #find(
    subject: string,
    content: JsonRecord,
    { normalize, isDeletedToo }: { readonly normalize: boolean; readonly isDeletedToo: boolean },
  ): Version | undefined {
    const key = contentKey(content, normalize);
    return this.#versions(subject).findLast((each) =>
      (normalize ? each.normalKey : each.key) === key && (isDeletedToo || !each.isDeleted)
    );
  }

  #byId({ part, query }: MockCall): [Version, ...Version[]] {
    const context = contextOf(query.get("subject") ?? "");
    const found = this.#all().filter((each) => contextOf(each.subject) === context && String(each.id) === part("id"));
    const [first, ...others] = found;
    if (first === undefined) throw new MockRefusal(404, 40403, `Schema ${part("id")} not found`);
    return [first, ...others];
  }

  #byGuid(guid: string): Version {
    const found = this.#all().find((each) => each.guid === guid);
    if (found === undefined) throw new MockRefusal(404, 40403, `Schema ${guid} not found`);
    return found;
  }

  #places(call: MockCall): Version[] {
    const subject = call.query.get("subject") ?? "";
    return this.#byId(call).filter((each) =>
      (!each.isDeleted || flag(call.query, "deleted")) && (isContext(subject) || each.subject === subject)
    );
  }

  #list({ query }: MockCall): string[] {
    const prefix = (query.get("subjectPrefix") ?? "").replace(/^:\*:/, "");
    const names = [...this.#subjects].filter(([name, versions]) =>
      name.startsWith(prefix) && isListed(versions.every(({ isDeleted }) => isDeleted), query)
    );
    return page(names.map(([name]) => name), query);
  }

  #listVersions({ part, query }: MockCall): number[] {
    const versions = this.#versions(part("subject")).filter(({ isDeleted }) => isListed(isDeleted, query));
    if (versions.length === 0) throw new MockRefusal(404, 40401, `Subject '${part("subject")}' not found.`);
    return page(versions.map(({ version }) => version), query);
  }

  #lookup({ part, query, body }: MockCall): JsonRecord {
    const subject = part("subject");
    const isDeletedToo = flag(query, "deleted");
    if (!isDeletedToo || this.#versions(subject).length === 0) this.#live(subject);
    const found = this.#find(subject, contentOf(body), { normalize: flag(query, "normalize"), isDeletedToo });
    if (found === undefined) throw new MockRefusal(404, 40403, "Schema not found");
    return answerOf(found);
  }

  #version({ part, query }: MockCall, isDeletedToo: boolean = flag(query, "deleted")): Version {
    const subject = part("subject");
    const text = part("version");
    const isLatest = text === "latest" || text === "-1";
    if (!isLatest && !/^[1-9]\d*$/.test(text)) {
      throw new MockRefusal(422, 42202, `The specified version '${text}' is not a valid version id.`);
    }
    const versions = isDeletedToo && this.#subjects.has(subject) ? this.#versions(subject) : this.#live(subject);
    const found = isLatest ? versions.at(-1) : versions.find(({ version }) => String(version) === text);
    if (found === undefined) throw new MockRefusal(404, 40402, `Version ${text} not found.`);
    return found;
  }

  #withMetadata({ part, query }: MockCall): JsonRecord {
    const keys = query.getAll("key");
    const values = query.getAll("value");
    const versions = flag(query, "deleted") ? this.#versions(part("subject")) : this.#live(part("subject"));
    const found = versions.findLast(({ content }) => {
      const { properties = {} } = (content["metadata"] ?? {}) as { properties?: Record<string, string> };
      return keys.every((key, index) => Object.hasOwn(properties, key) && properties[key] === values[index]);
    });
    if (found === undefined) throw new MockRefusal(404, 40401, `Subject '${part("subject")}' not found.`);
    return answerOf(found);
  }

  #deleteSubject({ part, query }: MockCall): number[] {
    const subject = part("subject");
    this.#settings.checkWritable(subject);
    const versions = this.#versions(subject);
    if (versions.length === 0) throw new MockRefusal(404, 40401, `Subject '${subject}' not found.`);
    const live = versions.filter(({ isDeleted }) => !isDeleted);
    if (flag(query, "permanent")) {
      if (live.length > 0) throw new MockRefusal(404, 40405, `Subject '${subject}' was not deleted first`);
      this.#subjects.delete(subject);
      return versions.map(({ version }) => version);
    }
    if (live.length === 0) throw new MockRefusal(404, 40404, `Subject '${subject}' was soft deleted.`);
    for (const version of live) this.#checkUnreferenced(version);
    for (const version of live) version.isDeleted = true;
    return live.map(({ version }) => version);
  }

  #deleteVersion(call: MockCall): number {
    const { part, query } = call;
    const subject = part("subject");
    this.#settings.checkWritable(subject);
    const found = this.#version(call, this.#subjects.has(subject) && part("version") !== "latest");
    if (flag(query, "permanent")) {
      if (!found.isDeleted) throw new MockRefusal(404, 40407, `Version ${found.version} was not deleted first`);
      const left = this.#versions(subject).filter((each) => each !== found);
      if (left.length === 0) this.#subjects.delete(subject);
      else this.#subjects.set(subject, left);
    } else {
      if (found.isDeleted) throw new MockRefusal(404, 40406, `Version ${found.version} was soft deleted`);
      this.#checkUnreferenced(found);
      found.isDeleted = true;
    }
    return found.version;
  }

  #checkUnreferenced(version: Version): void {
    if (this.#referrers(version).length === 0) return;
    throw new MockRefusal(422, 42206, `One or more references exist to the schema of version ${version.version}`);
  }

  #referrers({ subject, version }: Version): Version[] {
    return this.#all().filter((each) =>
      !each.isDeleted &&
      referencesOf(each.content).some((reference) =>
        placeOf(each.subject, reference) === subject && reference.version === version
      )
    );
  }

  #referenced(subject: string, reference: Reference): void {
    const place = placeOf(subject, reference);
    if (this.#versions(place).some(({ version }) => version === reference.version)) return;
    throw new MockRefusal(
      422,
      42201,
      `No schema reference found for subject "${place}" and version ${reference.version}`,
    );
  }

  /** Only what can be told without reading schemas: that they are of one format. */
  #compatibility({ body }: MockCall, versions: readonly Version[]): JsonRecord {
    const content = contentOf(body);
    checkText(content);
    return { is_compatible: versions.every((each) => each.content["schemaType"] === content["schemaType"]) };
  }
}

interface Reference {
  readonly subject: string;
  readonly version: number;
}

function referencesOf(content: JsonRecord): readonly Reference[] {
  return (content["references"] ?? []) as readonly Reference[];
}

/** A reference is to a subject of the same context, unless it says otherwise. */
function placeOf(subject: string, reference: Reference): string {
  return reference.subject.startsWith(":.") ? reference.subject : `${contextOf(subject)}${reference.subject}`;
}

/** The prefix of a subject that names its context; empty for the default one. */
function contextOf(subject: string): string {
  return /^:\.[^:]+:/.exec(subject)?.[0] ?? "";
}

function isContext(subject: string): boolean {
  return subject === contextOf(subject);
}

function isListed(isDeleted: boolean, query: URLSearchParams): boolean {
  return flag(query, "deleted_only") ? isDeleted : !isDeleted || flag(query, "deleted");
}

function contentOf({ id: _id, version: _version, ...body }: JsonRecord): JsonRecord {
  const { schemaType = "AVRO", references = [], ...rest } = body;
  return { ...rest, schemaType, references };
}

function schemaAnswer({ content, guid }: Version): JsonRecord {
  return { ...content, guid };
}

function answerOf({ subject, version, id, guid, content }: Version): JsonRecord {
  return { subject, version, id, guid, ...content };
}

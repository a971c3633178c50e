/** The settings of the mock registry: compatibility and the rest of the configuration, and modes. */
import type { JsonRecord } from "./json.ts";
import { flag, type MockCall, MockRefusal, type MockRoutes } from "./mock_router.ts";

const levels: readonly unknown[] = [
  "NONE",
  "BACKWARD",
  "BACKWARD_TRANSITIVE",
  "FORWARD",
  "FORWARD_TRANSITIVE",
  "FULL",
  "FULL_TRANSITIVE",
];
const modes: readonly unknown[] = ["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD"];

/** The name under which what holds for all subjects is kept. */
const everything = "";

/** Configurations and modes, of all and of subjects. */
export class MockSettings {
  readonly #configs = new Map<string, JsonRecord>([[everything, { compatibilityLevel: "BACKWARD" }]]);
  readonly #modes = new Map<string, string>([[everything, "READWRITE"]]);

  /** Refuses a change of a subject that is read-only. */
  checkWritable(subject: string): void {
    const mode = this.#modes.get(subject) ?? this.#modes.get(everything)!;
    if (mode.startsWith("READONLY")) throw new MockRefusal(422, 42205, `Subject ${subject} is in read-only mode`);
  }

  /** What is answered about settings. */
  get routes(): MockRoutes {
    return {
      "GET /config": () => this.#configs.get(everything),
      "PUT /config": ({ body }) => this.#setConfig(everything, body),
      "DELETE /config": () => this.#deleteConfig(everything),
      "GET /config/:subject": (call) => this.#config(call),
      "PUT /config/:subject": ({ part, body }) => this.#setConfig(part("subject"), body),
      "DELETE /config/:subject": ({ part }) => this.#deleteConfig(part("subject")),
      "GET /mode": () => ({ mode: this.#modes.get(everything) }),
      "PUT /mode": ({ body }) => this.#setMode(everything, body),
      "GET /mode/:subject": (call) => ({ mode: this.#mode(call) }),
      "PUT /mode/:subject": ({ part, body }) => this.#setMode(part("subject"), body),
      "DELETE /mode/:subject": ({ part }) => this.#deleteMode(part("subject")),
    };
  }

  #config({ part, query }: MockCall): JsonRecord {
    const subject = part("subject");
    const found = this.#configs.get(subject) ??
      (flag(query, "defaultToGlobal") ? this.#configs.get(everything) : undefined);
    if (found === undefined) throw noConfig(subject);
    return found;
  }

  #setConfig(subject: string, { compatibility, ...body }: JsonRecord): JsonRecord {
    if (compatibility !== undefined && !levels.includes(compatibility)) {
      throw new MockRefusal(422, 42203, "Invalid compatibility level");
    }
    const level = compatibility === undefined ? {} : { compatibilityLevel: compatibility };
    this.#configs.set(subject, { ...this.#configs.get(subject), ...body, ...level });
    return { ...body, ...(compatibility !== undefined && { compatibility }) };
  }

  #deleteConfig(subject: string): JsonRecord {
    const found = this.#configs.get(subject);
    if (found === undefined) throw noConfig(subject);
    if (subject === everything) this.#configs.set(everything, { compatibilityLevel: "BACKWARD" });
    else this.#configs.delete(subject);
    return found;
  }

  #mode({ part, query }: MockCall): string {
    const subject = part("subject");
    const found = this.#modes.get(subject) ??
      (flag(query, "defaultToGlobal") ? this.#modes.get(everything) : undefined);
    if (found === undefined) throw noMode(subject);
    return found;
  }

  #setMode(subject: string, { mode }: JsonRecord): JsonRecord {
    if (!modes.includes(mode)) throw new MockRefusal(422, 42204, "Invalid mode");
    this.#modes.set(subject, mode as string);
    return { mode };
  }

  #deleteMode(subject: string): JsonRecord {
    const mode = this.#modes.get(subject);
    if (mode === undefined) throw noMode(subject);
    this.#modes.delete(subject);
    return { mode };
  }
}

function noConfig(subject: string): MockRefusal {
  return new MockRefusal(404, 40408, `Subject '${subject}' does not have subject-level compatibility configured`);
}

function noMode(subject: string): MockRefusal {
  return new MockRefusal(404, 40409, `Subject '${subject}' does not have subject-level mode configured`);
}

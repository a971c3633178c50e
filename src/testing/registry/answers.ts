/** The answers that a mock registry was told to give, in their order. */
import { describe } from "../../native/scratch.ts";
import { mayBeHeader } from "../../schema_registry/http.ts";
import type { MockHttpAnswer, MockHttpFault, MockRequestFilter } from "./options.ts";

/** What an answer is chosen by. */
interface Asked {
  readonly method: string;
  readonly path: string;
}

interface Planned {
  readonly answer: MockHttpAnswer;
  readonly where: MockRequestFilter;
  left: number;
}

const faults: readonly MockHttpFault[] = ["drop", "cut", "garble", "endless", "silent"];

/** Answers that wait for their requests. */
export class PlannedAnswers {
  readonly #tokenPath: string;
  #planned: Planned[] = [];

  /** @param tokenPath Is no place of the registry's: answers for it say so. */
  constructor(tokenPath: string) {
    this.#tokenPath = tokenPath;
  }

  /** How many have not been given yet. */
  get left(): number {
    return this.#planned.reduce((sum, { left }) => sum + left, 0);
  }

  /** Adds answers behind those that wait already. */
  add(answers: readonly MockHttpAnswer[], where: MockRequestFilter): void {
    const checked = answers.map((answer) => ({ answer, where, left: checkAnswer(answer) }));
    this.#planned.push(...checked);
  }

  /** Takes the first answer for a request; null if there is none. */
  take(asked: Asked): MockHttpAnswer | null {
    const found = this.#planned.find(({ where }) => this.#isFor(where, asked));
    if (found === undefined) return null;
    found.left--;
    if (found.left === 0) this.#planned = this.#planned.filter((each) => each !== found);
    return found.answer;
  }

  /** Forgets those that wait. */
  clear(): void {
    this.#planned = [];
  }

  #isFor({ method, path }: MockRequestFilter, asked: Asked): boolean {
    if (method !== undefined && method !== asked.method) return false;
    if (path === undefined) return asked.path !== this.#tokenPath;
    // A pattern with the flag `g` begins where it ended the last time.
    return typeof path === "string" ? path === asked.path : asked.path.search(path) >= 0;
  }
}

/** The statuses whose answers have no body, whatever is given. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether an answer with a status has a body. */
export function mayHaveBody(status: number): boolean {
  return !bodiless.has(status);
}

/** Checks an answer, and says how often it is given. */
function checkAnswer({ status, headers = {}, body, delayMs = 0, fault, times = 1 }: MockHttpAnswer): number {
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw new RangeError(`Cannot use ${describe(status)} as status: a whole number from 200 to 599 is wanted`);
  }
  checkHeaders(headers);
  if (body !== undefined && typeof body !== "string") {
    throw new TypeError(`Cannot use ${describe(body)} as body: a string is wanted`);
  }
  if (body !== undefined && body !== "" && status !== undefined && !mayHaveBody(status)) {
    throw new TypeError(`Cannot use a body with the status ${status}: such an answer has none`);
  }
  if (!(delayMs >= 0 && delayMs < Infinity)) {
    throw new RangeError(`Cannot use ${describe(delayMs)} as delayMs: a number from 0 on is wanted`);
  }
  if (times !== Infinity && !(Number.isInteger(times) && times >= 1)) {
    throw new RangeError(`Cannot use ${describe(times)} as times: a whole number from 1 on, or Infinity, is wanted`);
  }
  if (fault !== undefined && !faults.includes(fault)) {
    throw new TypeError(`Cannot use ${describe(fault)} as fault: one of ${faults.join(", ")} is wanted`);
  }
  return times;
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    throw new TypeError(`Cannot use ${describe(headers)} as headers: an object of strings is wanted`);
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw new TypeError(`Cannot use ${describe(name)} as a header: it has characters that no name may have`);
    }
    if (typeof value !== "string" || !mayBeHeader(value)) {
      throw new TypeError(`Cannot use ${describe(value)} as header ${name}: text that a header may hold is wanted`);
    }
  }
}

/** Requests to brokers that wait for their answers. */
import { KafkaError } from "../kafka/error.ts";
import type { Native } from "../native/native.ts";
import { answerError, type Request } from "../native/queries.ts";
import type { Pointer } from "../native/memory.ts";

/** Something to ask of a broker. */
export interface Question<T> {
  /** What cannot be done when it fails, for the error. */
  readonly action: string;
  /** Makes the C call that an event of the reply queue answers. */
  start(request: Request): void;
  /** Reads the answer while its event lives. */
  read(event: Pointer): T;
}

/** A client's requests, by the numbers that their answers carry. */
export class Requests {
  readonly #native: Native;
  readonly #settle = new Map<number, (event: Pointer | KafkaError) => void>();
  #last = 0;

  constructor(native: Native) {
    this.#native = native;
  }

  /** Asks. Either `take` is called with the answer or `fail` with the reason why there is none. */
  begin<T>(
    question: Question<T>,
    request: Omit<Request, "id">,
    take: (answer: T) => void,
    fail: (error: unknown) => void,
  ): void {
    const id = ++this.#last;
    this.#settle.set(id, (event) => {
      try {
        if (event instanceof KafkaError) throw event;
        const error = answerError(this.#native, event, question.action);
        if (error !== null) throw error;
        take(question.read(event));
      } catch (error) {
        fail(error);
      }
    });
    try {
      question.start({ ...request, id });
    } catch (error) {
      this.#settle.delete(id);
      fail(error);
    }
  }

  /** An answer has come. Says whether anybody has asked. */
  answer(id: number, event: Pointer): boolean {
    const settle = this.#settle.get(id);
    this.#settle.delete(id);
    settle?.(event);
    return settle !== undefined;
  }

  /** No more answers will come. */
  rejectAll(error: KafkaError): void {
    const all = [...this.#settle.values()];
    this.#settle.clear();
    for (const settle of all) settle(error);
  }
}

/** Asking brokers, and waiting for the answers in the way of the client that asks. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import { serveUntil } from "./blocking.ts";
import type { Client } from "./client.ts";
import type { WaitOptions } from "./options.ts";
import type { Question } from "./requests.ts";
import { checkOptions, checkTimeout } from "./wait.ts";
import { settled, type Work } from "../kafka/work.ts";

/** librdkafka ends a request at its own time; ours is only the limit of the wait, a little after it. */
const graceMs = 200;

/** How long is waited for answers, when nobody says otherwise. */
export const defaultLookupMs = 10_000;

/** Asks, and waits for the answer. */
export function* ask<T>(client: Client, question: Question<T>, options: WaitOptions): Work<T> {
  const [answer] = yield* askAll(client, [question], options);
  if (answer!.status === "rejected") throw answer!.reason;
  return answer!.value;
}

/** Asks several things at once, and waits for all answers. Each may be an error. */
export function* askAll<T>(
  client: Client,
  questions: readonly Question<T>[],
  options: WaitOptions,
): Work<PromiseSettledResult<T>[]> {
  checkOptions(options);
  if (client.blocks) return askNow(client, questions, options.timeoutMs);
  const answers = questions.map(({ action, start, read }) => client.ask(action, options, defaultLookupMs, start, read));
  return yield* settled(Promise.allSettled(answers));
}

function askNow<T>(
  client: Client,
  questions: readonly Question<T>[],
  timeout: number | undefined,
): PromiseSettledResult<T>[] {
  const timeoutMs = checkTimeout(timeout) ?? defaultLookupMs;
  const answers: PromiseSettledResult<T>[] = [];
  let missing = questions.length;
  questions.forEach((question, i) => {
    client.requests.begin(
      question,
      { client: client.handle, queue: client.replyQueue, timeoutMs },
      (value) => {
        answers[i] = { status: "fulfilled", value };
        missing--;
      },
      (reason) => {
        answers[i] = { status: "rejected", reason };
        missing--;
      },
    );
  });
  const limitMs = timeoutMs + graceMs;
  if (serveUntil(client, () => missing === 0, limitMs)) return answers;
  return questions.map(({ action }, i) =>
    answers[i] ?? {
      status: "rejected",
      reason: new KafkaError(`${action}: no answer within ${limitMs} ms`, errorCodes._TIMED_OUT),
    }
  );
}

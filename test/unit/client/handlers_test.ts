/** Calling the user's handlers: each failure is told once, and stops nothing. */
import { Handlers } from "../../../src/client/handlers.ts";
import type { ClientOptions } from "../../../src/client/options.ts";
import type { KafkaError } from "../../../src/kafka/error.ts";
import type { LogEntry } from "../../../src/native/events.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";
import { printed } from "../../support/showing.ts";
import { waitFor } from "../../support/wait.ts";

const hangMs = 30;

/** Handlers whose failures go to `onError`, as a client's do, and to a list. */
function listen(options: ClientOptions = {}): { handlers: Handlers; errors: KafkaError[]; told: () => string[] } {
  const errors: KafkaError[] = [];
  const handlers: Handlers = new Handlers(options, "producer", (error) => {
    errors.push(error);
    if (options.onError !== undefined) handlers.error(error);
  }, hangMs);
  return { handlers, errors, told: () => errors.map(({ message }) => message) };
}

const entry = (level: number): LogEntry => ({
  level,
  levelName: "warning",
  facility: "FAIL",
  message: "a broker is away",
  clientName: "rdkafka#producer-1",
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const message = (handler: string, what: string): string => `Cannot rely on the handler ${handler}: ${what}`;

test("Handlers.run() tells what a handler throws, rejects with, or gives to whoever awaits it", async () => {
  const { handlers, errors, told } = listen();
  handlers.run("onDelivery", () => {
    throw new Error("now");
  });
  handlers.run("onCommit", () => Promise.reject(new Error("later")));
  handlers.run("onLog", () => ({ then: (_: unknown, fail: (cause: unknown) => void) => fail("from a thenable") }));
  handlers.run("onThrottle", () => ({
    get then(): never {
      throw new Error("from a getter");
    },
  }));
  handlers.run("onPartitionEof", () => "no promise");
  await pause(0);
  assertEquals(told().sort(), [
    message("onCommit", "it threw later"),
    message("onDelivery", "it threw now"),
    message("onLog", "it threw from a thenable"),
    message("onThrottle", "it threw from a getter"),
  ]);
  assertEquals((errors[0]!.cause as Error).message, "now");
  handlers.close();
});

test("Handlers.run() tells once that a handler hangs, whatever it does later", async () => {
  const { handlers, told } = listen();
  const rejects: ((cause: unknown) => void)[] = [];
  const hang = (): Promise<void> => new Promise((_, reject) => rejects.push(reject));
  const hangs = message("onCommit", `it has not settled within ${hangMs} ms`);
  for (let i = 0; i < 3; i++) handlers.run("onCommit", hang);
  await waitFor(() => told().length > 0, { what: "the hang" });
  handlers.run("onCommit", hang);
  await pause(2 * hangMs);
  for (const reject of rejects) reject(new Error("too late"));
  await pause(0);
  assertEquals(told(), [hangs]);
  // It had come to an end: when it hangs again, that is another matter.
  handlers.run("onCommit", hang);
  await waitFor(() => told().length > 1, { what: "the next hang" });
  assertEquals(told(), [hangs, hangs]);
  handlers.close();
});

test("Handlers.run() tells nothing of a handler that takes less time, nor after the end", async () => {
  const { handlers, told } = listen();
  for (let i = 0; i < 5; i++) {
    handlers.run("onCommit", () => pause(hangMs / 3));
    await pause(hangMs / 2);
  }
  handlers.run("onCommit", () => new Promise(() => {}));
  handlers.close();
  await pause(2 * hangMs);
  assertEquals(told(), []);
});

test("Handlers.error() leaves what onError itself does wrong to the console, once", async () => {
  let calls = 0;
  const ways: (() => void | Promise<void>)[] = [
    () => {
      throw new Error("oops");
    },
    () => Promise.reject(new Error("oops")),
    () => new Promise<void>(() => {}),
  ];
  for (const [i, onError] of ways.entries()) {
    const { handlers } = listen({
      onError: () => {
        calls++;
        return onError();
      },
    });
    const lines = await printed(async () => {
      handlers.run("onDelivery", () => {
        throw new Error("first");
      });
      await pause(3 * hangMs);
    });
    const what = i === 2 ? `it has not settled within ${hangMs} ms` : "it threw oops";
    assertEquals(lines, [`kafka producer: _FAIL: ${message("onError", what)}`]);
    handlers.close();
  }
  assertEquals(calls, ways.length);
});

test("Handlers.error() writes to the console if nobody listens", async () => {
  const { handlers, errors } = listen();
  handlers.run("onDelivery", () => {
    throw new Error("first");
  });
  const lines = await printed(() => handlers.error(errors[0]!));
  assertEquals(lines, [`kafka producer: _FAIL: ${message("onDelivery", "it threw first")}`]);
});

test("Handlers.log() writes warnings to the console, and with onLog false nothing", async () => {
  const write = (options: ClientOptions): Promise<string[]> =>
    printed(() => [3, 4, 5].forEach((level) => listen(options).handlers.log(entry(level))));
  assertEquals((await write({})).length, 2);
  assertEquals(await write({ onLog: false }), []);
  const heard: number[] = [];
  assertEquals(await write({ onLog: ({ level }) => void heard.push(level) }), []);
  assertEquals(heard, [3, 4, 5]);
});

test("Handlers.statistics() reads nothing if nobody listens, or while the handler is at work", async () => {
  let reads = 0;
  const read = (): string => `{"number": ${++reads}}`;
  listen().handlers.statistics(read);
  assertEquals(reads, 0);
  const heard: unknown[] = [];
  let end = (): void => {};
  const { handlers } = listen({
    onStatistics: (statistics, json) => {
      heard.push([statistics, json]);
      return new Promise<void>((resolve) => end = resolve);
    },
  });
  for (let i = 0; i < 3; i++) handlers.statistics(read);
  assertEquals([reads, heard], [1, [[{ number: 1 }, '{"number": 1}']]]);
  end();
  await pause(0);
  handlers.statistics(read);
  assertEquals([reads, heard.length], [2, 2]);
  handlers.close();
});

/** The hooks for a tracer: on every way to send, and on every way to read. */
import {
  type DeliveryReport,
  type HandlerError,
  type KafkaError,
  type Message,
  ProduceError,
  type ProducerMessage,
  type SendTrace,
  traceContext,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "../support/assert.ts";
import { ErrorList, fill, openAssigned, read, text } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer } from "../support/producing.ts";
import { waitFor } from "../support/wait.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

/** A tracer that gives each message a span of its own and remembers what became of it. */
class Tracer {
  readonly begun: unknown[] = [];
  readonly ends: { span: string; error: Error | null; report: DeliveryReport<unknown, unknown> | null }[] = [];

  readonly onSend = (message: ProducerMessage<unknown, unknown>): SendTrace => {
    this.begun.push(message);
    const span = String(this.begun.length).padStart(16, "0");
    return {
      traceparent: `00-${traceId}-${span}-01`,
      tracestate: "test=1",
      end: (error, report) => void this.ends.push({ span, error, report }),
    };
  };
}

for (const way of ["send", "sendAll", "produce", "produce with a callback"] as const) {
  test(`Tracing.onSend adds its context to the headers of messages by ${way}, and hears of their ends`, async () => {
    await using mock = mockTopic();
    const { servers, topic } = mock;
    const tracer = new Tracer();
    await using opened = openProducer({ "bootstrap.servers": servers }, { tracing: { onSend: tracer.onSend } });
    const { producer, errors } = opened;
    const messages = [
      { topic, value: "a", headers: [["mine", "1"], ["traceparent", "of another"]] as [string, string][] },
      { topic, value: "b", headers: { mine: "2" } },
      { topic, value: "c" },
    ];
    let calls = 0;
    if (way === "send") await Promise.all(messages.map((message) => producer.send(message)));
    else if (way === "sendAll") await producer.send(messages);
    else {for (const message of messages) {
        assert(producer.produce(message, way === "produce" ? undefined : () => void calls++));
      }}
    await producer.flush();
    assertEquals(calls, way === "produce with a callback" ? 3 : 0);
    assert(tracer.begun.every((message, i) => message === messages[i]), "the hook is given the message itself");
    await waitFor(() => tracer.ends.length === 3, { what: "the ends" });
    assertEquals(tracer.ends.map(({ error, report }) => [error, report?.offset]), [[null, 0], [null, 1], [null, 2]]);
    assertEquals(errors, []);

    await using consumer = openAssigned(servers, { topic });
    const seen = await read(consumer, 3);
    for (const [i, message] of seen.entries()) {
      const context = traceContext(message.headers);
      assertEquals([context?.traceId, context?.parentId, context?.tracestate], [
        traceId,
        tracer.ends[i]!.span,
        "test=1",
      ]);
      const own = message.headers.filter(([name]) => name === "mine");
      assertEquals(own.map(([, value]) => new TextDecoder().decode(value!)), [["1"], ["2"], []][i]);
      assertStrictEquals(message.headers.filter(([name]) => name === "traceparent").length, 1);
    }
  });
}

test("Tracing.onSend hears of messages that were not delivered, and of those that are none", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  const tracer = new Tracer();
  await using opened = openProducer(
    { "bootstrap.servers": servers, "message.max.bytes": 1000 },
    { tracing: { onSend: tracer.onSend } },
  );
  const { producer, errors } = opened;
  const large = { topic, value: "x".repeat(2000) };
  await assertRejects(() => producer.send(large), ProduceError);
  const all = await assertRejects(
    () => producer.send([{ topic, value: "small" }, large]),
    ProduceError,
  ) as ProduceError;
  assert(producer.produce(large));
  await producer.flush();
  await waitFor(() => tracer.ends.length === 4, { what: "the ends" });
  assertEquals(
    tracer.ends.map(({ error, report }) => [(error as KafkaError | null)?.codeName, report?.status]),
    [
      ["MSG_SIZE_TOO_LARGE", "NOT_PERSISTED"],
      [undefined, "PERSISTED"],
      ["MSG_SIZE_TOO_LARGE", "NOT_PERSISTED"],
      ["MSG_SIZE_TOO_LARGE", "NOT_PERSISTED"],
    ],
  );
  assertStrictEquals(all.reports[0]!.error, null);
  // The one that nobody asks about is told as without a tracer.
  assertEquals(errors.map((error) => [error instanceof ProduceError, error.codeName]), [[true, "MSG_SIZE_TOO_LARGE"]]);
  await assertRejects(() => producer.send({ topic, headers: 5 } as never), TypeError);
  assertThrows(() => producer.produce({ topic, partition: "x" } as never), TypeError);
  assertEquals(tracer.ends.slice(4).map(({ error, report }) => [error instanceof TypeError, report]), [
    [true, null],
    [true, null],
  ]);
});

test("Tracing.onSend that throws, or gives nothing, does not keep a message back", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  const errors = new ErrorList();
  let calls = 0;
  await using opened = openProducer({ "bootstrap.servers": servers }, {
    onError: errors.onError,
    tracing: {
      onSend: () => {
        if (++calls === 1) throw new Error("oops");
        if (calls === 2) return null;
        return {
          end: () => {
            throw new Error("at the end");
          },
        };
      },
    },
  });
  for (let i = 0; i < 3; i++) assertEquals((await opened.producer.send({ topic, headers: { a: "1" } })).offset, i);
  await waitFor(() => errors.list.length === 2, { what: "two errors" });
  assertEquals(errors.list.map((error) => (error as HandlerError).handler), ["tracing.onSend", "tracing.onSend"]);
  await using consumer = openAssigned(servers, { topic });
  for (const { headers } of await read(consumer, 3)) assertEquals(headers.map(([name]) => name), ["a"]);
});

test("Tracing.onReceive is given messages as they are handed over, and cannot keep them back", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  await fill(servers, { topic, each: 12 });
  const errors = new ErrorList();
  const batches: (readonly Message<unknown, unknown>[])[] = [];
  await using consumer = openAssigned(servers, { topic }, {}, {
    onError: errors.onError,
    tracing: {
      onReceive: (messages) => {
        batches.push(messages);
        if (batches.length === 1) throw new Error("oops");
      },
    },
  });
  const had: Message[] = [(await consumer.poll({ timeoutMs: 10_000 }))!];
  had.push(...await read(consumer, 3));
  for await (const batch of consumer.batches({ maxMessages: 4, maxWaitMs: 1000 })) {
    had.push(...batch);
    break;
  }
  for await (const message of consumer) {
    had.push(message);
    if (had.length === 12) break;
  }
  assertEquals(had.map(text), Array.from({ length: 12 }, (_, i) => `0/${i}`));
  assertEquals(batches.map(({ length }) => length), [1, 3, 4, 1, 1, 1, 1]);
  assert(batches.flat().every((message, i) => message === had[i]));
  assertEquals(errors.list.map(({ message }) => message), [
    "Cannot rely on the handler tracing.onReceive: it threw oops",
  ]);
});

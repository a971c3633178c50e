/** Messages on their way into librdkafka: what crosses together, in which order, and what C then finds in memory. */
import type { ProducerMessage } from "../../../mod.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { OutgoingFixture } from "../../support/native/outgoing_fixture.ts";

const message = (value: string, more: Partial<ProducerMessage> = {}): ProducerMessage => ({
  topic: "t",
  value,
  ...more,
});

test("Outgoing.cross() hands plain messages for one topic over by one call", () => {
  const fixture = new OutgoingFixture();
  fixture.add(message("a", { key: "k" }), message("b"), message("c"));
  assertEquals(fixture.calls, []);
  fixture.outgoing.cross();
  const rest = { topic: "t", partition: -1, headers: [], timestamp: null, batch: 1 };
  assertEquals(fixture.calls, [{
    kind: "batch",
    messages: [
      { ...rest, key: "k", value: "a", index: 0 },
      { ...rest, key: null, value: "b", index: 1 },
      { ...rest, key: null, value: "c", index: 2 },
    ],
  }]);
  fixture.outgoing.cross();
  assertEquals(fixture.calls.length, 1);
});

test("Outgoing.cross() hands messages with headers or a timestamp over whole", () => {
  const fixture = new OutgoingFixture();
  const headers = [["h", "1"], ["ž", null], ["h", ""], ["", "2"]] as const;
  fixture.add(message("a", { headers, timestamp: 2 ** 40 + 7, key: "", partition: 3 }), message("b", { timestamp: 5 }));
  fixture.outgoing.cross();
  assertEquals(fixture.calls, [
    {
      kind: "single",
      messages: [{
        topic: "t",
        partition: 3,
        key: "",
        value: "a",
        headers,
        timestamp: 2 ** 40 + 7,
        batch: 1,
        index: 0,
      }],
    },
    {
      kind: "single",
      messages: [{ topic: "t", partition: -1, key: null, value: "b", headers: [], timestamp: 5, batch: 1, index: 1 }],
    },
  ]);
});

test("Outgoing.cross() keeps the order of all messages, however they cross", () => {
  const fixture = new OutgoingFixture();
  const order = "abcdefgh".split("");
  fixture.add(
    ...order.map((value, i) => message(value, i % 3 === 2 ? { headers: { h: "1" } } : { topic: `t${i >> 2}` })),
  );
  fixture.outgoing.cross();
  assertEquals(fixture.values, [["a", "b"], ["c"], ["d"], ["e"], ["f"], ["g", "h"]]);
});

test("Outgoing.add() tells null from empty, and bytes from text", () => {
  const fixture = new OutgoingFixture();
  const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  const sizes = fixture.add(
    { topic: "t" },
    { topic: "t", value: null, key: null },
    { topic: "t", value: "", key: "" },
    { topic: "t", value: new Uint8Array(), key: new Uint8Array() },
    { topic: "t", value: bytes, key: bytes },
    message("žluť"),
  );
  fixture.outgoing.cross();
  assertEquals(fixture.values, [[null, null, "", "", "\x02\x03", "žluť"]]);
  assertEquals(fixture.calls[0]!.messages.map(({ key }) => key), [null, null, "", "", "\x02\x03", null]);
  assertEquals(sizes, [0, 0, 0, 0, 2, 6]);
});

test("Outgoing.add() lets a partition that was never seen cross alone, and one that was seen in a batch", () => {
  const fixture = new OutgoingFixture();
  fixture.add(message("a", { partition: 1 }));
  fixture.outgoing.learnPartition("t", 1);
  fixture.add(message("b", { partition: 0 }), message("c", { partition: 1 }), message("d", { partition: 2 }));
  fixture.outgoing.learnPartition("unknown", 5);
  fixture.outgoing.cross();
  assertEquals(fixture.calls.map(({ kind }) => kind), ["single", "batch", "single"]);
  assertEquals(fixture.calls.map(({ messages }) => messages.map(({ partition }) => partition)), [[1], [0, 1], [2]]);
});

test("Outgoing.add() makes room by crossing when 8192 messages are gathered", () => {
  const fixture = new OutgoingFixture();
  for (let i = 0; i < 20_000; i++) fixture.outgoing.add(message(`${i}`), 7, i);
  fixture.outgoing.cross();
  assertEquals(fixture.values.map(({ length }) => length), [8192, 8192, 3616]);
  assertEquals(fixture.values.flat(), Array.from({ length: 20_000 }, (_, i) => `${i}`));
  const indexes = fixture.calls.flatMap(({ messages }) => messages.map(({ batch, index }) => `${batch}:${index}`));
  assertEquals(indexes, Array.from({ length: 20_000 }, (_, i) => `7:${i}`));
});

test("Outgoing.add() makes room by crossing when the arena is full", () => {
  const fixture = new OutgoingFixture();
  const large = (letter: string): Uint8Array => new TextEncoder().encode(letter.repeat(400_000));
  const values = ["a", "b", "c", "d", "e"];
  for (const [index, letter] of values.entries()) fixture.outgoing.add({ topic: "t", value: large(letter) }, 1, index);
  fixture.outgoing.cross();
  assertEquals(fixture.values.map((call) => call.map((value) => `${value![0]}${value!.length}`)), [
    ["a400000", "b400000"],
    ["c400000", "d400000"],
    ["e400000"],
  ]);
});

test("Outgoing.add() takes a message that is larger than the arena, whole", () => {
  const fixture = new OutgoingFixture();
  const value = new Uint8Array(5_000_000).map((_, i) => 65 + i % 26);
  fixture.add(message("before"), { topic: "t", value, key: "k", headers: [["h", value.subarray(0, 2_000_000)]] });
  fixture.add(message("after"));
  fixture.outgoing.cross();
  const text = new TextDecoder().decode(value);
  assertEquals(fixture.values, [["before"], [text], ["after"]]);
  assertEquals(fixture.calls[1]!.messages[0]!.headers, [["h", text.slice(0, 2_000_000)]]);
});

test("Outgoing.add() takes as many headers as there are arguments, and refuses more", () => {
  const fixture = new OutgoingFixture();
  const headers = (count: number): [string, string][] => Array.from({ length: count }, (_, i) => [`h${i}`, `${i}`]);
  fixture.add(message("a", { headers: headers(16_377), timestamp: 1 }), message("b", { headers: headers(1000) }));
  fixture.outgoing.cross();
  assertEquals(fixture.calls.map(({ messages }) => messages[0]!.headers), [headers(16_377), headers(1000)]);
  assertThrows(
    () => fixture.add(message("c", { headers: headers(16_378) })),
    RangeError,
    "Cannot send 16378 headers with one message: at most 16377",
  );
});

test("Outgoing.add() takes headers as pairs, as a map or as an object", () => {
  const fixture = new OutgoingFixture();
  const pairs: [string, string | null][] = [["b", "1"], ["a", null]];
  fixture.add(
    message("1", { headers: pairs }),
    message("2", { headers: new Map(pairs) }),
    message("3", { headers: { b: "1", a: null } }),
    message("4", { headers: pairs.values() }),
  );
  fixture.add(message("5", { headers: [] }), message("6", { headers: {} }), message("7", { headers: null }));
  fixture.outgoing.cross();
  assertEquals(fixture.calls.slice(0, 4).map(({ messages }) => messages[0]!.headers), [pairs, pairs, pairs, pairs]);
  assertEquals(
    fixture.calls.flatMap(({ messages }) => messages).slice(4).map(({ value, headers }) => [value, headers]),
    [
      ["5", []],
      ["6", []],
      ["7", []],
    ],
  );
});

test("Outgoing.cross() tells of each message that C refused, and of no other", () => {
  const fixture = new OutgoingFixture();
  fixture.answer = ({ value }) => value === "bad" ? 10 : value === "worse" ? -184 : 0;
  fixture.add(
    message("good"),
    message("bad"),
    message("good"),
    message("worse", { headers: { h: "" } }),
    message("bad"),
  );
  fixture.outgoing.cross();
  // In the order in which they crossed.
  assertEquals(fixture.refused, [[1, 1, 10, 3], [1, 3, -184, 5], [1, 4, 10, 3]]);
  // The memory of a message that was refused is used again without its error.
  fixture.add(message("good"), message("good"));
  fixture.outgoing.cross();
  assertEquals(fixture.refused.length, 3);
});

test("Outgoing opens a topic once and lets go of it when it is closed", () => {
  const fixture = new OutgoingFixture();
  fixture.add(message("a"), message("b", { topic: "u" }), message("c"), message("d", { headers: { h: "" } }));
  assertEquals(fixture.topics, ["t", "u"]);
  fixture.outgoing.cross();
  fixture.outgoing.close();
  fixture.outgoing.close();
  assertEquals(fixture.destroyed, [0x1_0000_0010, 0x2_0000_0020]);
});

/** What is no message, and what is said of it. */
const wrong: readonly [what: string, message: unknown, type: typeof TypeError | typeof RangeError, said: string][] = [
  ["no message", undefined, TypeError, "a message is wanted"],
  ["null", null, TypeError, "a message is wanted"],
  ["a string", "t", TypeError, "a message is wanted"],
  ["no topic", { value: "v" }, TypeError, "as topic"],
  ["an empty topic", { topic: "" }, TypeError, "as topic"],
  ["a topic with a null", { topic: "a\0b" }, TypeError, "as topic"],
  ["a topic with half a pair", { topic: "\ud83d" }, TypeError, "as topic"],
  ["a number as value", { value: 1 }, TypeError, "value"],
  ["an ArrayBuffer as value", { value: new ArrayBuffer(1) }, TypeError, "value"],
  ["16-bit numbers as value", { value: new Uint16Array(1) }, TypeError, "value"],
  ["an array as value", { value: [1] }, TypeError, "value"],
  ["half a pair in the value", { value: "a\ud83d" }, TypeError, "value"],
  ["a number as key", { key: 1 }, TypeError, "key"],
  ["a date as key", { key: new Date() }, TypeError, "key"],
  ["half a pair in the key", { key: "\ude00" }, TypeError, "key"],
  ["headers that are a number", { headers: 1 }, TypeError, "headers"],
  ["headers that are a string", { headers: "ab" }, TypeError, "headers"],
  ["a header that is no pair", { headers: [1] }, TypeError, "headers"],
  ["a header name that is no string", { headers: [[1, "v"]] }, TypeError, "header name"],
  ["a header name with a null", { headers: { "a\0b": "v" } }, TypeError, "header name"],
  ["half a pair in a header name", { headers: { "\ud83d": "v" } }, TypeError, "header name"],
  ["a header value that is a number", { headers: { h: 1 } }, TypeError, "header value"],
  ["half a pair in a header value", { headers: { h: "\ud83d" } }, TypeError, '"h"'],
  ["a negative partition", { partition: -1 }, RangeError, "as partition"],
  ["a fraction as partition", { partition: 0.5 }, TypeError, "as partition"],
  ["a string as partition", { partition: "0" }, TypeError, "as partition"],
  ["a partition beyond 31 bits", { partition: 2 ** 31 }, RangeError, "as partition"],
  ["a negative timestamp", { timestamp: -1 }, RangeError, "as timestamp"],
  // librdkafka takes 0 for "now": better refused than changed without a word.
  ["0 as timestamp", { timestamp: 0 }, RangeError, "as timestamp"],
  ["a fraction as timestamp", { timestamp: 1.5 }, RangeError, "as timestamp"],
  ["a timestamp beyond 53 bits", { timestamp: 2 ** 53 }, RangeError, "as timestamp"],
  ["a date as timestamp", { timestamp: new Date() }, TypeError, "as timestamp"],
  ["a bigint as timestamp", { timestamp: 1n }, TypeError, "as timestamp"],
];

for (const [what, bad, type, said] of wrong) {
  test(`Outgoing.add() refuses ${what} and gathers nothing of it`, () => {
    const fixture = new OutgoingFixture();
    fixture.add(message("before"));
    const isPart = typeof bad === "object" && bad !== null && what !== "no topic";
    const given = isPart ? { topic: "t", ...bad } : bad;
    assertThrows(() => fixture.outgoing.add(given as ProducerMessage, 1, 1), type, said);
    fixture.add(message("after", { headers: { h: "1" } }), message("and a plain one"));
    fixture.outgoing.cross();
    assertEquals(fixture.values, [["before"], ["after"], ["and a plain one"]]);
    assertEquals(fixture.calls[1]!.messages[0]!.headers, [["h", "1"]]);
  });
}

test("Outgoing.add() shows no part of a value that it refuses", async () => {
  const fixture = new OutgoingFixture();
  const secret = "hunter2\ud83d";
  for (const bad of [{ value: secret }, { key: secret }, { headers: { h: secret } }]) {
    const error = await assertRejects(async () => void await fixture.outgoing.add({ topic: "t", ...bad }, 1, 0));
    assertEquals(String(error).includes("hunter2"), false, String(error));
  }
});

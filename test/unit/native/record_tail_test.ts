/** Headers, read where a record was fetched to: right ones, or none at all. */
import { type NextRecord, RecordTail } from "../../../src/native/record_tail.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertStrictEquals } from "../../support/assert.ts";

type Pair = readonly [name: string, value: Uint8Array | null];

interface Written {
  readonly key?: Uint8Array;
  readonly value: Uint8Array;
  readonly headers?: readonly Pair[];
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | null): string | null => value === null ? null : new TextDecoder().decode(value);

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 0x80);
  return [...bytes, rest];
}

/** Two records as they are fetched, and what librdkafka tells of the second. */
function write(first: Written, second: Written, timestampDelta = 0): {
  bytes: Uint8Array<ArrayBuffer>;
  at: number;
  next: NextRecord;
} {
  const tail = ({ headers = [] }: Written): number[] => [
    ...varint(headers.length),
    ...headers.flatMap(([name, value]) => [
      ...varint(encode(name).length),
      ...encode(name),
      ...(value === null ? varint(-1) : [...varint(value.length), ...value]),
    ]),
  ];
  const head = [0, ...varint(timestampDelta), ...varint(1), ...varint(second.key?.length ?? -1)];
  const body = [...head, ...second.key ?? [], ...varint(second.value.length)];
  const length = varint(body.length + second.value.length + tail(second).length);
  const before = [...encode("before"), ...first.value];
  const start = [...before, ...tail(first), ...length];
  const bytes = new Uint8Array([...start, ...body, ...second.value, ...tail(second)]);
  return {
    bytes,
    at: before.length,
    next: {
      keyStart: second.key === undefined ? -1 : start.length + head.length,
      keyLength: second.key?.length ?? 0,
      valueStart: start.length + body.length,
      valueLength: second.value.length,
    },
  };
}

/** What a reader finds, with the values. */
function readAll(reader: RecordTail, ...[bytes, at, next]: Parameters<RecordTail["read"]>): readonly Pair[] | null {
  const headers = reader.read(bytes, at, next);
  reader.finish();
  return headers;
}

const shown = (headers: readonly Pair[] | null) => headers?.map(([name, value]) => [name, textOf(value)]);
const second: Written = { key: encode("key"), value: encode("the next value") };

test("RecordTail reads headers with all that they may be, and where there are none", () => {
  const reader = new RecordTail();
  const lists: Pair[][] = [
    [],
    [["a", encode("1")]],
    [["b", encode("1")], ["a", null], ["b", encode("")], ["", encode("no name")], ["ž😀", encode("x".repeat(300))]],
    Array.from({ length: 200 }, (_, i): Pair => [`name ${i}`, encode(`${i}`)]),
    [["a", encode("another")]],
  ];
  const nexts: Written[] = [second, { value: encode("") }, { key: encode(""), value: encode("x".repeat(70_000)) }];
  for (const headers of lists) {
    for (const next of nexts) {
      for (const delta of [0, -1, 2 ** 40]) {
        const made = write({ value: encode("value"), headers }, next, delta);
        assertEquals(shown(readAll(reader, made.bytes, made.at, made.next)), shown(headers));
      }
    }
  }
});

test("RecordTail takes nothing for headers where the next record is not as librdkafka says", () => {
  const reader = new RecordTail();
  const { bytes, at, next } = write({ value: encode("value"), headers: [["a", encode("1")]] }, second);
  assertEquals(shown(readAll(reader, bytes, at, next)), [["a", "1"]]);
  const others: Partial<NextRecord>[] = [
    { keyStart: -1 },
    { keyStart: next.keyStart - 1 },
    { keyLength: next.keyLength + 1 },
    { valueStart: next.valueStart + 1 },
    { valueStart: next.valueStart - 1 },
    { valueLength: next.valueLength + 1 },
    // More than its record has.
    { valueLength: next.valueLength + 100 },
  ];
  for (const other of others) assertStrictEquals(readAll(reader, bytes, at, { ...next, ...other }), null);
  for (const from of [at - 1, at + 1, next.valueStart, bytes.length]) {
    assertStrictEquals(readAll(reader, bytes, from, next), null);
  }
});

test("RecordTail ends on whatever stands there", () => {
  const reader = new RecordTail();
  const { bytes, at, next } = write(
    { value: encode("value"), headers: [["a", encode("1")], ["b", null], ["a", encode("")]] },
    second,
  );
  const right = shown(readAll(reader, bytes, at, next));
  let taken = 0;
  for (let place = at; place < next.valueStart; place++) {
    for (let value = 0; value < 256; value++) {
      const changed = bytes.slice();
      changed[place] = value;
      const headers = readAll(reader, changed, at, next);
      if (headers === null) continue;
      taken++;
      // A letter, an attribute, a time, or a length that fits too.
      assertEquals(headers.length, 3);
      assert(headers.every(([, part]) => (part?.length ?? 0) < next.valueStart - at));
    }
  }
  assert(taken > 0 && taken < 3000, `${taken}`);
  assertEquals(right, [["a", "1"], ["b", null], ["a", ""]]);
  // Numbers that never end, that are too large, and counts of what would be negative.
  for (const byte of [0x80, 0xff, 0x01, 0x7f]) {
    const changed = bytes.slice().fill(byte, at, next.valueStart);
    assertStrictEquals(readAll(reader, changed, at, next), null);
  }
});

test("RecordTail leaves names to librdkafka that C would cut short", () => {
  const reader = new RecordTail();
  const headers: Pair[] = [["first", encode("1")], ["role\0admin", encode("2")]];
  const { bytes, at, next } = write({ value: encode("value"), headers }, second);
  assertStrictEquals(readAll(reader, bytes, at, next), null);
  const plain = write({ value: encode("value"), headers: headers.slice(0, 1) }, second);
  assertEquals(shown(readAll(reader, plain.bytes, plain.at, plain.next)), [["first", "1"]]);
});

test("RecordTail sees numbers of more than 32 bits as librdkafka does", () => {
  const reader = new RecordTail();
  const { bytes, at, next } = write({ value: encode("value"), headers: [["a", encode("1")]] }, second);
  assertEquals(bytes[at], 2);
  for (const last of [0x10, 0x7f]) {
    // Their lower 32 bits are 2, which stands for 1.
    const longer = new Uint8Array([...bytes.subarray(0, at), 0x82, 0x80, 0x80, 0x80, last, ...bytes.subarray(at + 1)]);
    const moved = { ...next, keyStart: next.keyStart + 4, valueStart: next.valueStart + 4 };
    assertStrictEquals(readAll(reader, longer, at, moved), null);
  }
});

test("RecordTail copies values, and keeps nothing of what was fetched", () => {
  const reader = new RecordTail();
  const { bytes, at, next } = write({
    value: encode("value"),
    headers: [["a", encode("1")], ["b", encode("x".repeat(99))]],
  }, second);
  const headers = readAll(reader, bytes, at, next)!;
  bytes.fill(0);
  assertEquals(shown(headers), [["a", "1"], ["b", "x".repeat(99)]]);
  assertEquals(headers.map(([, value]) => value!.buffer.byteLength), [100, 100]);
});

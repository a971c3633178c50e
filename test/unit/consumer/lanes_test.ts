/** Lanes: what may be worked on, in which order, and what is done of a partition. */
import { Lanes, type LaneSettings, type Unit } from "../../../src/consumer/lanes.ts";
import type { Message } from "../../../mod.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals } from "../../support/assert.ts";

function message(partition: number, offset: number, key: string | null = null, bytes = 0): Message {
  return {
    topic: "t",
    partition,
    offset,
    key: key === null ? null : new TextEncoder().encode(key),
    value: new Uint8Array(bytes),
    headers: [],
    timestamp: null,
    timestampType: "NOT_AVAILABLE",
    leaderEpoch: 7,
  };
}

const range = (partition: number, from: number, to: number, bytes = 0): Message[] =>
  Array.from({ length: to - from }, (_, i) => message(partition, from + i, null, bytes));
const lanesOf = (settings: Partial<LaneSettings> = {}): Lanes =>
  new Lanes({ concurrency: 1, maxMessages: 1, orderBy: "partition", ...settings });
const never = (): boolean => false;
const show = (unit: Unit | null): string =>
  unit === null ? "-" : unit.messages.map(({ partition, offset }) => `${partition}/${offset}`).join(" ");
const next = (lanes: Lanes): string => show(lanes.next(never));

test("Lanes.next() gives one unit of a partition at a time, and so many at once as there are hands", () => {
  const lanes = lanesOf({ concurrency: 2 });
  lanes.put([...range(0, 0, 2), ...range(1, 0, 2), ...range(2, 0, 1)]);
  const a = lanes.next(never)!;
  const b = lanes.next(never)!;
  assertEquals([show(a), show(b), next(lanes), lanes.running], ["0/0", "1/0", "-", 2]);
  lanes.finish(a);
  // The others come first.
  const c = lanes.next(never)!;
  lanes.finish(c);
  assertEquals([show(c), next(lanes), lanes.isRunning({ topic: "t", partition: 0 })], ["2/0", "0/1", true]);
  lanes.finish(b);
  assertEquals([next(lanes), next(lanes), lanes.isIdle], ["1/1", "-", false]);
});

test("Lanes.next() gives batches of one partition, and leaves what is paused", () => {
  const lanes = lanesOf({ concurrency: 3, maxMessages: 3 });
  lanes.put([...range(0, 0, 4), ...range(1, 5, 7)]);
  const unit = lanes.next(({ partition }) => partition === 0)!;
  assertEquals(show(unit), "1/5 1/6");
  assertEquals([next(lanes), next(lanes)], ["0/0 0/1 0/2", "-"]);
});

test("Lanes.putBack() and takeAll() keep the order of each partition", () => {
  const lanes = lanesOf({ maxMessages: 2 });
  lanes.put(range(0, 0, 5));
  const unit = lanes.next(never)!;
  lanes.finish(unit);
  lanes.putBack(unit, unit.messages.slice(1));
  assertEquals(lanes.takeAll().map(({ offset }) => offset), [1, 2, 3, 4]);
  assertEquals([lanes.takeAll(), next(lanes), lanes.isIdle], [[], "-", true]);
  lanes.put(range(0, 5, 6));
  assertEquals(next(lanes), "0/5");
});

test("Lanes.drop() lets what comes next of a partition wait for what is being worked on", () => {
  const lanes = lanesOf({ concurrency: 2 });
  lanes.put(range(0, 0, 5));
  const unit = lanes.next(never)!;
  lanes.drop({ topic: "t", partition: 0 });
  assertEquals(next(lanes), "-");
  lanes.put(range(0, 100, 102));
  assertEquals([next(lanes), lanes.isRunning({ topic: "t", partition: 0 })], ["-", true]);
  lanes.finish(unit);
  assertEquals([next(lanes), next(lanes)], ["0/100", "-"]);
});

test("Lanes.done() counts a partition as done up to the first message that is not", () => {
  const lanes = lanesOf({ concurrency: 4, orderBy: "key" });
  lanes.put(["a", "b", "a", "c", "d"].map((key, offset) => message(0, offset, key)));
  const units: Unit[] = [];
  for (let unit = lanes.next(never); unit !== null; unit = lanes.next(never)) units.push(unit);
  const unitOf = (offset: number): Unit => units.find(({ messages }) => messages[0]!.offset === offset)!;
  // The second message of a key waits for the first.
  assertEquals(units.map(({ messages }) => messages[0]!.offset), [0, 1, 3, 4]);
  assertEquals(lanes.done(unitOf(3), 0), null);
  assertEquals(lanes.done(unitOf(1), 0), null);
  assertEquals(lanes.done(unitOf(0), 0), { offset: 1, leaderEpoch: null });
  lanes.finish(unitOf(0));
  const second = lanes.next(never)!;
  assertEquals(show(second), "0/2");
  assertEquals(lanes.done(second, 0), { offset: 3, leaderEpoch: null });
  assertEquals(lanes.done(unitOf(4), 0), { offset: 4, leaderEpoch: 7 });
  // Again, and of a partition that was dropped, it is no news.
  assertEquals(lanes.done(unitOf(4), 0), null);
});

test("Lanes ordered by key lose nothing and keep each key's order, whatever ends first", () => {
  const lanes = lanesOf({ concurrency: 5, orderBy: "key" });
  const total = 3000;
  lanes.put(Array.from({ length: total }, (_, i) => message(0, i, i % 7 === 0 ? null : `${i % 13}`)));
  const running: Unit[] = [];
  const last = new Map<string, number>();
  let upTo = -1;
  let handled = 0;
  for (let seed = 1;;) {
    for (let unit = lanes.next(never); unit !== null; unit = lanes.next(never)) running.push(unit);
    if (running.length === 0) break;
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    const [unit] = running.splice(seed % running.length, 1);
    const { offset, key } = unit!.messages[0]!;
    if (key !== null) {
      const name = new TextDecoder().decode(key);
      assert((last.get(name) ?? -1) < offset, `key ${name} has ${offset} after ${last.get(name)}`);
      last.set(name, offset);
    }
    upTo = lanes.done(unit!, 0)?.offset ?? upTo;
    lanes.finish(unit!);
    handled++;
  }
  assertEquals([handled, upTo, lanes.isIdle], [total, total - 1, true]);
});

test("Lanes.demand() wants no more when there is enough, and holds a partition only so that others can be read", () => {
  const lanes = lanesOf({ concurrency: 2 });
  assertEquals(lanes.demand(never), { isOpen: true, hold: [], release: [] });
  lanes.put(range(0, 0, 2000, 3000));
  const slow = lanes.next(never)!;
  // A hand is free, and all that waits is behind the slow one.
  const hungry = lanes.demand(never);
  assertEquals([hungry.isOpen, hungry.hold.map(({ partition }) => partition)], [true, [0]]);
  assertEquals(lanes.demand(never).hold, []);
  lanes.put(range(1, 0, 10));
  assertEquals(lanes.demand(never).isOpen, false);
  assertEquals(next(lanes), "1/0");
  lanes.finish(slow);
  // The fast one is at work, so all hands are busy, and the first goes on below its mark only.
  let isLow = false;
  for (let left = 1998; left > 320; left--) {
    const unit = lanes.next(({ partition }) => partition === 1)!;
    lanes.finish(unit);
    if (left > 330) assertEquals(lanes.demand(never).release, []);
    isLow = lanes.isLow(unit);
  }
  assert(isLow);
  assertEquals(lanes.demand(never).release.map(({ partition }) => partition), [0]);
});

test("Lanes.withdraw() leaves nothing to work on, and what is worked on can still be done", () => {
  const lanes = lanesOf({ concurrency: 2, orderBy: "key" });
  lanes.put([message(0, 0, "a"), message(0, 1, "a"), message(0, 2, "a")]);
  const unit = lanes.next(never)!;
  lanes.withdraw({ topic: "t", partition: 0 });
  assertEquals([next(lanes), lanes.takeAll()], ["-", []]);
  assertEquals(lanes.done(unit, 0), { offset: 0, leaderEpoch: 7 });
  lanes.finish(unit);
  assertEquals([next(lanes), lanes.isIdle], ["-", true]);
});

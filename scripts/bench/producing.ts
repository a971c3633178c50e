/** The workloads that send: in batches, one by one, and one at a time. */
import type { DeliveryReport, Producer, ProducerMessage, ProducerOptions } from "../../mod.ts";
import type { Library, Measured } from "./client.ts";
import { headerName, Ledger, markSize, newValue, warmUp, writeMark, writeValue } from "./content.ts";
import { hasHeader, type Job, settingsFor } from "./job.ts";
import { percentile, Stopwatch } from "./stopwatch.ts";

/** Opens a producer with the job's settings. */
export function newProducer(library: Library, job: Job, options: ProducerOptions = {}): Producer {
  return new library.Producer(settingsFor(job, "producer"), { ...options, libraryPath: job.library });
}

/** Opens a producer and has it connect and learn the topic's leaders before any clock starts. */
export async function openProducer(library: Library, job: Job, ledger: Ledger): Promise<Producer> {
  const producer = newProducer(library, job);
  for (let partition = 0; partition < job.partitions; partition++) {
    const report = await producer.send({ topic: job.topic, partition, value: warmUp });
    ledger.warm(report.partition, report.offset);
  }
  return producer;
}

/** `send(messages)`, with a few batches on their way at a time. */
export async function produceBatch(library: Library, job: Job): Promise<Measured> {
  const ledger = new Ledger(job);
  const producer = await openProducer(library, job, ledger);
  const stopwatch = new Stopwatch();
  stopwatch.start();
  await sendBatches(producer, ledger, job);
  stopwatch.stop();
  return await finish(producer, ledger, stopwatch, job);
}

/** Sends the messages from number `from` up to `to` and waits for their reports. */
export async function sendBatches(
  producer: Producer,
  ledger: Ledger,
  job: Job,
  from = 0,
  to: number = job.messages,
): Promise<void> {
  const lanes = Array.from({ length: job.batchesInFlight }, () => newSlots(job, job.batchSize));
  const inFlight: Promise<DeliveryReport[]>[] = [];
  const settleOldest = async (): Promise<void> => {
    const reports = await inFlight.shift()!;
    for (const report of reports) enter(ledger, report);
  };
  let batch = 0;
  for (let sent = from; sent < to;) {
    if (inFlight.length === lanes.length) await settleOldest();
    // The lane whose reports were read longest ago is free again: batches are settled in the order they were sent.
    const lane = lanes[batch++ % lanes.length]!;
    const size = Math.min(lane.length, to - sent);
    for (let i = 0; i < size; i++) fill(lane[i]!, sent + i);
    inFlight.push(producer.send(size === lane.length ? lane : lane.slice(0, size)));
    sent += size;
  }
  while (inFlight.length > 0) await settleOldest();
}

/** `produce(message, onReport)` for each message, as far as the window of messages on their way allows. */
export function produceEach(library: Library, job: Job): Promise<Measured> {
  const again = async (
    producer: Producer,
    message: Slot,
    onReport: (report: DeliveryReport) => void,
  ): Promise<void> => {
    do await producer.ready(); while (!producer.produce(message, onReport));
  };
  return eachMessage(library, job, (producer, message, { onReport }) => {
    // A promise for each would be a turn of the event loop for each.
    return producer.produce(message, onReport) ? undefined : again(producer, message, onReport);
  });
}

/** `send(message)` for each message: a promise each. */
export function sendEach(library: Library, job: Job): Promise<Measured> {
  return eachMessage(library, job, (producer, message, { onReport, onFailure }) => {
    producer.send(message).then(onReport, onFailure);
  });
}

/** Awaited sends, one at a time; a tenth as many go before, unmeasured. */
export async function sendLatency(library: Library, job: Job): Promise<Measured> {
  const unmeasured = Math.floor(job.messages / 10);
  const total = job.messages + unmeasured;
  const ledger = new Ledger({ ...job, messages: total });
  const producer = await openProducer(library, job, ledger);
  const message = newSlots(job, 1)[0]!;
  const samples = new Float64Array(total);

  const stopwatch = new Stopwatch();
  for (let i = 0; i < total; i++) {
    if (i === unmeasured) stopwatch.start();
    const before = performance.now();
    fill(message, i);
    enter(ledger, await producer.send(message));
    samples[i] = performance.now() - before;
  }
  stopwatch.stop();
  const measured = await finish(producer, ledger, stopwatch, job);
  const sorted = samples.subarray(unmeasured).sort();
  return { ...measured, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
}

/** A message whose memory is used again once its report was read, so that the measure is of the client and not of `new`. */
interface Slot extends ProducerMessage {
  readonly topic: string;
  readonly value: Uint8Array;
  readonly headers?: readonly (readonly [name: string, mark: Uint8Array])[];
}

function newSlots(job: Job, count: number): Slot[] {
  return Array.from({ length: count }, () => {
    const slot = { topic: job.topic, value: newValue(job.valueSize) };
    return hasHeader(job.workload) ? { ...slot, headers: [[headerName, new Uint8Array(markSize)]] } : slot;
  });
}

/** Makes a slot message number `sequence`. */
function fill(slot: Slot, sequence: number): void {
  writeValue(slot.value, sequence);
  if (slot.headers !== undefined) writeMark(slot.headers[0]![1], sequence);
}

interface Answers {
  readonly onReport: (report: DeliveryReport) => void;
  readonly onFailure: (reason: unknown) => void;
}

async function eachMessage(
  library: Library,
  job: Job,
  hand: (producer: Producer, message: Slot, answers: Answers) => Promise<void> | undefined | void,
): Promise<Measured> {
  const ledger = new Ledger(job);
  const producer = await openProducer(library, job, ledger);
  const free = newSlots(job, Math.min(job.messages, job.window));
  const enoughFree = free.length / 2;
  let failure: unknown;
  let wake: (() => void) | undefined;
  const answers: Answers = {
    onReport(report) {
      try {
        enter(ledger, report);
      } catch (error) {
        failure ??= error;
      }
      free.push(report.message as Slot);
      if (wake !== undefined && (failure !== undefined || free.length >= enoughFree || ledger.count === job.messages)) {
        wake();
      }
    },
    onFailure(reason) {
      failure ??= reason;
      wake?.();
    },
  };
  const answered = async (): Promise<void> => {
    await new Promise<void>((resolve) => wake = resolve);
    wake = undefined;
    if (failure !== undefined) throw failure;
  };

  const stopwatch = new Stopwatch();
  stopwatch.start();
  for (let i = 0; i < job.messages; i++) {
    if (free.length === 0) await answered();
    const slot = free.pop()!;
    fill(slot, i);
    const waiting = hand(producer, slot, answers);
    if (waiting !== undefined) await waiting;
  }
  while (ledger.count < job.messages) await answered();
  stopwatch.stop();
  return await finish(producer, ledger, stopwatch, job);
}

function enter(ledger: Ledger, report: DeliveryReport): void {
  if (report.error !== null) throw report.error;
  ledger.enter(report.partition, report.offset, report.message.value as Uint8Array);
}

async function finish(producer: Producer, ledger: Ledger, stopwatch: Stopwatch, job: Job): Promise<Measured> {
  if (producer.pending !== 0) throw new Error(`${producer.pending} messages are pending after the last report`);
  ledger.close();
  await producer.close();
  return { counted: job.messages, seconds: stopwatch.seconds, cpuSeconds: stopwatch.cpuSeconds };
}

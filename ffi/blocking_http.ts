/**
 * HTTP for a thread that blocks: a worker sends the requests, and this thread sleeps until the answer is in memory that both
 * share. `node:worker_threads` is the same on all three runtimes.
 */
import process from "node:process";
import type { Worker } from "node:worker_threads";
import type { HttpsRequest, HttpsResponse, HttpsSettings } from "./https.ts";

/** A request. */
export interface BlockingRequest extends Omit<HttpsRequest, "signal"> {
  /** After so long without an answer it is given up, in milliseconds. */
  readonly timeoutMs: number;
}

/** An error as it comes over from the worker. */
interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly cause?: ErrorFacts;
}

type Answer = { readonly response: HttpsResponse } | { readonly error: ErrorFacts };

/** What the worker is given when it starts. */
interface WorkerData {
  /** Whose turn it is, the length of the piece in `bytes`, and whether it is the last one. */
  readonly control: Int32Array;
  /** A piece of the answer. */
  readonly bytes: Uint8Array;
  /** Null: the worker uses `fetch`. */
  readonly https: { readonly module: string; readonly settings: HttpsSettings } | null;
}

const pieceBytes = 256 * 1024;
const [turn, length, isLast] = [0, 1, 2];
const [workersTurn, callersTurn] = [0, 1];
/** The worker gives up in time by itself. One that has not even started, or has died, is given up after so much more. */
const graceMs = 10_000;

/** What the worker runs, given as text for the reason that ffi/away.ts gives. Only for certificates and proxies it needs a file. */
const program = `"use strict";
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
const { control, bytes, https } = workerData;

async function byFetch({ maxResponseBytes, timeoutMs, url, ...init }) {
  const response = await fetch(url, { ...init, redirect: "manual" });
  const decoder = new TextDecoder();
  let body = "";
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxResponseBytes) {
      const error = new RangeError("Cannot read an answer of more than " + maxResponseBytes + " bytes");
      throw Object.assign(error, { name: "AnswerTooLargeError" });
    }
    body += decoder.decode(chunk, { stream: true });
  }
  return { status: response.status, headers: Object.fromEntries(response.headers), body: body + decoder.decode() };
}

let opened = null;
async function byHttps(request) {
  opened ??= import(https.module).then(({ openHttps }) => openHttps(https.settings));
  let adapter;
  try {
    adapter = await opened;
  } catch (error) {
    // What could not be read may be there the next time.
    opened = null;
    throw Object.assign(new Error(error.message, { cause: error }), { name: "HttpsSettingsError" });
  }
  return await adapter.send(request);
}

const factsOf = (error, depth = 0) => {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, code, cause } = error;
  const facts = { name, message, ...(typeof code === "string" && { code }) };
  return cause instanceof Error && depth < 3 ? { ...facts, cause: factsOf(cause, depth + 1) } : facts;
};

function give(text) {
  for (let at = 0; at < text.length; at += bytes.length) {
    const piece = text.subarray(at, at + bytes.length);
    const isLast = at + bytes.length >= text.length;
    bytes.set(piece);
    control[${length}] = piece.length;
    control[${isLast}] = isLast ? 1 : 0;
    Atomics.store(control, ${turn}, ${callersTurn});
    Atomics.notify(control, ${turn});
    if (!isLast && Atomics.wait(control, ${turn}, ${callersTurn}, ${graceMs}) === "timed-out") return;
  }
}

parentPort.on("message", async (request) => {
  const signal = AbortSignal.timeout(request.timeoutMs);
  let answer;
  try {
    answer = { response: await (https === null ? byFetch : byHttps)({ ...request, signal }) };
  } catch (error) {
    answer = { error: signal.aborted ? { name: "TimeoutError", message: "The time is up" } : factsOf(error) };
  }
  give(new TextEncoder().encode(JSON.stringify(answer)));
});`;

/** Whether this thread may sleep. A browser's main thread may not, nor one without shared memory. */
export function mayBlock(): boolean {
  try {
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0) === "not-equal";
  } catch {
    return false;
  }
}

/** A worker, and the memory that it shares with this thread. One that is late may still write there, so the next has its own. */
interface Hand extends Pick<WorkerData, "control" | "bytes"> {
  readonly worker: Worker;
}

/** Sends requests one after the other, by a worker that starts with the first and does not keep the process alive. */
export class BlockingHttp {
  readonly #https: WorkerData["https"];
  #hand: Hand | null = null;

  /** @param settings Certificates and a proxy; null to do what `fetch` does. */
  constructor(settings: HttpsSettings | null) {
    this.#https = settings && { module: besideThis("https"), settings };
  }

  /**
   * Sends a request and sleeps until it is answered.
   *
   * @throws {Error} with the name that it had in the worker, without headers and body of the request: `TimeoutError`,
   * `AnswerTooLargeError`, `HttpsSettingsError` for certificates that cannot be used, or what the runtime calls it.
   */
  send(request: BlockingRequest): HttpsResponse {
    const hand = this.#hand ??= this.#start();
    hand.worker.postMessage(request);
    const text = receive(hand, request.timeoutMs + graceMs);
    if (text === null) {
      this.close();
      throw Object.assign(new Error("The worker that sends requests does not answer"), { name: "TimeoutError" });
    }
    const answer = JSON.parse(text) as Answer;
    if ("response" in answer) return answer.response;
    throw errorOf(answer.error, request);
  }

  /** Ends the worker. The next request starts another. */
  close(): void {
    void this.#hand?.worker.terminate();
    this.#hand = null;
  }

  #start(): Hand {
    const { Worker: WorkerClass } = process.getBuiltinModule("node:worker_threads") as { Worker: typeof Worker };
    const control = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
    const bytes = new Uint8Array(new SharedArrayBuffer(pieceBytes));
    const workerData: WorkerData = { control, bytes, https: this.#https };
    const worker = new WorkerClass(program, { eval: true, workerData });
    worker.unref();
    const forget = (): void => {
      if (this.#hand?.worker === worker) this.#hand = null;
    };
    // Without this an error of the thread would be one of the process.
    worker.on("error", forget);
    worker.on("exit", forget);
    return { worker, control, bytes };
  }
}

/** Sleeps until a worker has written all of an answer; null if it has not in time. */
function receive({ control, bytes }: Hand, timeoutMs: number): string | null {
  const end = performance.now() + timeoutMs;
  const decoder = new TextDecoder();
  let text = "";
  for (let isDone = false; !isDone;) {
    if (Atomics.wait(control, turn, workersTurn, Math.max(0, end - performance.now())) === "timed-out") return null;
    const used = control[length]!;
    isDone = control[isLast] === 1;
    text += decoder.decode(bytes.slice(0, used), { stream: true });
    // There may be a token in it.
    bytes.fill(0, 0, used);
    Atomics.store(control, turn, workersTurn);
    Atomics.notify(control, turn);
  }
  return text;
}

/** Another file of this folder, as what it has become in the package. */
function besideThis(name: string): string {
  const extension = /\.\w+$/.exec(import.meta.url)?.[0] ?? ".js";
  return new URL(`./${name}${extension}`, import.meta.url).href;
}

/** Runtimes quote what they refuse to send, and that may be a token. */
function errorOf({ name, message, code, cause }: ErrorFacts, request: BlockingRequest): Error {
  const secrets = [...Object.values(request.headers), request.body ?? ""].filter((text) => text !== "");
  const shown = secrets.reduce((text, secret) => text.replaceAll(secret, "…"), message);
  const error = new Error(shown, cause && { cause: errorOf(cause, request) });
  return Object.assign(error, { name, ...(code !== undefined && { code }) });
}

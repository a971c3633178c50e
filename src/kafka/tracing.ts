/** Following a message from the sender to the reader: hooks for a tracer, and the headers of W3C's Trace Context. */
import type { DeliveryReport, Header, HeadersLike, Message, MessageData, ProducerMessage } from "./message.ts";

/** Where a message belongs in a trace, as its headers say it. */
export interface TraceContext {
  /** `00-<trace id>-<parent id>-<flags>`, in hexadecimal digits. */
  readonly traceparent: string;
  /** What single tracers have added, or null. */
  readonly tracestate: string | null;
  /** The trace: 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span that sent the message: 16 hexadecimal digits. */
  readonly parentId: string;
  /** Whether the sender recorded this trace. */
  readonly isSampled: boolean;
}

/** What a tracer has begun for a message that is sent. */
export interface SendTrace {
  /** For the message's header of this name. Left out, the message gets none. */
  readonly traceparent?: string | null | undefined;
  /** For the message's header of this name. */
  readonly tracestate?: string | null | undefined;
  /**
   * Is called once: when the message has its report, or was refused.
   *
   * @param error Why it was not delivered, or null.
   * @param report What became of it, or null if it was refused before, or if nobody is told (`delivery.report.only.error`).
   */
  end?(error: Error | null, report: DeliveryReport<unknown, unknown> | null): void;
}

/**
 * Hooks for a tracer. They are called at once and waited for by the message, so they should be short; what they throw goes
 * to `onError`. Without hooks nothing is done for them.
 *
 * They are shaped for OpenTelemetry's conventions for messaging: `onSend` is the place for a span of kind PRODUCER,
 * `onReceive` for one of the operation `receive` with a link to each message's context. A span around what is done with a
 * message is begun by whoever does it, with {@link traceContext} of its headers as the parent or a link.
 */
export interface Tracing {
  /**
   * Is given each message before it is sent. What it returns is added to the message's headers: they replace those of the
   * same names, as of a message that was read and is passed on.
   */
  readonly onSend?: (message: ProducerMessage<unknown, unknown>) => SendTrace | null | undefined | void;
  /** Is given the messages that are handed to the reader together, before they are: one, or a batch. */
  readonly onReceive?: (messages: readonly Message<unknown, unknown>[]) => void;
}

const pattern = /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const decoder = new TextDecoder();

/**
 * Reads the trace that a message belongs to from its headers `traceparent` and `tracestate`.
 *
 * @param headers A message's headers. Of several with the same name the last counts.
 * @returns The context, or null if there is none, or one that is not as W3C's Trace Context wants it.
 *
 * @example Say which trace a message belongs to
 * ```ts
 * import { type Message, traceContext } from "@kafka-ffi/kafka";
 *
 * function log(message: Message, text: string): void {
 *   console.log(traceContext(message.headers)?.traceId ?? "no trace", text);
 * }
 * ```
 */
export function traceContext(headers: HeadersLike | readonly Header[] | null | undefined): TraceContext | null {
  let traceparent: string | null = null;
  let tracestate: string | null = null;
  for (const [name, value] of pairs(headers)) {
    if (name === "traceparent") traceparent = textOf(value);
    else if (name === "tracestate") tracestate = textOf(value);
  }
  const [, traceId, parentId, flags] = pattern.exec(traceparent ?? "") ?? [];
  if (traceparent === null || traceId === undefined || parentId === undefined) return null;
  // Version 00 has nothing behind its flags.
  if (traceparent.startsWith("00-") && traceparent.length !== 55) return null;
  const isSampled = (Number.parseInt(flags!, 16) & 1) === 1;
  return { traceparent, tracestate: tracestate === "" ? null : tracestate, traceId, parentId, isSampled };
}

/**
 * Headers with a trace's context: those there are, in their order, and `traceparent` and `tracestate` in place of any of
 * these names.
 *
 * @example Pass a message on, in the trace that it came with
 * ```ts
 * import { type Message, type Producer, traceContext, withTraceContext } from "@kafka-ffi/kafka";
 *
 * async function passOn(producer: Producer, { key, value, headers }: Message): Promise<void> {
 *   const context = traceContext(headers);
 *   const mine: [string, string][] = [["passed-on-by", "me"]];
 *   await producer.send({ topic: "next", key, value, headers: context ? withTraceContext(mine, context) : mine });
 * }
 * ```
 */
export function withTraceContext(
  headers: HeadersLike | readonly Header[] | null | undefined,
  context: Pick<SendTrace, "traceparent" | "tracestate">,
): [name: string, value: MessageData][] {
  const all = [...pairs(headers)].filter(([name]) => name !== "traceparent" && name !== "tracestate");
  const { traceparent, tracestate } = context;
  const given: [string, MessageData][] = all.map(([name, value]) => [name, value]);
  if (typeof traceparent === "string") given.push(["traceparent", traceparent]);
  if (typeof tracestate === "string" && tracestate !== "") given.push(["tracestate", tracestate]);
  return given;
}

function pairs(headers: HeadersLike | readonly Header[] | null | undefined): Iterable<readonly [string, MessageData]> {
  if (headers === null || headers === undefined) return [];
  return Symbol.iterator in headers
    ? headers as Iterable<readonly [string, MessageData]>
    : Object.entries(headers as Readonly<Record<string, MessageData>>);
}

function textOf(value: MessageData): string | null {
  return value === null || typeof value === "string" ? value : decoder.decode(value);
}

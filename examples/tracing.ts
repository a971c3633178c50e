/**
 * Follows messages from a shop to its kitchen: every message carries the trace that it belongs to.
 *
 * The tracer here is a handful of lines. With OpenTelemetry, `start` is `tracer.startSpan()` and the context goes through its
 * propagator; the hooks are the same.
 */
import { Consumer, Producer, traceContext, type Tracing } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** A piece of work that belongs to a trace. */
interface Span {
  readonly traceId: string;
  readonly id: string;
  readonly name: string;
}

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `orders-${crypto.randomUUID()}`;
  const names = new Map<string, string>();
  const start = (name: string, parent?: { readonly traceId: string }): Span => {
    const span = { traceId: parent?.traceId ?? hex(16), id: hex(8), name };
    names.set(span.id, name);
    return span;
  };
  const end = ({ name }: Span, error: Error | null): void => console.log(`${name}: ${error?.message ?? "done"}`);

  const tracing: Tracing = {
    onSend: (message) => {
      const span = start(`send ${String(message.key)}`);
      return { traceparent: `00-${span.traceId}-${span.id}-01`, end: (error) => end(span, error) };
    },
    onReceive: (messages) => console.log(`receive: ${messages.length} message(s)`),
  };
  await using producer = new Producer({ "bootstrap.servers": servers }, { tracing });
  await producer.send(["soup", "bread"].map((key) => ({ topic, key, value: "1", partition: 0 })));

  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    "group.id": `kitchen-${topic}`,
    "enable.auto.commit": false,
  }, { tracing });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  for (const { key, headers } of await consumer.consume(2, { timeoutMs: 15_000 })) {
    const sender = traceContext(headers);
    if (sender === null) continue;
    const span = start(`process ${new TextDecoder().decode(key ?? undefined)}`, sender);
    // Here the work is done.
    console.log(`${span.name} follows "${names.get(sender.parentId)}" in one trace`);
    end(span, null);
  }
}

function hex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

if (import.meta.main) await main(bootstrapServers());

/** Client quotas of a real Kafka, set by its own protocol: what may be sent or read in a second by clients of one name. */
import { Socket } from "node:net";

/** The quotas there are for bytes. */
export type Quota = "producer_byte_rate" | "consumer_byte_rate";

/** Sets a quota for clients with this `client.id`, or takes it away with null. */
export async function setQuota(
  bootstrapServers: string,
  clientId: string,
  quota: Quota,
  bytesPerSecond: number | null,
): Promise<void> {
  const [, host, port] = /^(.+):(\d+)$/.exec(bootstrapServers.split(",")[0]!)!;
  const answer = await ask({ host: host!, port: Number(port) }, alterClientQuotas(clientId, quota, bytesPerSecond));
  // Correlation id, throttle time, the number of entries, then the first one's error code.
  const code = new DataView(answer.buffer, answer.byteOffset).getInt16(12);
  if (code !== 0) throw new Error(`Cannot set the quota: the broker answers with error ${code}`);
}

/** An AlterClientQuotas request, version 0. */
function alterClientQuotas(clientId: string, quota: Quota, bytesPerSecond: number | null): Uint8Array {
  const number = (value: number, bytes: 1 | 2 | 4): Uint8Array => {
    const view = new DataView(new ArrayBuffer(bytes));
    if (bytes === 1) view.setInt8(0, value);
    else if (bytes === 2) view.setInt16(0, value);
    else view.setInt32(0, value);
    return new Uint8Array(view.buffer);
  };
  const text = (value: string): Uint8Array[] => {
    const bytes = new TextEncoder().encode(value);
    return [number(bytes.length, 2), bytes];
  };
  const rate = new DataView(new ArrayBuffer(8));
  rate.setFloat64(0, bytesPerSecond ?? 0);
  return concat([
    number(49, 2), // api key
    number(0, 2), // api version
    number(1, 4), // correlation id
    number(-1, 2), // no client id
    number(1, 4), // one entry
    number(1, 4), // with one entity
    ...text("client-id"),
    ...text(clientId),
    number(1, 4), // and one change
    ...text(quota),
    new Uint8Array(rate.buffer),
    number(bytesPerSecond === null ? 1 : 0, 1), // whether it is taken away
    number(0, 1), // not only checked
  ]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Sends a request and returns the answer, without its length. */
function ask(where: { host: string; port: number }, request: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = new Socket();
    let answer: Uint8Array = new Uint8Array(0);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The broker closed the connection without an answer")));
    socket.on("data", (chunk: Uint8Array) => {
      answer = concat([answer, chunk]);
      if (answer.length < 4 || answer.length < 4 + new DataView(answer.buffer).getInt32(0)) return;
      resolve(answer.subarray(4));
      socket.destroy();
    });
    const length = new DataView(new ArrayBuffer(4));
    length.setInt32(0, request.length);
    socket.connect(where, () => socket.write(concat([new Uint8Array(length.buffer), request])));
  });
}

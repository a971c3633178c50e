/** Asks a broker over its own protocol how many brokers it knows: the proof that it serves clients. */
import { createServer, Socket } from "node:net";

/** The number of brokers in the metadata of the broker at this port, or `undefined` if it does not answer yet. */
export function knownBrokers(port: number, timeoutMs = 2000): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = new Socket();
    let answer = new Uint8Array(0);
    const end = (count: number | undefined): void => {
      socket.destroy();
      resolve(count);
    };
    socket.setTimeout(timeoutMs, () => end(undefined));
    socket.on("error", () => end(undefined));
    socket.on("close", () => end(undefined));
    socket.on("data", (chunk: Uint8Array) => {
      const joined = new Uint8Array(answer.length + chunk.length);
      joined.set(answer);
      joined.set(chunk, answer.length);
      answer = joined;
      // Size and correlation id, then the array of brokers, which begins with its length.
      if (answer.length >= 12) end(new DataView(answer.buffer).getInt32(8));
    });
    socket.connect(port, "127.0.0.1", () => socket.write(metadataRequest()));
  });
}

/** A Metadata request, version 1, for no topics. */
function metadataRequest(): Uint8Array {
  const request = new DataView(new ArrayBuffer(18));
  request.setInt32(0, 14); // bytes that follow
  request.setInt16(4, 3); // api key
  request.setInt16(6, 1); // api version
  request.setInt32(8, 1); // correlation id
  request.setInt16(12, -1); // no client id
  request.setInt32(14, 0); // no topics
  return new Uint8Array(request.buffer);
}

/** Ports of the loopback interface that nobody listens on, below the range that outgoing connections take theirs from. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt > 1000) throw new Error("Cannot find free ports between 20000 and 29999");
    const port = 20000 + Math.floor(Math.random() * 10000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

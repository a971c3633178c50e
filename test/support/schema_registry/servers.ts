/** Registries for tests of the client: one that records what it is asked, and one on the loopback interface. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { HttpRequest, HttpResponse, Transport } from "../../../src/schema_registry/transport.ts";

/** What was asked, and an answer for everything. */
export interface RecordingTransport {
  readonly transport: Transport;
  readonly requests: HttpRequest[];
}

/** A transport that answers each request with the JSON of `answer`, and remembers it. */
export function recordingTransport(answer: (request: HttpRequest) => unknown): RecordingTransport {
  const requests: HttpRequest[] = [];
  const transport: Transport = (request) => {
    requests.push(request);
    return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(answer(request)) });
  };
  return { transport, requests };
}

/** A transport that gives these answers in turn, the last one for ever; an error is thrown. */
export function scriptedTransport(answers: readonly (Partial<HttpResponse> | Error)[]): RecordingTransport {
  const requests: HttpRequest[] = [];
  const transport: Transport = (request) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!;
    requests.push(request);
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ status: 200, headers: {}, body: "[]", ...answer });
  };
  return { transport, requests };
}

/** An HTTP server on the loopback interface. */
export interface LocalServer extends AsyncDisposable {
  readonly url: string;
  /** The requests' first lines without the protocol: `GET /subjects`. */
  readonly lines: string[];
}

/** Starts a server. */
export async function localServer(
  handle: (incoming: IncomingMessage, outgoing: ServerResponse, body: string) => void,
): Promise<LocalServer> {
  const lines: string[] = [];
  const server = createServer((incoming, outgoing) => {
    lines.push(`${incoming.method} ${incoming.url}`);
    void bodyOf(incoming).then((body) => handle(incoming, outgoing, body));
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, lines, [Symbol.asyncDispose]: () => end(server) };
}

/** Listens on a free port of the loopback interface. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))
  );
}

/** Closes a server with all its connections. */
export function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of incoming.setEncoding("utf8")) body += chunk as string;
  return body;
}

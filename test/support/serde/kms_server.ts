/** Stands in for a key management service on the loopback interface, whatever host its requests are for. */
import { createServer, type IncomingMessage } from "node:http";
import { fetchTransport, type Transport } from "../../../src/schema_registry/transport.ts";

/** A request as it arrived. */
export interface KmsRequest {
  /** The host that it was for, such as `kms.eu-west-1.amazonaws.com`. */
  readonly host: string;
  /** The path, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What is answered; an object is sent as JSON. */
export interface KmsAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A server that runs. */
export interface KmsServer extends AsyncDisposable {
  /** Carries requests to the server. */
  readonly transport: Transport;
  readonly requests: KmsRequest[];
}

/** Starts a server. An answer of null is never sent. */
export async function kmsServer(answer: (request: KmsRequest) => KmsAnswer | null): Promise<KmsServer> {
  const requests: KmsRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((body) => {
      const headers = incoming.headers as Record<string, string | undefined>;
      const request = { host: headers["x-test-host"] ?? "", path: incoming.url ?? "", headers, body };
      requests.push(request);
      const given = answer(request);
      if (given === null) return;
      outgoing.writeHead(given.status ?? 200, { connection: "close", ...given.headers });
      outgoing.end(typeof given.body === "string" ? given.body : JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    requests,
    transport(request) {
      const { host, pathname, search } = new URL(request.url);
      const headers = { ...request.headers, "x-test-host": host };
      return fetchTransport({ ...request, url: `http://127.0.0.1:${port}${pathname}${search}`, headers });
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of incoming.setEncoding("utf8")) body += chunk as string;
  return body;
}

/** A server on the loopback interface, by `node:http`, which all three runtimes have: for `/testing` alone. */
import http from "node:http";
import https from "node:https";

/** A request, once all of it is there. */
export interface ServedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By their names in small letters; those that came several times have commas between. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How an answer goes wrong on its way. */
export type ServedFault = "drop" | "cut" | "endless" | "silent";

/** An answer. */
export interface ServedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly delayMs: number;
  /**
   * `drop` closes the connection before the answer and `cut` within it, `endless` goes on with blanks for ever, and `silent`
   * leaves the connection open and says nothing.
   */
  readonly fault: ServedFault | null;
}

/** What a server is told. */
export interface ServerOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Null: without TLS. All of it is PEM text. */
  readonly tls:
    | { readonly key: string; readonly certificate: string; readonly clientAuthorities: string | null }
    | null;
  readonly answer: (request: ServedRequest) => ServedAnswer;
}

/** A server that runs. */
export interface RunningServer {
  readonly port: number;
  /** Ends it with all of its connections. */
  close(): Promise<void>;
}

const host = "127.0.0.1";
const blankEveryMs = 5;

/** Starts a server. It is rejected with the runtime's error if the port cannot be had, or the certificate not be used. */
export async function serveHttp({ port, tls, answer }: ServerOptions): Promise<RunningServer> {
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const listener: http.RequestListener = (incoming, outgoing) => {
    // Clients go away when they please, and tests want them to.
    incoming.on("error", () => {});
    outgoing.on("error", () => {});
    // What cannot be sent, or is thrown in place of an answer, ends the connection: nobody would catch it.
    void read(incoming).then((request) => reply(outgoing, answer(request), timers)).catch(() => drop(outgoing));
  };
  const server = tls === null ? http.createServer(listener) : https.createServer({
    key: tls.key,
    cert: tls.certificate,
    ...(tls.clientAuthorities !== null && { ca: tls.clientAuthorities, requestCert: true, rejectUnauthorized: true }),
  }, listener);
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as { port: number }).port,
    close() {
      for (const timer of timers) clearTimeout(timer);
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function read(incoming: http.IncomingMessage): Promise<ServedRequest> {
  const { method = "GET", url: target = "/" } = incoming;
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
  let body = "";
  for await (const chunk of incoming.setEncoding("utf8")) body += chunk as string;
  return { method, target, headers: Object.fromEntries(headers) as Record<string, string>, body };
}

function reply(outgoing: http.ServerResponse, answer: ServedAnswer, timers: Set<ReturnType<typeof setTimeout>>): void {
  if (answer.delayMs === 0) return send(outgoing, answer, timers);
  const timer = setTimeout(() => {
    timers.delete(timer);
    try {
      send(outgoing, answer, timers);
    } catch {
      drop(outgoing);
    }
  }, answer.delayMs);
  timers.add(timer);
}

function send(outgoing: http.ServerResponse, answer: ServedAnswer, timers: Set<ReturnType<typeof setTimeout>>): void {
  const { status, headers, body, fault } = answer;
  switch (fault) {
    case null:
      outgoing.writeHead(status, headers).end(body);
      return;
    case "drop":
      drop(outgoing);
      return;
    case "silent":
      return;
    case "cut": {
      const bytes = new TextEncoder().encode(body);
      // It never has as many as it says, also where there is nothing that could be cut.
      outgoing.writeHead(status, { ...headers, "content-length": String(bytes.length + 1) });
      outgoing.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => drop(outgoing));
      return;
    }
    case "endless": {
      outgoing.writeHead(status, headers).write(body);
      const timer = setInterval(() => outgoing.write(" "), blankEveryMs);
      timers.add(timer);
      outgoing.on("close", () => {
        clearInterval(timer);
        timers.delete(timer);
      });
    }
  }
}

/** Closes the connection. Where the answer alone is destroyed, and late, Bun sends an empty one with the status 200. */
function drop(outgoing: http.ServerResponse): void {
  outgoing.socket?.destroy();
  outgoing.destroy();
}

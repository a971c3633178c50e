// @ts-check
/** A registry in a thread of its own. What it does with a request says the first part of the path: see far_server.ts. */
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { parentPort, workerData } from "node:worker_threads";

/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {import("node:http").ServerResponse} Outgoing */

/** @type {Record<string, number>} */
const counts = {};

/** @type {Record<string, (outgoing: Outgoing, argument: string, incoming: Incoming) => void>} */
const ways = {
  slow: (outgoing, ms) => void setTimeout(() => outgoing.end('["slow"]'), Number(ms)),
  big: (outgoing, bytes) => void outgoing.end(JSON.stringify(["ž".repeat(Number(bytes) / 2)])),
  gone: (outgoing) => void outgoing.destroy(),
  cut: (outgoing) => {
    outgoing.writeHead(200, { "content-length": 100 });
    outgoing.write('["cut', () => outgoing.destroy());
  },
  never: () => {},
  endless: (outgoing) => {
    const timer = setInterval(() => outgoing.write(" "), 5);
    outgoing.on("close", () => clearInterval(timer));
  },
  busy: (outgoing, times, { url = "" }) => {
    counts[url] = (counts[url] ?? 0) + 1;
    outgoing.writeHead(counts[url] <= Number(times) ? 503 : 200).end(JSON.stringify([String(counts[url])]));
  },
  login: (outgoing, _, { headers }) => void outgoing.end(JSON.stringify([headers.authorization ?? "none"])),
  token: (outgoing, token) => void outgoing.end(JSON.stringify({ access_token: token, expires_in: 300 })),
  away: (outgoing) => void outgoing.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  there: (outgoing) => void outgoing.writeHead(302, { location: "/slow/0" }).end(),
};

/** @type {(incoming: Incoming, outgoing: Outgoing) => void} */
const answer = (incoming, outgoing) => {
  const [, way = "", argument = ""] = (incoming.url ?? "").split("/");
  outgoing.on("error", () => {});
  incoming.resume().on("end", () => ways[way]?.(outgoing, argument, incoming));
};

const server = workerData ? createSecureServer(workerData, answer) : createServer(answer);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === "object" ? address?.port : undefined);
});

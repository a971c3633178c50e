/** Starts a registry in a thread of its own, which can answer while this one is blocked. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What a server over TLS shows, and whom it trusts, as PEM. */
export interface FarServerOptions {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** A server that runs. */
export interface FarServer extends AsyncDisposable {
  readonly port: number;
  /**
   * An address whose answers come in a way of their own: `slow/300` after so many milliseconds, `big/5000000` with so many
   * bytes, `gone` and `cut` with a connection that is closed before the answer and within it, `never` and `endless` as they
   * say, `busy/2` with so many times 503 first, `login` with who asked, `token/t` with a token, `away` and `there` with a
   * redirect.
   */
  url(way: string): string;
}

/** Starts one. */
export async function farServer(options: FarServerOptions | null = null): Promise<FarServer> {
  const worker = new Worker(new URL("./far_server.mjs", import.meta.url), { workerData: options });
  const [port] = await once(worker, "message") as [number];
  const origin = options === null ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  return {
    port,
    url: (way) => `${origin}/${way}`,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

/** Chooses how a configuration's requests are sent. The blocking client has a file of its own in its place. */
import type { HttpsSettings, HttpsTransport } from "../../ffi/https.ts";
import { errorCodes } from "../kafka/error_codes.ts";
import type { RegistrySettings } from "./config.ts";
import { SchemaRegistryError } from "./error.ts";
import { mockRegistry } from "./mock.ts";
import { fetchTransport, type Transport } from "./transport.ts";

/** The transports of a client. */
export interface Transports {
  readonly registry: Transport;
  /** For the requests to a token endpoint. */
  readonly tokens: Transport;
  /** Closes connections that are kept for later requests. */
  close(): Promise<void>;
}

/** Chooses the transports of a configuration; `given` is the user's own, for everything. */
export function openTransports(settings: RegistrySettings, given?: Transport): Transports {
  const close = () => Promise.resolve();
  if (given !== undefined) return { registry: given, tokens: given, close };
  if (settings.isMock) return { registry: mockRegistry(settings.urls[0]!).transport, tokens: fetchTransport, close };
  const { tls, proxy, auth } = settings;
  if (tls === null && proxy === null) return { registry: fetchTransport, tokens: fetchTransport, close };
  const registry = lazily({ ...tls, proxy, addsSystemAuthorities: false });
  if (auth.kind !== "oauth") return { registry, tokens: fetchTransport, close: registry.close };
  // The endpoint is another server: our certificate is not for it, and the secret we send is only for whom we trust.
  const tokens = lazily({ ca: tls?.ca ?? null, proxy, addsSystemAuthorities: true });
  return {
    registry,
    tokens,
    async close() {
      await registry.close();
      await tokens.close();
    },
  };
}

/** Loads the adapter with the first request. */
function lazily(settings: HttpsSettings): Transport & { close(): Promise<void> } {
  let opening: Promise<HttpsTransport> | undefined;
  const open = async (): Promise<HttpsTransport> => {
    const { openHttps } = await import("../../ffi/https.ts");
    return openHttps(settings);
  };
  const transport: Transport = async (request) => {
    opening ??= open();
    let adapter: HttpsTransport;
    try {
      adapter = await opening;
    } catch (cause) {
      // What could not be read may be there the next time.
      opening = undefined;
      throw new SchemaRegistryError(`Cannot prepare TLS: ${(cause as Error).message}`, {
        code: errorCodes._INVALID_ARG,
        cause,
      });
    }
    return await adapter.send(request);
  };
  const close = async (): Promise<void> => {
    const opened = opening;
    opening = undefined;
    await opened?.then((adapter) => adapter.close(), () => {});
  };
  return Object.assign(transport, { close });
}

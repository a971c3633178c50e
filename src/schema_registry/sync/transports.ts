/** Chooses how a configuration's requests are sent in a client that blocks. */
import { BlockingHttp } from "../../../ffi/blocking_http.ts";
import type { RegistrySettings } from "./config.ts";
import { mockTransport } from "./mock.ts";
import { type Transport, transportOver } from "./transport.ts";

/** The transports of a client. */
export interface Transports {
  readonly registry: Transport;
  /** For the requests to a token endpoint. */
  readonly tokens: Transport;
  /** Ends the workers. */
  close(): void;
}

/** Chooses the transports of a configuration; `given` is the user's own, for everything. */
export function openTransports(settings: RegistrySettings, given?: Transport): Transports {
  if (given !== undefined) return { registry: given, tokens: given, close() {} };
  const { tls, proxy, auth, isMock } = settings;
  const isPlain = tls === null && proxy === null;
  const own = new BlockingHttp(isPlain ? null : { ...tls, proxy, addsSystemAuthorities: false });
  // The endpoint is another server: our certificate is not for it, and the secret we send is only for whom we trust.
  const other = isPlain || auth.kind !== "oauth"
    ? own
    : new BlockingHttp({ ca: tls?.ca ?? null, proxy, addsSystemAuthorities: true });
  return {
    registry: isMock ? mockTransport(settings.urls[0]!) : transportOver(own),
    tokens: transportOver(other),
    close() {
      own.close();
      other.close();
    },
  };
}

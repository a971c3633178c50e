/** A listener that speaks TLS and no Kafka, with certificates made for it: to see who trusts whom. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { certificateFiles, makeCertificates } from "../../../scripts/kafka/certificates.ts";

/** Such a listener. */
export interface TlsListener extends AsyncDisposable {
  /** Host and port. */
  readonly address: string;
  /** The authority that has signed its certificate, PEM. */
  readonly authority: string;
  /** One that has not. */
  readonly otherAuthority: string;
  /** How many connections have come to an agreement. */
  readonly agreed: number;
}

/** Starts one. */
export async function listenTls(): Promise<TlsListener> {
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-tls-"));
  try {
    await makeCertificates(folder, "a password");
    const files = certificateFiles(folder);
    const read = (file: string): string => readFileSync(file, "utf8");
    const [authority, otherAuthority, server] = [files.ca, files.wrongCa, files.server].map(read);
    const sockets = new Set<TLSSocket>();
    let agreed = 0;
    const listener = createServer({ key: server!, cert: server! }, (socket) => {
      agreed++;
      sockets.add(socket.on("error", () => {}));
    });
    listener.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as { port: number };
    return {
      address: `127.0.0.1:${port}`,
      authority: authority!,
      otherAuthority: otherAuthority!,
      get agreed() {
        return agreed;
      },
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => listener.close(resolve));
      },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

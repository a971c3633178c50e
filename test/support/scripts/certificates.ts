/** Certificates for tests that need them, made by OpenSSL in a temporary folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertificateFiles, certificateFiles, makeCertificates } from "../../../scripts/kafka/certificates.ts";

/** The password of the client's locked key. */
export const keyPassword = "klíč 1";

/** Makes certificates; the folder is gone at the end of the block. */
export async function temporaryCertificates(): Promise<CertificateFiles & { readonly folder: string } & Disposable> {
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-certificates-"));
  await makeCertificates(folder, keyPassword);
  return {
    ...certificateFiles(folder),
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

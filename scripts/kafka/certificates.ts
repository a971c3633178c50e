/** Certificates for a secured Kafka, made by OpenSSL in some tenths of a second and good for two days. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, SetupError, tail } from "../setup/command.ts";

/** The files that {@link makeCertificates} makes, PEM all but the last. */
export interface CertificateFiles {
  /** The authority that signed the servers' and the client's certificates. */
  readonly ca: string;
  /** An authority that has signed nothing. */
  readonly wrongCa: string;
  /** Key and certificate of a server named `localhost` and `127.0.0.1`. */
  readonly server: string;
  /** Key and certificate of a server with another name. */
  readonly wrongHostServer: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** The client's key under a password. */
  readonly clientLockedKey: string;
  /** The client's key and certificate as PKCS#12, under the same password. */
  readonly clientKeystore: string;
}

/** Where the files of a folder are, whether or not they have been made. */
export function certificateFiles(folder: string): CertificateFiles {
  return {
    ca: join(folder, "ca.pem"),
    wrongCa: join(folder, "wrong-ca.pem"),
    server: join(folder, "server.pem"),
    wrongHostServer: join(folder, "wrong-host-server.pem"),
    clientCertificate: join(folder, "client.pem"),
    clientKey: join(folder, "client.key"),
    clientLockedKey: join(folder, "client-locked.key"),
    clientKeystore: join(folder, "client.p12"),
  };
}

const serverNames = "subjectAltName=DNS:localhost,IP:127.0.0.1";
const wrongNames = "subjectAltName=DNS:kafka.example";

/** Makes all of {@link certificateFiles}. */
export async function makeCertificates(folder: string, keyPassword: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "openssl.cnf"), configuration);
  await openssl(folder, ["ecparam", "-name", "prime256v1", "-out", "curve.pem"]);
  await Promise.all([makeAuthority(folder, "ca"), makeAuthority(folder, "wrong-ca")]);
  await Promise.all([
    makeCertificate(folder, "server", { names: serverNames, serial: 1 }),
    makeCertificate(folder, "wrong-host-server", { names: wrongNames, serial: 2 }),
    makeCertificate(folder, "client", { names: "subjectAltName=DNS:client", serial: 3 }),
  ]);
  for (const name of ["server", "wrong-host-server"]) {
    const path = join(folder, `${name}.pem`);
    // Kafka wants the key and the certificate in one file.
    writeFileSync(path, readFileSync(join(folder, `${name}.key`), "utf8") + readFileSync(path, "utf8"));
  }
  const password = `pass:${keyPassword}`;
  const locked = ["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", "client.key", "-out", "client-locked.key"];
  const keystore = ["pkcs12", "-export", "-in", "client.pem", "-inkey", "client.key", "-out", "client.p12"];
  await Promise.all([
    openssl(folder, [...locked, "-passout", password]),
    openssl(folder, [...keystore, "-passout", password]),
  ]);
}

async function makeAuthority(folder: string, name: string): Promise<void> {
  await openssl(folder, [
    ...["req", "-x509", "-config", "openssl.cnf", "-extensions", "authority", "-subj", `/CN=${name}`, "-days", "2"],
    ...[...newKey, "-keyout", `${name}.key`, "-out", `${name}.pem`],
  ]);
}

async function makeCertificate(
  folder: string,
  name: string,
  { names, serial }: { names: string; serial: number },
): Promise<void> {
  const request = ["req", "-new", "-config", "openssl.cnf", "-subj", `/CN=${name}`, ...newKey];
  await openssl(folder, [...request, "-keyout", `${name}.key`, "-out", `${name}.csr`]);
  writeFileSync(join(folder, `${name}.ext`), `${names}\n`);
  await openssl(folder, [
    ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", String(serial)],
    ...["-days", "2", "-sha256", "-extfile", `${name}.ext`, "-out", `${name}.pem`],
  ]);
}

const newKey = ["-newkey", "ec:curve.pem", "-nodes", "-sha256"];

/** The least that OpenSSL, and the LibreSSL of macOS, want to be told by a file. */
const configuration = `[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
`;

async function openssl(folder: string, parameters: readonly string[]): Promise<void> {
  const outcome = await run("openssl", parameters, { cwd: folder });
  if (outcome === undefined) {
    throw new SetupError('Cannot make certificates: "openssl" was not found (Debian: apt-get install openssl)');
  }
  if (outcome.code !== 0) {
    throw new SetupError(`Cannot make certificates: "openssl ${parameters[0]}" failed\n${tail(outcome.stderr)}`);
  }
}

/** TLS with one's own authorities and client certificates, and proxies, on all runtimes. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import {
  SchemaRegistryClient,
  type SchemaRegistryConfig,
  SchemaRegistryError,
} from "../../../src/schema_registry/mod.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { end, listen } from "../../support/schema_registry/servers.ts";
import { keyPassword, temporaryCertificates } from "../../support/scripts/certificates.ts";

type Certificates = Awaited<ReturnType<typeof temporaryCertificates>>;

/** A registry that only answers who shows a certificate of our authority. */
async function strictServer(
  files: Certificates,
  certificate: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    void response.end('["answered"]'),
): Promise<{ readonly url: string; readonly port: number } & AsyncDisposable> {
  const pem = readFileSync(certificate, "utf8");
  const options = {
    key: pem,
    cert: pem,
    ca: readFileSync(files.ca, "utf8"),
    requestCert: true,
    rejectUnauthorized: true,
  };
  const server = createServer(options, answer);
  server.on("tlsClientError", () => {});
  const port = await listen(server);
  return { url: `https://localhost:${port}`, port, [Symbol.asyncDispose]: () => end(server) };
}

async function subjects(config: SchemaRegistryConfig): Promise<string[]> {
  await using client = new SchemaRegistryClient({ "max.retries": 0, ...config });
  await client.getSubjects();
  return await client.getSubjects();
}

test("SchemaRegistryClient shows its certificate to a server it trusts, from files and from text", async () => {
  using files = await temporaryCertificates();
  await using server = await strictServer(files, files.server);
  const text = (file: string) => readFileSync(file, "utf8");
  const folder = join(files.folder, "authorities");
  mkdirSync(folder);
  writeFileSync(join(folder, "one.pem"), text(files.wrongCa));
  writeFileSync(join(folder, "two.pem"), text(files.ca));
  const both = join(files.folder, "both.pem");
  writeFileSync(both, text(files.clientKey) + text(files.clientCertificate));
  const configurations: readonly Partial<SchemaRegistryConfig>[] = [
    {
      "ssl.ca.location": files.ca,
      "ssl.certificate.location": files.clientCertificate,
      "ssl.key.location": files.clientKey,
    },
    {
      "ssl.ca.location": text(files.ca),
      "ssl.certificate.location": text(files.clientCertificate),
      "ssl.key.location": text(files.clientKey),
    },
    { "ssl.ca.location": folder, "ssl.certificate.location": both },
    {
      "ssl.ca.location": files.ca,
      "ssl.certificate.location": files.clientCertificate,
      "ssl.key.location": files.clientLockedKey,
      "ssl.key.password": keyPassword,
    },
  ];
  for (const config of configurations) {
    assertEquals(await subjects({ url: server.url, ...config }), ["answered"]);
  }
});

test("SchemaRegistryClient refuses a server it does not trust, unless verification is off", async () => {
  using files = await temporaryCertificates();
  await using server = await strictServer(files, files.server);
  await using renamed = await strictServer(files, files.wrongHostServer);
  const login = { "ssl.certificate.location": files.clientCertificate, "ssl.key.location": files.clientKey };
  const refused: readonly SchemaRegistryConfig[] = [
    { url: server.url, "ssl.ca.location": files.wrongCa, ...login },
    { url: server.url, ...login },
    { url: server.url },
    { url: renamed.url, "ssl.ca.location": files.ca, ...login },
    { url: server.url, "ssl.ca.location": files.ca },
  ];
  for (const config of refused) {
    const error = await assertRejects(() => subjects(config), SchemaRegistryError);
    assertEquals([error.codeName, error.httpStatusCode], ["_TRANSPORT", null]);
  }
  assertEquals(await subjects({ url: renamed.url, "ssl.ca.location": false, ...login }), ["answered"]);
});

test("SchemaRegistryClient says which file cannot be used, and does not try again", async () => {
  using files = await temporaryCertificates();
  await using server = await strictServer(files, files.server);
  const login = { "ssl.certificate.location": files.clientCertificate, "ssl.key.location": files.clientKey };
  const wrong: readonly [config: Partial<SchemaRegistryConfig>, reason: string][] = [
    [{ "ssl.ca.location": join(files.folder, "none.pem") }, "the authorities cannot be read (ENOENT)"],
    [{ ...login, "ssl.key.location": "geheim".repeat(1000) }, "the key cannot be read (ENAMETOOLONG)"],
    [{ ...login, "ssl.key.location": files.clientLockedKey }, "the key cannot be read"],
    [{ ...login, "ssl.key.location": files.clientLockedKey, "ssl.key.password": "geheim" }, "the key cannot be read"],
    [{ ...login, "ssl.key.location": files.server }, "the key is another one"],
    [{ "ssl.certificate.location": files.clientCertificate }, "the key cannot be read"],
    [{ ...login, "ssl.certificate.location": files.clientKey }, "the certificate cannot be read"],
  ];
  for (const [config, reason] of wrong) {
    const error = await assertRejects(
      () => subjects({ url: server.url, ...config, "max.retries": 9 }),
      SchemaRegistryError,
    );
    assertEquals([error.codeName, error.isRetriable], ["_INVALID_ARG", false]);
    assert(error.message.includes(reason), error.message);
    assert(!`${error.stack} ${(error.cause as Error).stack}`.includes("geheim"));
  }
});

test("SchemaRegistryClient bounds answers over its own TLS too", async () => {
  using files = await temporaryCertificates();
  await using server = await strictServer(files, files.server, (request, response) => {
    response.on("error", () => {});
    if (request.url!.startsWith("/subjects")) return void response.end(`"${"x".repeat(20_000_000)}"`);
    response.writeHead(200).write(" ");
  });
  const config = {
    url: server.url,
    "ssl.ca.location": files.ca,
    "ssl.certificate.location": files.clientCertificate,
    "ssl.key.location": files.clientKey,
    "max.retries": 0,
  };
  await using patient = new SchemaRegistryClient(config);
  assertEquals((await assertRejects(() => patient.getSubjects(), SchemaRegistryError)).codeName, "_BAD_MSG");
  await using brief = new SchemaRegistryClient({ ...config, timeout: 0.5 });
  assertEquals((await assertRejects(() => brief.getContexts(), SchemaRegistryError)).codeName, "_TIMED_OUT");
});

/** A proxy: what it was asked for, and the logins it was given. */
async function proxy(): Promise<{ readonly url: string; readonly asked: string[] } & AsyncDisposable> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
    response.end('["by proxy"]');
  });
  server.on("connect", (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"]}`);
    const [, port] = request.url!.split(":");
    const target = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(target).pipe(socket);
    });
    for (const each of [socket, target]) {
      sockets.add(each);
      each.on("error", () => {});
    }
  });
  const port = await listen(server);
  return {
    url: `http://user:pass@127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await end(server);
    },
  };
}

test("SchemaRegistryClient reaches a registry through a proxy's tunnel, and gives the rest to the proxy", async () => {
  using files = await temporaryCertificates();
  await using server = await strictServer(files, files.server);
  await using middle = await proxy();
  const tls = {
    "ssl.ca.location": files.ca,
    "ssl.certificate.location": files.clientCertificate,
    "ssl.key.location": files.clientKey,
  };
  assertEquals(await subjects({ url: server.url, proxy: middle.url, ...tls }), ["answered"]);
  const login = `Basic ${btoa("user:pass")}`;
  assert(middle.asked.length >= 1);
  assertEquals([...new Set(middle.asked)], [`CONNECT localhost:${server.port} ${login}`]);
  middle.asked.length = 0;
  assertEquals(await subjects({ url: "http://registry.example:8081", proxy: middle.url }), ["by proxy"]);
  assertEquals([...new Set(middle.asked.map((each) => each.replace(/\?\S*/, "")))], [
    `GET http://registry.example:8081/subjects ${login}`,
  ]);
  const wrong = { url: server.url, proxy: middle.url, ...tls, "ssl.ca.location": files.wrongCa };
  await assertRejects(() => subjects(wrong), SchemaRegistryError);
});

/** The worker that fetches for a client that blocks: how long it waits, what comes over, and how it ends. */
import { readFileSync, writeFileSync } from "node:fs";
import {
  OAuthTokenError,
  SchemaRegistryClient,
  SchemaRegistryError,
} from "../../../../src/schema_registry/sync/mod.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertThrows } from "../../../support/assert.ts";
import { temporaryCertificates } from "../../../support/scripts/certificates.ts";
import { farServer } from "../../../support/schema_registry/sync/far_server.ts";
import { runProgram } from "../../../support/program.ts";
import { thisRuntime } from "../../../support/this_runtime.ts";

const quick = { "retries.wait.ms": 1, "retries.max.wait.ms": 5, "max.retries": 0 } as const;

function failureOf(client: SchemaRegistryClient): SchemaRegistryError {
  return assertThrows(() => client.getSubjects(), SchemaRegistryError);
}

test("SchemaRegistryClient that blocks waits as long as the server takes", async () => {
  await using server = await farServer();
  using client = new SchemaRegistryClient({ url: server.url("slow/300") });
  for (let i = 0; i < 2; i++) {
    const started = performance.now();
    assertEquals(client.getSubjects(), ["slow"]);
    assertGreater(performance.now() - started, 290);
  }
});

test("SchemaRegistryClient that blocks is one of several, each with a worker of its own", async () => {
  await using server = await farServer();
  using one = new SchemaRegistryClient({ url: server.url("slow/1") });
  using other = new SchemaRegistryClient({ url: server.url("login"), "basic.auth.user.info": "u:p" });
  for (let i = 0; i < 3; i++) {
    assertEquals([one.getSubjects(), other.getSubjects()], [["slow"], [`Basic ${btoa("u:p")}`]]);
  }
  one.close();
  assertThrows(() => one.getSubjects(), Error, "the client is closed");
  assertEquals(other.getSubjects().length, 1);
});

test("SchemaRegistryClient that blocks gives up when the time is up, and works on", async () => {
  await using server = await farServer();
  for (const way of ["never", "endless"]) {
    using client = new SchemaRegistryClient({ ...quick, url: server.url(way), timeout: 0.2 });
    const started = performance.now();
    const error = failureOf(client);
    assertEquals([error.codeName, error.isRetriable], ["_TIMED_OUT", true]);
    assertLess(performance.now() - started, 5000);
    assert(error.message.endsWith("no answer within 200 ms"), error.message);
  }
  using both = new SchemaRegistryClient({
    ...quick,
    url: `${server.url("never")},${server.url("slow/0")}`,
    timeout: 0.2,
  });
  assertEquals([both.getSubjects(), both.getSubjects()], [["slow"], ["slow"]]);
});

test("SchemaRegistryClient that blocks tells of a connection that is closed, and of one that cannot be made", async () => {
  await using server = await farServer();
  for (const url of [server.url("gone"), server.url("cut"), "http://127.0.0.1:1"]) {
    using client = new SchemaRegistryClient({ ...quick, url });
    const error = failureOf(client);
    assertEquals([error.codeName, error.isRetriable, error.httpStatusCode], ["_TRANSPORT", true, null]);
    assert(error.cause instanceof Error);
  }
});

test("SchemaRegistryClient that blocks reads an answer of 5 MB, and not one above its bound", async () => {
  await using server = await farServer();
  using client = new SchemaRegistryClient({ ...quick, url: server.url("big/5000000") });
  const [text = ""] = client.getSubjects();
  assertEquals([text.length, text === "ž".repeat(2_500_000)], [2_500_000, true]);
  using tight = new SchemaRegistryClient({ ...quick, url: server.url("big/30000000") });
  const error = failureOf(tight);
  assertEquals([error.codeName, error.isRetriable], ["_BAD_MSG", false]);
});

test("SchemaRegistryClient that blocks tries again, and follows a redirect on its origin only", async () => {
  await using server = await farServer();
  using busy = new SchemaRegistryClient({ ...quick, url: server.url("busy/2"), "max.retries": 3 });
  assertEquals(busy.getSubjects(), ["3"]);
  using there = new SchemaRegistryClient({ ...quick, url: server.url("there") });
  assertEquals(there.getSubjects(), ["slow"]);
  using away = new SchemaRegistryClient({ ...quick, url: server.url("away") });
  assert(failureOf(away).message.includes("leads away"));
});

test("SchemaRegistryClient that blocks gets tokens, and shows no secret where it gets none", async () => {
  await using server = await farServer();
  const oauth = (endpoint: string) => ({
    ...quick,
    url: server.url("login"),
    "bearer.auth.credentials.source": "OAUTHBEARER",
    "bearer.auth.logical.cluster": "c",
    "bearer.auth.client.id": "id",
    "bearer.auth.client.secret": "geheim",
    "bearer.auth.scope": "s",
    "bearer.auth.issuer.endpoint.url": endpoint,
  } as const);
  using client = new SchemaRegistryClient(oauth(server.url("token/t1")));
  assertEquals([client.getSubjects(), client.getContexts()], [["Bearer t1"], ["Bearer t1"]]);
  for (const endpoint of [server.url("login"), "http://127.0.0.1:1", server.url("cut")]) {
    using refused = new SchemaRegistryClient(oauth(endpoint));
    const error = assertThrows(() => refused.getSubjects(), OAuthTokenError);
    const shown = `${error.stack} ${(error.cause as Error | undefined)?.stack} ${JSON.stringify(error)}`;
    assert(!/geheim|Basic/.test(shown), shown);
  }
});

test("SchemaRegistryClient that blocks shows its certificate, and refuses a server it does not trust", async () => {
  using files = await temporaryCertificates();
  const [pem, ca] = [readFileSync(files.server, "utf8"), readFileSync(files.ca, "utf8")];
  await using server = await farServer({ key: pem, cert: pem, ca, requestCert: true, rejectUnauthorized: true });
  const mine = {
    ...quick,
    url: server.url("slow/1"),
    "ssl.certificate.location": files.clientCertificate,
    "ssl.key.location": files.clientKey,
  };
  using client = new SchemaRegistryClient({ ...mine, "ssl.ca.location": files.ca });
  assertEquals([client.getSubjects(), client.getSubjects()], [["slow"], ["slow"]]);
  using stranger = new SchemaRegistryClient({ ...mine, "ssl.ca.location": files.wrongCa });
  assertEquals(failureOf(stranger).codeName, "_TRANSPORT");
  const missing = `${files.ca}.later`;
  using early = new SchemaRegistryClient({ ...mine, "ssl.ca.location": missing });
  const error = failureOf(early);
  assertEquals([error.codeName, error.message.startsWith("Cannot prepare TLS: ")], ["_INVALID_ARG", true]);
  writeFileSync(missing, ca);
  assertEquals(early.getSubjects(), ["slow"]);
});

for (const way of ["close", "leave", "worker"]) {
  test(`SchemaRegistryClient that blocks lets the process end by itself: ${way}`, { timeoutMs: 40_000 }, async () => {
    await using server = await farServer();
    const { end, output, ms } = await runProgram(thisRuntime, "schema_registry/sync/ending.mjs", {
      args: [server.url("slow/1"), way],
    });
    assertEquals([end, output.trim()], [0, "slow"]);
    assertLess(ms, 15_000);
  });
}

test("SchemaRegistryClient that blocks refuses a thread that may not block, at once", () => {
  const { wait } = Atomics;
  try {
    // As a browser's main thread has it.
    Atomics.wait = () => {
      throw new TypeError("Atomics.wait cannot be called in this context");
    };
    using client = new SchemaRegistryClient({ url: "http://127.0.0.1:1" });
    const error = failureOf(client);
    assertEquals([error.codeName, error.isRetriable], ["_UNSUPPORTED_FEATURE", false]);
    assert(error.message.includes("this thread may not block"), error.message);
  } finally {
    Atomics.wait = wait;
  }
});

test("SchemaRegistryClient that blocks looks at its signal before each request", () => {
  using client = new SchemaRegistryClient({ url: "http://127.0.0.1:1" });
  const reason = new Error("mine");
  assertThrows(() => client.getSubjects({ signal: AbortSignal.abort(reason) }), Error, "mine");
});

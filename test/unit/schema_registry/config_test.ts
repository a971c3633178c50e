/** The configuration of a registry client: what is refused, and that no secret is shown. */
import { readFileSync } from "node:fs";
import { SchemaRegistryClient, type SchemaRegistryConfig } from "../../../src/schema_registry/mod.ts";
import { checkRegistryConfig } from "../../../src/schema_registry/config.ts";
import { version } from "../../../src/schema_registry/version.ts";
import { KafkaError } from "../../../src/kafka/error.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../support/assert.ts";

interface Vector {
  readonly name: string;
  readonly op: string;
  readonly format: string;
  readonly portMust: string;
  readonly clientConf: Readonly<Record<string, unknown>>;
}

const golden = JSON.parse(readFileSync(new URL("../../golden/negative.json", import.meta.url), "utf8")) as {
  cases: readonly Vector[];
};
const vectors = golden.cases.filter(({ format }) => format === "CLIENT");

function refusal(config: Readonly<Record<string, unknown>>): string {
  const error = assertThrows(() => new SchemaRegistryClient(config as unknown as SchemaRegistryConfig));
  assert(error instanceof KafkaError);
  assertEquals(error.codeName, "_INVALID_ARG");
  return error.message;
}

test("SchemaRegistryClient refuses every configuration that must be refused", () => {
  assertEquals(vectors.length, 13);
  for (const { clientConf, portMust } of vectors) {
    assertEquals(portMust, "configuration error");
    refusal(clientConf);
  }
});

test("SchemaRegistryClient names the key that was meant, and all problems at once", () => {
  const text = refusal({ url: "http://x", "max.retrys": 1, "timeout": "5" });
  assertEquals(text.split("\n"), [
    'Cannot set "max.retrys": there is no such key, did you mean "max.retries"?',
    'Cannot set "timeout": a number is expected, not a string',
  ]);
});

test("SchemaRegistryClient shows no secret in a refusal", () => {
  const secret = "geh@im/ni:s";
  const texts = [
    refusal({ url: `http://user:${secret}@[bad` }),
    refusal({ url: `ftp://user:${secret}@x` }),
    refusal({ url: `user:${secret}@x` }),
    refusal({ url: "http://user:geh,im@x" }),
    refusal({ url: "http://user:geh,ni:s@x:1,http://user:im/@x" }),
    refusal({ url: "http://x", proxy: "http://user:geh,ni:s@x:port" }),
    refusal({ url: "http://user:geh" }),
    refusal({ url: "http://x", proxy: `socks://user:${secret}@x` }),
    refusal({ url: "http://x", "basic.auth.user.info": secret.replace(":", "") }),
    refusal({ url: "http://x", "bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.token": secret }),
  ];
  for (const text of texts) assert(!/geh|im\/|ni:?s/.test(text), text);
});

test("checkRegistryConfig() takes user and password out of the addresses", () => {
  const { urls, auth } = checkRegistryConfig({ url: "https://us%40er:p%3Aw@one:8081/base/, https://two/" });
  assertEquals(urls, ["https://one:8081/base", "https://two"]);
  assertEquals(auth, { kind: "fixed", headers: { authorization: `Basic ${btoa("us@er:p:w")}` } });
});

test("checkRegistryConfig() takes a password without a user, as Python does", () => {
  const { auth } = checkRegistryConfig({ url: "http://:geheim@one" });
  assertEquals(auth, { kind: "fixed", headers: { authorization: `Basic ${btoa(":geheim")}` } });
  assertMatch(refusal({ url: "http://:geheim@one", "basic.auth.user.info": "u:p" }), /in the "url" too/);
});

const url = "http://x";
const token = {
  url,
  "bearer.auth.credentials.source": "STATIC_TOKEN",
  "bearer.auth.token": "t",
  "bearer.auth.logical.cluster": "c",
};

test("SchemaRegistryClient refuses keys of authentication that no source uses, or another one", () => {
  const unused: readonly (readonly [config: Readonly<Record<string, unknown>>, ...keys: string[]])[] = [
    [{ url, "bearer.auth.token": "geheim" }, "bearer.auth.token"],
    [
      { url, "bearer.auth.client.id": "geheim", "bearer.auth.client.secret": "geheim" },
      "bearer.auth.client.id",
      "bearer.auth.client.secret",
    ],
    [{ url, "bearer.auth.assertion.private.key.file": "geheim" }, "bearer.auth.assertion.private.key.file"],
    [{ url, "bearer.auth.assertion.claim.jti.include": false }, "bearer.auth.assertion.claim.jti.include"],
    [{ url, "bearer.auth.custom.provider.function": () => "geheim" }, "bearer.auth.custom.provider.function"],
    [{ url, "sasl.username": "geheim", "sasl.password": "geheim" }, "sasl.username", "sasl.password"],
    [{ url, "basic.auth.user.info": "u:p", "sasl.password": "geheim" }, "sasl.password"],
    [
      { url, "basic.auth.credentials.source": "USER_INFO", "basic.auth.user.info": "u:p", "sasl.username": "geheim" },
      "sasl.username",
    ],
    [{ ...token, "bearer.auth.grant.type": "geheim" }, "bearer.auth.grant.type"],
    [{ ...token, "bearer.auth.assertion.private.key.file": "geheim" }, "bearer.auth.assertion.private.key.file"],
    [{ ...token, "bearer.auth.issuer.endpoint.query": "geheim" }, "bearer.auth.issuer.endpoint.query"],
    [
      {
        url,
        "bearer.auth.credentials.source": "CUSTOM",
        "bearer.auth.custom.provider.function": () => "",
        "bearer.auth.logical.cluster": "geheim",
      },
      "bearer.auth.logical.cluster",
    ],
  ];
  for (const [config, ...keys] of unused) {
    const lines = refusal(config).split("\n");
    assertEquals(lines.map((line) => /^Cannot set "([\w.]+)": it needs /.exec(line)?.[1]), keys);
    assert(!lines.join().includes("geheim"), lines.join());
  }
  assertEquals(
    refusal({ url, "bearer.auth.token": "geheim" }),
    'Cannot set "bearer.auth.token": it needs "bearer.auth.credentials.source" to be STATIC_TOKEN',
  );
  assertMatch(refusal({ ...token, "bearer.auth.scope": "s" }), /to be OAUTHBEARER, not STATIC_TOKEN$/);
  assertMatch(refusal({ url, "bearer.auth.identity.pool.id": "p" }), /to be one of OAUTHBEARER, .*, STATIC_TOKEN$/);
  // What the source should have been is one problem, and not one with each of its keys.
  const wrong = refusal({ ...token, "bearer.auth.credentials.source": "TOKEN" });
  assertEquals(wrong.split("\n").length, 1);
});

test("SchemaRegistryClient wants an object for the function that gives tokens", () => {
  const custom = {
    url,
    "bearer.auth.credentials.source": "CUSTOM",
    "bearer.auth.custom.provider.function": () => ({ "bearer.auth.token": "t" }),
  };
  for (const config of [[], "geheim", 5]) {
    assertMatch(
      refusal({ ...custom, "bearer.auth.custom.provider.config": config }),
      /^Cannot set "bearer.auth.custom.provider.config": an object is expected$/,
    );
  }
});

test("SchemaRegistryClient refuses user and password in a token endpoint's address", () => {
  for (const login of ["geheim:pass@", "geheim@", ":geheim@", "u:1/geheim@", "u:1?geheim@", "u:1#geheim@"]) {
    const address = { "bearer.auth.issuer.endpoint.url": `https://${login}login.example/token` };
    for (const source of ["OAUTHBEARER", "OAUTHBEARER_AZURE_IMDS"]) {
      const rest = source === "OAUTHBEARER"
        ? { "bearer.auth.client.id": "i", "bearer.auth.client.secret": "s", "bearer.auth.scope": "s" }
        : {};
      const text = refusal({
        url,
        "bearer.auth.credentials.source": source,
        "bearer.auth.logical.cluster": "c",
        ...rest,
        ...address,
      });
      assertMatch(text, /^Cannot set "bearer.auth.issuer.endpoint.url": user and password have no place in it/);
      assert(!text.includes("geheim"), text);
    }
  }
});

test("checkRegistryConfig() finds basic authentication where it is said to be", () => {
  const sasl = { "sasl.username": "u", "sasl.password": "p" };
  const inherited = checkRegistryConfig({ url, "basic.auth.credentials.source": "SASL_INHERIT", ...sasl });
  assertEquals(inherited.auth, { kind: "fixed", headers: { authorization: `Basic ${btoa("u:p")}` } });
  const given = checkRegistryConfig({
    url,
    "basic.auth.credentials.source": "USER_INFO",
    "basic.auth.user.info": "a:b",
  });
  assertEquals(given.auth, { kind: "fixed", headers: { authorization: `Basic ${btoa("a:b")}` } });
  assertMatch(refusal({ url, "basic.auth.credentials.source": "SASL_INHERIT" }), /"sasl.username"[^]*"sasl.password"/);
  assertMatch(refusal({ url, "basic.auth.credentials.source": "USER_INFO" }), /"basic.auth.user.info"/);
  assertMatch(
    refusal({
      url: "http://u:p@x",
      "bearer.auth.credentials.source": "STATIC_TOKEN",
      "bearer.auth.token": "t",
      "bearer.auth.logical.cluster": "c",
    }),
    /basic authentication is set too/,
  );
});

test("checkRegistryConfig() has defaults, and takes seconds where the key says so", () => {
  const defaults = checkRegistryConfig({ url: "http://x", timeout: null });
  assertEquals(
    [defaults.timeoutMs, defaults.maxRetries, defaults.retriesWaitMs, defaults.retriesMaxWaitMs],
    [30_000, 3, 1000, 20_000],
  );
  assertEquals([defaults.cacheCapacity, defaults.latestTtlMs], [1000, 300_000]);
  const set = checkRegistryConfig({ url: "http://x", timeout: 0.5, "cache.latest.ttl.sec": Infinity });
  assertEquals([set.timeoutMs, set.latestTtlMs], [500, Infinity]);
  assertMatch(refusal({ url: "http://x", timeout: 30_000 }), /seconds from 0.001 to 3600/);
});

test("the version that registries are told is the package's", () => {
  const project = JSON.parse(readFileSync(new URL("../../../deno.json", import.meta.url), "utf8")) as {
    version: string;
  };
  assertEquals(version, project.version);
});

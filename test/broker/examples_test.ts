/** The examples that log in, which a mock cluster knows nothing of, and those with a schema, with a real registry. */
import { readFileSync } from "node:fs";
import { main as avro } from "../../examples/avro.ts";
import { main as avroBlocking } from "../../examples/avro_blocking.ts";
import { main as jsonSchema } from "../../examples/json_schema.ts";
import { main as oauthbearer } from "../../examples/oauthbearer.ts";
import { main as protobuf } from "../../examples/protobuf.ts";
import { main as saslSsl } from "../../examples/sasl_ssl.ts";
import { testBroker } from "../harness.ts";
import { assertEquals } from "../support/assert.ts";
import { registryUrl } from "../support/schema_registry/real.ts";
import { testSecure } from "../support/scripts/secure.ts";
import { logged } from "../support/showing.ts";

testSecure("examples/oauthbearer.ts does what it says", async ({ listeners }) => {
  assertEquals(await logged(() => oauthbearer(listeners.sasl)), ["delivered: a postcard", "2 tokens were fetched"]);
});

testSecure("examples/sasl_ssl.ts does what it says", async ({ listeners, username, password, files }) => {
  const run = (login: { password?: string; ca?: string } = {}): Promise<string[]> =>
    logged(() => saslSsl(listeners.saslSsl, { username, password, ca: readFileSync(files.ca, "utf8"), ...login }));
  assertEquals(await run(), ["ada is logged in, and has written to letters"]);
  const [wrong] = await run({ password: "wrong" });
  assertEquals(wrong?.startsWith("_AUTHENTICATION: SASL authentication error"), true, wrong);
  const [strange] = await run({ ca: readFileSync(files.wrongCa, "utf8") });
  assertEquals(strange?.startsWith("_SSL: the broker's certificate could not be verified"), true, strange);
});

const withSchema = {
  "avro.ts": { main: avro, end: "a desk costs 199.00 EUR" },
  "avro_blocking.ts": { main: avroBlocking, end: "cellar: 12 °C" },
  "json_schema.ts": { main: jsonSchema, end: "Ada stays for 2 nights" },
  "protobuf.ts": {
    main: protobuf,
    end: "sighting 1152921504606846976: something with some legs, nobody knows where",
  },
};

for (const [name, { main, end }] of Object.entries(withSchema)) {
  testBroker(`examples/${name} does the same with a real registry`, async ({ bootstrapServers }) => {
    assertEquals((await logged(() => main(bootstrapServers, registryUrl()))).at(-1), end);
  });
}

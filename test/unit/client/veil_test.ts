/** What is taken out of texts before they are shown. */
import { Veil } from "../../../src/client/veil.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";

test("Veil.hide() takes out passwords and keys, and leaves names and paths", () => {
  const veil = new Veil(
    new Map([
      ["sasl.username", "ada-lovelace"],
      ["sasl.password", "first-secret"],
      ["ssl.key.location", "/keys/client.key"],
      ["ssl.key.pem", "-----BEGIN KEY-----"],
      ["sasl.oauthbearer.client.secret", "second-secret"],
      ["sasl.oauthbearer.token.endpoint.url", "https://login.example"],
    ]),
  );
  assertEquals(
    veil.hide(
      "ada-lovelace first-secret /keys/client.key -----BEGIN KEY----- second-secret first-secret https://login.example",
    ),
    "ada-lovelace [redacted] /keys/client.key [redacted] [redacted] [redacted] https://login.example",
  );
});

test("Veil.add() takes out what is learnt later, of which it keeps the newest", () => {
  const veil = new Veil(new Map([["sasl.password", "abc"]]));
  // Too short to be looked for: it would be found everywhere.
  veil.add("x");
  assertEquals(veil.hide("abc x"), "abc x");
  for (const token of ["token-1", "token-2", "token-1", "token-3", "token-4"]) veil.add(token);
  assertEquals(veil.hide("token-1 token-2 token-3 token-4"), "[redacted] token-2 [redacted] [redacted]");
});

/** The forms of text that CEL rules ask for: what is one, and what only looks like one. */
import { isEmail, isHostname, isIpv4, isIpv6, isUri, isUriRef, isUuid } from "../../../../src/serde/rules/cel_text.ts";
import { test } from "../../../harness.ts";
import { assertEquals } from "../../../support/assert.ts";

const forms = { isEmail, isHostname, isIpv4, isIpv6, isUri, isUriRef, isUuid };

const vectors: Readonly<
  Record<keyof typeof forms, { readonly yes: readonly string[]; readonly no: readonly string[] }>
> = {
  isEmail: {
    yes: ["a@b", "ada.l+x@mail.example.com", "a_b!#$@b-c.d"],
    no: ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@-b", "a@b..c", "Ada <a@b>", "a@b\n", `${"a".repeat(320)}@b`],
  },
  isHostname: {
    yes: ["localhost", "a.b.example", "xn--a.example.", "a-b.c0", "A.B"],
    no: [
      "",
      ".",
      "-a",
      "a-",
      "a..b",
      "a_b",
      "1.2.3.4",
      "a.1",
      "é.example",
      `${"a".repeat(64)}.b`,
      `${"a.".repeat(130)}b`,
    ],
  },
  isIpv4: {
    yes: ["0.0.0.0", "255.255.255.255"],
    no: ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.1.1.1", "1.1.1.1 ", "a.b.c.d"],
  },
  isIpv6: {
    yes: [
      "::",
      "::1",
      "1::",
      "1:2:3:4:5:6:7:8",
      "fe80::1%eth0",
      "::ffff:1.2.3.4",
      "1:2:3:4:5:6:1.2.3.4",
      "2001:DB8::a",
    ],
    no: [
      "",
      ":",
      ":::",
      "1",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "12345::",
      "g::",
      "::1.2.3.256",
      "1.2.3.4::",
      "::1%",
      ":1:2:3:4:5:6:7",
      "[::1]",
    ],
  },
  isUri: {
    yes: [
      "https://user:pw@example.com:8080/a/b?c=d#e",
      "mailto:ada@example.com",
      "urn:x:y",
      "http://[::1]:80/",
      "a:",
      "http://[v1.x]/",
      "file:///a%20b",
    ],
    no: [
      "",
      "a",
      "/a",
      "1a:b",
      "http://a b",
      "http://[::1",
      "http://[g::]/",
      "http://a:99999/",
      "http://a:b/",
      "a:%",
      "a:%zz",
      "a:<b>",
      "http://é/",
      "http://[fe80::1%25]/",
    ],
  },
  isUriRef: {
    yes: ["", "a", "/a", "//host/a", "?q", "#f", "../a", "http://a"],
    no: ["a b", "\\a", "%", "#a#b", "//[x]/", "^"],
  },
  isUuid: {
    yes: ["9b5d6c1e-0000-4000-8000-000000000000", "9B5D6C1E-0000-4000-8000-ABCDEFABCDEF"],
    no: [
      "",
      "9b5d6c1e00004000800000000000000",
      "{9b5d6c1e-0000-4000-8000-000000000000}",
      "9b5d6c1e-0000-4000-8000-00000000000g",
    ],
  },
};

for (const [name, { yes, no }] of Object.entries(vectors)) {
  test(`${name}() knows what is one and what is not`, () => {
    const is = forms[name as keyof typeof forms];
    assertEquals(yes.filter((text) => !is(text)), []);
    assertEquals(no.filter((text) => is(text)), []);
  });
}

test("isEmail() and the others end on hostile texts", () => {
  const start = performance.now();
  for (const is of Object.values(forms)) {
    for (
      const text of [
        "a".repeat(100_000),
        "a.".repeat(50_000),
        `a@${"b-".repeat(50_000)}`,
        "%20".repeat(30_000),
        ":".repeat(60_000),
      ]
    ) is(text);
  }
  assertEquals(performance.now() - start < 2000, true);
});

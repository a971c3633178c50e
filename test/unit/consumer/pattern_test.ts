/** Topic patterns: what a RegExp becomes, and what is refused. */
import { topicPattern } from "../../../src/consumer/pattern.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../support/assert.ts";

const names = [
  "orders",
  "orders-1",
  "old-orders",
  "orders.eu",
  "ORDERS",
  "order",
  "a_b",
  "tx",
  "t",
  "s",
  "7",
  "-",
  "_x",
];

test("topicPattern() matches the names that the RegExp matches", () => {
  const patterns = [
    /orders/,
    /^orders/,
    /orders$/,
    /^orders$/,
    /^old|eu$/,
    /orders\.eu/,
    /^[a-z]+-\d$/,
    /\w_\w/,
    /[\w.]+\.eu/,
    /^[^o]/,
    /^(?:old-)?orders$/,
    /^orders?$/,
    /^o{1}r/,
    /[-]/,
    /^[\d-]$/,
    /^[a\-z]$/,
    /^[\^t]$/,
    /^[t\]\\]$/,
    /^\W$/,
    /^[\D]$/,
    /^[\s\w]$/,
    /^[^]$/,
    /^.$/,
    /^o{1,}r{1,2}d/,
    new RegExp(""),
  ];
  for (const pattern of patterns) {
    const converted = topicPattern(pattern);
    assert(converted.startsWith("^"), `${pattern} became ${converted}, which librdkafka takes for a name`);
    // Searching is what librdkafka does with it, matching the whole name is what a broker does: both must agree.
    const found = (whole: string) => names.filter((name) => new RegExp(whole).test(name));
    const expected = names.filter((name) => pattern.test(name));
    assertEquals(found(converted), expected, `${pattern} became ${converted}`);
    assertEquals(found(`^(?:${converted})$`), expected, `${pattern} became ${converted}, as a whole`);
  }
});

test("topicPattern() writes nothing that only JavaScript knows", () => {
  const converted: [RegExp, string][] = [
    [/\d\W/, "[0-9][.-]"],
    [/[\d\w.]/, "[A-Za-z0-9._]"],
    [/(?:a|b)+/, "(a|b)+"],
    [/a\/b\.c\-d/, "a/b\\.c-d"],
    [/[\^-]/, "[-]"],
    [/[a\-zd-g]/, "[ad-gz-]"],
  ];
  for (const [pattern, expected] of converted) assertEquals(topicPattern(pattern), `^.*(${expected}).*$`);
});

test("topicPattern() refuses what has no counterpart, naming it", () => {
  const refused: [RegExp, RegExp][] = [
    [/orders/i, /flags "i"/],
    [/orders/g, /flags "g"/],
    [/(?=a)/, /\(\?/],
    [/(?<!a)b/, /\(\?/],
    [/(?<name>a)/, /\(\?/],
    [/a+?/, /lazy/],
    [/a??/, /lazy/],
    [/a{1,2}?/, /lazy/],
    [/(a)\1/, /"\\1"/],
    [/\bword\b/, /"\\b"/],
    [/\u0061/, /"\\u"/],
    [/\s/, /no topic name has a character of \\s/],
    [/a[\]\\]?/, /no topic name/],
    [new RegExp("[]"), /no topic name/],
    [/a{/, /bare "\{"/],
    [/a{,3}/, /bare "\{"/],
  ];
  for (const [pattern, reason] of refused) {
    const error = assertThrows(() => topicPattern(pattern), TypeError);
    assertMatch(error.message, /^Cannot subscribe to \//);
    assertMatch(error.message, reason, String(pattern));
  }
});

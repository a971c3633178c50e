/** The check of `src/PYTHON.md`: each kind of lie on the page has to be found. */
import { compare, readLines } from "../../../scripts/mapping/page.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";

const theirs = ["Producer", "Producer.flush", "Producer.flush(timeout)", "KafkaError._FAIL", "KafkaError.name"];
const ours = new Set(["Producer", "Producer.flush", "errorCodes._FAIL", "KafkaError.codeName", "ProducerConfig.acks"]);
const page = `
| confluent-kafka-python | Here                  | What differs |
| ---------------------- | --------------------- | ------------ |
| \`Producer\`           | \`Producer\`, \`"acks"\` |           |
| \`Producer.flush*\`    | \`Producer.flush\`    |              |
| \`KafkaError.name\`    | \`KafkaError.codeName\` |            |
| \`KafkaError.*\`       | \`errorCodes.*\`      |              |
`;
const check = (text: string, names = theirs): string[] => compare(readLines(text), names, ours);

test("compare() has nothing to say of a page that is right", () => {
  assertEquals(check(page), []);
});

test("compare() names what of the Python package has no line", () => {
  assertEquals(check(page, [...theirs, "Producer.flushed", "Consumer"]), [
    "no line for Producer.flushed",
    "no line for Consumer",
  ]);
  assertEquals(check(page.replace("Producer.flush*", "Producer.flush")), ["no line for Producer.flush(timeout)"]);
});

test("compare() names what of ours does not exist, by itself or by a pattern", () => {
  assertEquals(check(page.replace('"acks"', '"axe"')), ['line 4: there is no "axe" here']);
  assertEquals(check(page, [...theirs, "KafkaError._NEW"]), ["line 7: there is no errorCodes._NEW here"]);
});

test("compare() names a line that is about nothing, and one that gives no reason", () => {
  assertEquals(check(`${page}| \`Consumer\` | \`Producer\` | |\n`), ["line 8: confluent-kafka-python has no Consumer"]);
  assertEquals(check(`${page}| \`Producer\` | – | |\n`), ["line 8: neither a name of ours nor a reason"]);
  assertEquals(check(`${page}| \`Producer\` | – | because |\n`), []);
});

/** CEL rules on Protobuf messages: what is set in them, and what they become, as in confluent-kafka-python. */
import { fromJson, type JsonValue, type Message, toBinary } from "@bufbuild/protobuf";
import { loadProtoFile } from "../../../../src/serde/protobuf/descriptors.ts";
import { typedMessage } from "../../../../src/serde/protobuf/typed.ts";
import { CelExecutor } from "../../../../src/serde/rules/cel.ts";
import { RuleError } from "../../../../src/serde/rules/error.ts";
import type { RuleContext } from "../../../../src/serde/rules/types.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { golden, toHex } from "../../../support/golden.ts";

interface MessageCase {
  readonly name: string;
  readonly kind: "CONDITION" | "TRANSFORM";
  readonly value: JsonValue;
  readonly vectors: readonly {
    readonly expr: string;
    readonly result?: JsonValue;
    readonly error?: string;
    readonly portMust?: JsonValue;
  }[];
}

const file = golden<MessageCase>("cel-messages.json") as ReturnType<typeof golden<MessageCase>> & {
  readonly schema: string;
};
const schema = { schema: file.schema, schemaType: "PROTOBUF" } as const;
const loaded = loadProtoFile(schema, []);
const type = loaded.registry.getMessage("shop.Order")!;
const executor = new CelExecutor();

function run(expr: string, kind: MessageCase["kind"], value: Message): unknown {
  const rule = { name: "r", kind, mode: "WRITE", type: "CEL", expr } as const;
  const typed = (one: unknown) => typedMessage({ ...loaded, message: type }, one);
  const context: RuleContext = {
    mode: "WRITE",
    rule,
    index: 0,
    rules: [rule],
    subject: "s",
    source: null,
    target: schema,
    message: { topic: "t", field: "value", headers: [] },
    original: value,
    parameter: () => undefined,
    typed,
  };
  return executor.transform(context, value);
}

const hexOf = (message: Message): string => toHex(toBinary(type, message));

function outcomeOf(expr: string, kind: MessageCase["kind"], value: Message): unknown {
  let result: unknown;
  try {
    result = run(expr, kind, value);
  } catch (error) {
    if (error instanceof RuleError) return "an error";
    throw error;
  }
  return kind === "CONDITION" ? result : hexOf(result as Message);
}

for (const { name, kind, value, vectors } of file.cases) {
  test(`CEL rules on messages agree with the golden case ${name}`, () => {
    const wrong: unknown[] = [];
    for (const { expr, result, error, portMust } of vectors) {
      const message = fromJson(type, value);
      const wanted = portMust ?? result;
      // Python does not compare a number with null; CEL says that they are not equal.
      const expected = expr === "message.wrapped_int == null"
        ? Object.keys(value as object).length === 0
        : error !== undefined && portMust === undefined
        ? "an error"
        : kind === "CONDITION"
        ? wanted
        : hexOf(fromJson(type, wanted!));
      const given = outcomeOf(expr, kind, message);
      if (given !== expected) wrong.push([expr, given, expected]);
      assertEquals(hexOf(message), hexOf(fromJson(type, value)));
    }
    assertEquals(wrong, []);
  });
}

test("The golden file of CEL rules on messages is whole", () => {
  assertEquals(file.cases.map(({ vectors }) => vectors.length), [67, 67, 128, 128]);
});

test("CEL rules on messages say of a result that does not fit which field it is for, and nothing of it", () => {
  const message = fromJson(type, { note: "s3cret" });
  const error = assertThrows(() => run("{'small': message.note}", "TRANSFORM", message), RuleError);
  assertEquals(error.message, `Cannot write the rule's result to "shop.Order.small": a whole number is wanted`);
  const range = assertThrows(() => run("{'numbers': [2147483648]}", "TRANSFORM", message), RuleError);
  assert(range.message.endsWith('"shop.Order.numbers": the value is out of range, or of another type'), range.message);
});

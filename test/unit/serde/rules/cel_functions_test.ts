/** The functions of CEL rules for decimals, timestamps and variants: what they give in confluent-kafka-python. */
import { type CelInput, celMap, isCelList, isCelMap, isCelUint } from "@bufbuild/cel";
import { type Message, toJson } from "@bufbuild/protobuf";
import { isReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { CelPlans } from "../../../../src/serde/rules/cel_plan.ts";
import { decimalMessage, decimalParts } from "../../../../src/serde/rules/cel_decimal_type.ts";
import { RuleError } from "../../../../src/serde/rules/error.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { golden, toHex } from "../../../support/golden.ts";

interface CelCase {
  readonly name: string;
  readonly vectors: readonly {
    readonly expr: string;
    readonly result?: unknown;
    readonly error?: string;
    readonly portMust?: unknown;
  }[];
}

const plans = new CelPlans();

/** A result as the golden file has it. */
function tagged(value: unknown): unknown {
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number") return { $double: doubleText(value) };
  if (value instanceof Uint8Array) return { $bytes: toHex(value) };
  if (typeof value !== "object" || value === null) return value;
  if (isCelUint(value)) return { $uint: String(value.value) };
  if (isCelList(value)) return Array.from(value, tagged);
  if (isCelMap(value)) return Object.fromEntries([...value.entries()].map(([key, one]) => [String(key), tagged(one)]));
  const decimal = decimalParts(value);
  if (decimal !== null) return { $decimal: [String(decimal.unscaled), decimal.scale] };
  if (!isReflectMessage(value)) return String(value);
  const { message } = value;
  if (message.$typeName === TimestampSchema.typeName) return { $timestamp: toJson(TimestampSchema, message as never) };
  if (message.$typeName === DurationSchema.typeName) return { $duration: toJson(DurationSchema, message as never) };
  const { value: bytes, metadata } = message as unknown as {
    readonly value: Uint8Array;
    readonly metadata: Uint8Array;
  };
  return { $variant: [toHex(bytes), toHex(metadata)] };
}

/** A double in no form but its own: the digits that Python writes say the same. */
function doubleText(value: number): string {
  return Object.is(value, -0) ? "-0.0" : String(value);
}

function expected(result: unknown): unknown {
  if (typeof result !== "object" || result === null) return result;
  if (Array.isArray(result)) return result.map(expected);
  if ("$double" in result) {
    const text = String(result.$double);
    const number = Number(text.replace("inf", "Infinity"));
    return { $double: doubleText(number) };
  }
  return Object.fromEntries(
    Object.entries(result).map(([key, one]) => [key, key.startsWith("$") ? one : expected(one)]),
  );
}

function outcomeOf(expr: string): unknown {
  try {
    return tagged(plans.whole(expr)({}));
  } catch (error) {
    if (error instanceof RuleError) return "an error";
    throw error;
  }
}

const { cases } = golden<CelCase>("cel.json");

for (const { name, vectors } of cases) {
  test(`CEL's functions agree with the golden case ${name}`, () => {
    const wrong: unknown[] = [];
    for (const { expr, result, error, portMust } of vectors) {
      const wanted = portMust === undefined ? error === undefined ? expected(result) : "an error" : portMust;
      const given = outcomeOf(expr);
      if (JSON.stringify(given) !== JSON.stringify(wanted)) wrong.push([expr, given, wanted]);
    }
    assertEquals(wrong, []);
  });
}

test("The golden file of CEL's functions is whole", () => {
  assertEquals(cases.map(({ name, vectors }) => [name, vectors.length]), [
    ["decimals", 2561],
    ["timestamps", 37],
    ["formats", 25],
    ["strings", 16],
    ["variants", 959],
  ]);
});

/** A variant of arrays within arrays, in which all elements of one are the same part. */
function sharing(depth: number): Uint8Array {
  const bytes: number[] = [];
  // Two elements, both right behind the head: the next array.
  for (let level = 0; level < depth; level++) bytes.push(0x03, 2, 0, 0, 1);
  return Uint8Array.from([...bytes, 0]);
}

const long = "9".repeat(9000);
const hostile = [
  "decimals.add(decimal('1e2000000000'), decimal('1'))",
  "decimals.mod(decimal('1e2000000000'), decimal('7'))",
  "string(decimals.div(decimal('1e-2147483647'), decimal('1e2147483647')))",
  "decimals.round(decimal('1'), 2147483647)",
  "decimals.floor(decimal('1e2000000000'))",
  `decimals.mul(decimal('${long}'), decimal('${long}'))`,
  `decimal('${"1".repeat(20_000)}')`,
  "decimal(message.bytes, 0)",
  "message.decimal == message.decimal",
  "variants.toJson(variant(message.sharing, b'\\x01\\x00\\x00'))",
  `variants.parseJson(message.deep)`,
  "variants.path(variants.parseJson('[]'), message.deep)",
  "variants.parseJson(message.digits)",
];

for (const expr of hostile) {
  test(`CEL's functions end in time with ${expr.slice(0, 80)}`, () => {
    const message = celMap(
      new Map<string, CelInput>([
        ["bytes", new Uint8Array(10_000_000).fill(1)],
        ["decimal", reflect(decimalMessage({ unscaled: 1n, scale: 0 }).desc, hugeDecimal(), false)],
        ["sharing", sharing(100)],
        ["deep", "[".repeat(1_000_000)],
        ["digits", "9".repeat(1_000_000)],
      ]),
    );
    const start = performance.now();
    const error = assertThrows(() => plans.whole(expr)({ message }), RuleError);
    // The expression is the schema's; the reason behind it says nothing of a value.
    assert(/^[:\w. ,]*$/.test(error.message.split(`"${expr}"`).at(-1)!), error.message.slice(-100));
    assert(performance.now() - start < 5000, `${performance.now() - start} ms`);
  });
}

function hugeDecimal(): Message {
  return {
    ...decimalMessage({ unscaled: 1n, scale: 0 }).message,
    value: new Uint8Array(10_000_000).fill(1),
  } as Message;
}

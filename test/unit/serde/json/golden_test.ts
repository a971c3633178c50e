/** JSON Schema against what confluent-kafka-python did: the same verdicts and bytes, but for how numbers look. */
import { SerializationError } from "../../../../mod.ts";
import { jsonFormat } from "../../../../src/serde/json/format.ts";
import { Output } from "../../../../src/serde/output.ts";
import type { Schema } from "../../../../src/schema_registry/schema.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { bytesOf, goldenCases } from "../../../support/serde/golden_values.ts";

interface Vector {
  readonly input: unknown;
  readonly bytesHex?: string | null;
  readonly decoded?: unknown;
  readonly serializeError?: unknown;
  readonly deserializeError?: unknown;
}

interface Case {
  readonly name: string;
  readonly schema: string;
  readonly headerMode?: boolean;
  readonly subject: string;
  readonly strategy?: string;
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
  readonly registered: readonly { readonly subject: string; readonly version: number; readonly schema: string }[];
  readonly vectors: readonly Vector[];
}

for (const golden of goldenCases<Case>("json.json")) {
  test(`jsonFormat() agrees with the golden case ${golden.name}`, async () => {
    const format = jsonFormat();
    await format.load?.();
    const parsed = format.parse({ schema: golden.schema, schemaType: "JSON" }, referencesOf(golden));
    const [encode, decode] = [format.encoder(parsed), format.decoder(parsed, null)];
    if (golden.strategy === "record") assertEquals(format.recordName(parsed), golden.subject);
    for (const vector of golden.vectors) {
      if (vector.serializeError) {
        assertThrows(() => format.validate(parsed, vector.input), SerializationError);
        continue;
      }
      // Null stays null before any format is asked.
      if (vector.bytesHex === null) continue;
      const wanted = bytesOf(vector.bytesHex!).subarray(golden.headerMode ? 0 : 5);
      if (vector.deserializeError) {
        const wrong = decode(wanted, 0);
        assertThrows(() => format.validate(parsed, wrong), SerializationError);
        continue;
      }
      format.validate(parsed, vector.input);
      const output = new Output();
      encode(vector.input, output);
      const bytes = output.bytes.subarray(0, output.at);
      // Python writes 1.0 and 1e+16, JavaScript 1 and 10000000000000000: that is named in the README of the vectors.
      if (golden.name !== "integral-floats-differ") assertEquals(bytes, wanted);
      for (const one of [bytes, wanted]) {
        const decoded = decode(one, 0);
        assertEquals(decoded, vector.decoded);
        format.validate(parsed, decoded);
      }
    }
  });
}

test("jsonFormat() has golden cases to agree with", () => {
  assert(goldenCases<Case>("json.json").length >= 14);
});

function referencesOf({ references = [], registered }: Case): { name: string; schema: Schema }[] {
  return references.map(({ name, subject, version }) => {
    const found = registered.find((one) => one.subject === subject && one.version === version)!;
    return { name, schema: { schema: found.schema, schemaType: "JSON" } };
  });
}

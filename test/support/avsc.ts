/** avsc, another Avro codec: a second opinion on what both can say. It is one of the tools, and none of the library. */
import { createRequire } from "node:module";

/** The part of avsc that the tests use. */
interface Avsc {
  readonly Type: {
    forSchema(schema: unknown, options: { wrapUnions: boolean }): { toBuffer(value: unknown): Uint8Array };
  };
}

/** The library. */
export const avsc: Avsc = createRequire(new URL("../../scripts/tools/package.json", import.meta.url))("avsc");

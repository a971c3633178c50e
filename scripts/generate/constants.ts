/** Writes `ffi/constants.ts`: the values of enums and of integer macros. */
import type { CHeader } from "./c_header.ts";
import { banner } from "./file.ts";

/** Written by `src/kafka/error_codes.ts` instead. */
const errorEnum = "rd_kafka_resp_err_t";

/** The text of `ffi/constants.ts`. */
export function constantsFile(header: CHeader, from: string): string {
  const groups: string[] = [];
  for (const { name, values } of header.enums) {
    if (name === errorEnum) continue;
    const lines = [...values].filter(([key]) => !key.endsWith("__CNT")).map(([key, value]) => line(key, value));
    groups.push(`// enum ${name}\n${lines.join("")}`);
  }
  const macros = new Map<string, string[]>();
  for (const [name, text] of header.macros) {
    const value = integer(text);
    if (!name.startsWith("RD_KAFKA_") || value === undefined) continue;
    const group = /^RD_KAFKA_[A-Z]+(?:_F(?=_))?/.exec(name)![0];
    macros.set(group, [...macros.get(group) ?? [], line(name, value)]);
  }
  for (const [group, lines] of macros) groups.push(`// #define ${group}…\n${lines.join("")}`);
  return `${banner("Numbers of librdkafka's C interface, under their C names.", from)}\n${groups.join("\n")}`;
}

function line(name: string, value: number): string {
  return `export const ${name} = ${value};\n`;
}

/** The value of `0x8`, `-1001` or `((int32_t) - 1)`. */
function integer(text: string): number | undefined {
  const plain = text.replaceAll(/\(int32_t\)|[()\s]/g, "");
  const [, sign, digits] = /^(-?)(0x[0-9a-fA-F]+|\d+)$/.exec(plain) ?? [];
  return digits === undefined ? undefined : (sign === "-" ? -1 : 1) * Number(digits);
}

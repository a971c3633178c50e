/** Writes `src/kafka/error_codes.ts`: error codes by name. */
import type { CHeader } from "./c_header.ts";
import { banner } from "./file.ts";

const prefix = "RD_KAFKA_RESP_ERR_";
const sentinels = new Set(["_BEGIN", "_END", "END_ALL"]);

/** The text of `src/kafka/error_codes.ts`. */
export function errorCodesFile(header: CHeader, from: string): string {
  const { values } = header.enums.find(({ name }) => name === "rd_kafka_resp_err_t")!;
  const lines = [...values]
    .map(([name, code]) => [name.slice(prefix.length), code] as const)
    .filter(([name]) => !sentinels.has(name))
    .map(([name, code]) => `  ${name}: ${code},\n`);
  return `${banner("Kafka's and librdkafka's error codes by name.", from)}
/** Error codes by name. Negative ones, whose names begin with an underscore, come from librdkafka itself. */
export const errorCodes = {
${lines.join("")}} as const;

/** The name of an error code; \`ERR_<code>\` is one that this version has no name for. */
export type ErrorCodeName = keyof typeof errorCodes | \`ERR_\${number}\`;

const names: ReadonlyMap<number, ErrorCodeName> = new Map(
  Object.entries(errorCodes).map(([name, code]) => [code, name as ErrorCodeName]),
);

/** The name of an error code. */
export function codeNameOf(code: number): ErrorCodeName {
  return names.get(code) ?? \`ERR_\${code}\`;
}
`;
}

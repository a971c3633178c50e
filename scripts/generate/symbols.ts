/** Writes `ffi/symbols.ts`: each exported function's types, or the reason why it is not bound. */
import type { CFunction, CHeader } from "./c_header.ts";
import { banner, comment, lineWidth, literal, property } from "./file.ts";
import { typeOf } from "./types.ts";
import { reasonFor, variadicTails } from "./unbound.ts";

/** The text of `ffi/symbols.ts`. `since` names the first version with a function that the oldest supported one lacks. */
export function symbolsFile(header: CHeader, since: Readonly<Record<string, string>>, from: string): string {
  const bound: string[] = [];
  const unbound: string[] = [];
  for (const each of header.functions) {
    const reason = reasonFor(header, each);
    if (reason === undefined) bound.push(comment(each.declaration, "  ") + property(each.name, fieldsOf(each), "  "));
    else unbound.push(reasonLine(each.name, reason));
  }
  function fieldsOf(each: CFunction): string[] {
    const declared = each.parameters.map(({ type }) => typeOf(header, type).native);
    const parameters = [...declared, ...variadicTails[each.name] ?? []].map((type) => `"${type}"`);
    const fields = [`parameters: [${parameters.join(", ")}]`, `result: "${typeOf(header, each.result).native}"`];
    const version = since[each.name];
    return version === undefined ? fields : [...fields, `since: "${version}"`];
  }
  return `${banner("The C functions of librdkafka, as data for every runtime's FFI.", from)}
import type { Signature } from "./runtime.ts";

/** The functions we bind, each under its C declaration. */
export const symbols = {
${bound.join("")}} as const;
symbols satisfies Record<string, Signature>;

/** The exported functions we leave unbound, each with its reason. */
export const unbound = {
${unbound.join("")}} as const;
`;
}

function reasonLine(name: string, reason: string): string {
  const line = `  ${name}: ${literal(reason)},\n`;
  return line.length - 1 <= lineWidth ? line : `  ${name}:\n    ${literal(reason)},\n`;
}

/** Writes `ffi/layout.ts`: where the fields of librdkafka's public structs lie on 64-bit Unix systems. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CField, CHeader, CStruct } from "./c_header.ts";
import { banner, camelCase, lineWidth } from "./file.ts";
import type { Sources } from "./sources.ts";
import { typeOf } from "./types.ts";

/** A struct's size and its fields' offsets, under their C names; a field of a union is written `u.header.size`. */
interface Layout {
  readonly size: number;
  readonly alignment: number;
  readonly offsets: ReadonlyMap<string, number>;
}

const opaque = "_private";
const padding = "_pad";

/** The text of `ffi/layout.ts`. */
export function layoutFile(header: CHeader, from: string): string {
  const parts = header.structs.map((each) => {
    const { size, offsets } = layoutOf(header, each.fields, "struct");
    const fields = [`size: ${size}`];
    const hasOpaque = offsets.has("opaque");
    for (const [name, offset] of offsets) {
      if (!name.endsWith(padding)) fields.push(`${fieldName(name, hasOpaque)}: ${offset}`);
    }
    const start = `export const ${structName(each)} = {`;
    const line = `${start} ${fields.join(", ")} } as const;`;
    const text = line.length <= lineWidth
      ? line
      : `${start}\n${fields.map((field) => `  ${field},\n`).join("")}} as const;`;
    return `/** \`${each.name}\` */\n${text}\n`;
  });
  return `${banner("Sizes and offsets in bytes of librdkafka's public structs on 64-bit systems (LP64).", from)}
${parts.join("\n")}`;
}

function structName({ name }: CStruct): string {
  return camelCase(name.replace(/^rd_kafka_/, "").replace(/_t$/, ""));
}

/**
 * A field's TypeScript name. A message's `_private` holds the application's opaque, so it is called that where the struct
 * has no other; `size` is the struct's own size, so a list's becomes its `capacity`.
 */
function fieldName(name: string, hasOpaque: boolean): string {
  if (name === opaque) return hasOpaque ? "private" : "opaque";
  if (name === "size") return "capacity";
  return camelCase(name.replace(/^u\./, "").replaceAll(".", "_"));
}

function layoutOf(header: CHeader, fields: readonly CField[], kind: string): Layout {
  const offsets = new Map<string, number>();
  let end = 0;
  let alignment = 1;
  for (const field of fields) {
    const inner = innerLayout(header, field);
    const single = inner ?? typeOf(header, field.type);
    const align = inner?.alignment ?? single.size;
    const offset = kind === "union" ? 0 : Math.ceil(end / align) * align;
    if (inner === undefined || field.members === undefined) offsets.set(field.name, offset);
    for (const [name, at] of inner?.offsets ?? []) offsets.set(`${field.name}.${name}`, offset + at);
    end = Math.max(end, offset + single.size * field.count);
    alignment = Math.max(alignment, align);
  }
  return { size: Math.ceil(end / alignment) * alignment, alignment, offsets };
}

/** The layout of a field that is a struct or union by value. */
function innerLayout(header: CHeader, field: CField): Layout | undefined {
  if (field.members !== undefined) return layoutOf(header, field.members, field.type);
  if (field.type.includes("*")) return undefined;
  const name = header.typedefs.get(field.type) ?? field.type.replace(/^struct /, "");
  const struct = header.structs.find((each) => each.name === name);
  return struct && layoutOf(header, struct.fields, "struct");
}

/** Asks a C compiler, if there is one on a 64-bit Unix system, for the same numbers; throws where it disagrees. */
export function checkLayout(header: CHeader, sources: Sources): boolean {
  const checks: string[] = [];
  for (const each of header.structs) {
    const type = each.name.endsWith("_t") ? each.name : `struct ${each.name}`;
    const { size, offsets } = layoutOf(header, each.fields, "struct");
    checks.push(`_Static_assert(sizeof(${type}) == ${size}, "${type}");`);
    for (const [name, offset] of offsets) {
      checks.push(`_Static_assert(offsetof(${type}, ${name}) == ${offset}, "${type} ${name}");`);
    }
  }
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-layout-"));
  try {
    writeFileSync(join(folder, "rdkafka.h"), sources.header);
    const file = join(folder, "check.c");
    writeFileSync(file, `#include <stddef.h>\n#include "rdkafka.h"\n#ifdef __LP64__\n${checks.join("\n")}\n#endif\n`);
    const done = spawnSync("cc", ["-std=c11", "-fsyntax-only", file], { encoding: "utf8" });
    if (done.error !== undefined) return false;
    if (done.status !== 0) throw new Error(`Cannot trust the layouts: the C compiler says\n${done.stderr}`);
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Checks who imports whom, and that a runtime's own names occur in `ffi/` only.
 *
 * The library is built in rooms, each with one job; the table below is the house's floor plan. A test may enter the room
 * it is named after (`test/unit/native/…` or `test/unit/native_test.ts`) and the ones that room may enter.
 */
import { posix } from "node:path";
import process from "node:process";
import { packageEntries } from "./checks/entries.ts";
import { codeOf, conclude, importsOf, lineAt, projectFiles, read } from "./checks/source.ts";

/** What a user of the package may import. */
const entries = packageEntries().map(({ file }) => file);

/** What each room may import besides itself: rooms, or single files. */
const rooms: Record<string, readonly string[]> = {
  "mod.ts": ["src"],
  "sync.ts": ["src"],
  "testing.ts": ["src"],
  "src/kafka": [],
  "src/config": ["src/kafka"],
  "src/native": ["ffi/mod.ts", "src/kafka", "src/config"],
  "src/client": ["src/native", "src/config", "src/kafka"],
  "src/producer": ["src/client", "src/native", "src/config", "src/kafka"],
  "src/consumer": ["src/client", "src/native", "src/config", "src/kafka"],
  "src/share": ["src/client", "src/native", "src/config", "src/kafka"],
  // The same two roles in another way to wait: it is built on both, and both know nothing of it.
  "src/sync": ["src/producer", "src/consumer", "src/client", "src/native", "src/config", "src/kafka"],
  "src/admin": ["src/client", "src/native", "src/config", "src/kafka"],
  "src/testing": [
    "src/client",
    "src/native",
    "src/config",
    "src/schema_registry",
    "src/kafka",
    "ffi/crypto.ts",
    "ffi/http_server.ts",
  ],
  "src/schema_registry": ["ffi/blocking_http.ts", "ffi/crypto.ts", "ffi/files.ts", "ffi/https.ts", "src/kafka"],
  "src/serde": ["src/schema_registry", "src/kafka", "ffi/crypto.ts", "ffi/environment.ts", "ffi/text.ts"],
  "ffi": [],
  "examples": entries,
  "scripts": ["mod.ts", "sync.ts", "testing.ts", "src", "ffi", "examples", "test"],
  "test": entries,
  "test/types": ["ffi"],
};

/** Modules from outside the project, by room or folder: the runtimes' own in `ffi/`, and the few that the serdes work with. */
const outside: Record<string, RegExp> = {
  "ffi": /^node:/,
  "src/serde/json": /^ajv(\/dist\/20(19|20)\.js|-draft-04)?$/,
  "src/serde/protobuf": /^@bufbuild\/protobuf(\/(reflect|txtpb|wire|wkt))?$/,
  "src/serde/sync/protobuf": /^@bufbuild\/protobuf$/,
  "src/serde/rules": /^(@bufbuild\/(cel(\/ext)?|re2|protobuf(\/reflect|\/wkt)?)|jsonata)$/,
  "src/serde/rules/encryption": /^@noble\/ciphers\//,
  "examples": /^node:/,
  "scripts": /^(node:|@deno\/dnt$)/,
  "scripts/bench/serdes": /^(node:|@bufbuild\/protobuf(\/(wire|wkt))?$)/,
  "test/support/schema_registry": /^(node:|@bufbuild\/protobuf$)/,
  "test/support/serde/protobuf": /^(node:|@bufbuild\/protobuf(\/wkt)?$)/,
  "test/unit/serde": /^(node:|@bufbuild\/protobuf$)/,
  "test/unit/serde/golden": /^(node:|@bufbuild\/protobuf$)/,
  "test/unit/serde/sync": /^(node:|@bufbuild\/protobuf$)/,
  "test/unit/serde/sync/golden": /^(node:|@bufbuild\/protobuf$)/,
  "test/unit/serde/rules": /^@bufbuild\/(cel|protobuf(\/(reflect|wkt))?)$/,
  "test/unit/serde/protobuf": /^@bufbuild\/protobuf(\/(wire|wkt))?$/,
  "test": /^(node:|@std\/(assert|async)$)/,
  "test/types": /^(node:|bun$|bun:ffi$|koffi$)/,
};

process.exitCode = await main();

async function main(): Promise<number> {
  const problems: string[] = [];
  const files = (await projectFiles()).filter((file) =>
    /^(src|ffi|test|examples|scripts)\/.*\.ts$|^[a-z]+\.ts$/.test(file)
  );
  for (const file of files) {
    const room = roomOf(file);
    if (room === undefined) {
      problems.push(`${file}: is in no room of the table in scripts/check_imports.ts`);
      continue;
    }
    const text = read(file);
    for (const { line, specifier } of importsOf(text)) {
      const reason = specifier.startsWith(".") ? crossing(file, room, specifier) : stranger(file, room, specifier);
      if (reason) problems.push(`${file}:${line}: may not import "${specifier}": ${reason}`);
    }
    if (/^(src|mod|sync|testing)\b/.test(room)) problems.push(...runtimeNames(file, text));
  }
  return conclude("imports", problems);
}

function roomOf(file: string): string | undefined {
  if (file in rooms) return file;
  const [top = "", second = ""] = file.split("/");
  return [`${top}/${second}`, top].find((room) => room in rooms);
}

function crossing(file: string, room: string, specifier: string): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(file), specifier));
  if (target.startsWith("..")) return "it is outside the project";
  if (!/\.(ts|mjs|json)$/.test(target)) return "write the file's extension";
  const allowed = [room, ...rooms[room] ?? [], ...visitedRooms(file)];
  if (allowed.some((one) => target === one || target.startsWith(`${one}/`))) return undefined;
  const others = allowed.slice(1).join(", ");
  return `${room} may import ${others === "" ? "nothing outside itself" : `itself, ${others}`}`;
}

/** For a test, the room it is about and those below it. */
function visitedRooms(file: string): string[] {
  if (!file.startsWith("test/")) return [];
  const about = Object.keys(rooms).filter((room) => {
    const name = room.replace(/^src\//, "");
    return !name.endsWith(".ts") && new RegExp(`^test/\\w+/${name}(/|_[a-z0-9_]*test\\.ts$)`).test(file);
  });
  return about.flatMap((room) => [room, ...rooms[room] ?? []]);
}

function stranger(file: string, room: string, specifier: string): string | undefined {
  const allowed = outside[posix.dirname(file)] ?? outside[room];
  if (allowed?.test(specifier)) return undefined;
  return allowed
    ? `from outside, ${room} may import ${allowed}`
    : `${room} may import nothing from outside the project`;
}

function runtimeNames(file: string, text: string): string[] {
  const code = codeOf(text);
  const names = /\b(Deno|Bun|process|Buffer|__dirname|require)\b(?=\s*[.([])/g;
  return [...code.matchAll(names)].filter((match) => !/[.#\w]$/.test(code.slice(0, match.index))).map((match) =>
    `${file}:${lineAt(code, match.index)}: names the runtime's "${match[1]}", which only ffi/ may`
  );
}

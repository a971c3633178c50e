/** Lists the public names of this project as `deno doc` sees them: "Producer", "Producer.send", "Offset.end", a property's name. */
import { must, root } from "../checks/process.ts";
import { read } from "../checks/source.ts";
import { deno } from "../checks/tools.ts";

/** The parts of `deno doc --json` used here. */
interface DocJson {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}
interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly { readonly def?: Definition }[];
}
interface Definition {
  readonly extends?: string | null | readonly { readonly value: { readonly typeName: string } }[];
  readonly methods?: readonly { readonly name: string }[];
  readonly properties?: readonly { readonly name: string }[];
  readonly tsType?: { readonly kind: string; readonly value: unknown };
}

/** Every public name; those of an entry other than the main one have its name in front, as "testing.MockCluster". */
export async function ourNames(): Promise<Set<string>> {
  const { exports } = JSON.parse(read("deno.json")) as { exports: Record<string, string> };
  const names = new Set<string>();
  for (const [entry, file] of Object.entries(exports)) {
    const prefix = entry === "." ? "" : `${entry.slice("./".length)}.`;
    const json = await must(deno, ["doc", "--json", "--quiet", file], { cwd: root, env: { NO_COLOR: "1" } });
    const { nodes } = JSON.parse(json.slice(json.indexOf("{"))) as DocJson;
    const symbols = Object.values(nodes).flatMap((node) => node.symbols);
    const byName = new Map(symbols.map((symbol) => [symbol.name, symbol]));
    for (const symbol of symbols) {
      names.add(prefix + symbol.name);
      for (const member of membersOf(symbol, byName)) names.add(`${prefix}${symbol.name}.${member}`);
    }
  }
  return names;
}

function membersOf({ declarations }: DocSymbol, byName: ReadonlyMap<string, DocSymbol>): string[] {
  return declarations.flatMap(({ def = {} }) => {
    const inline = def.tsType?.kind === "typeLiteral" ? def.tsType.value as Definition : {};
    const own = [def, inline].flatMap(({ methods = [], properties = [] }) => [...methods, ...properties]);
    const parents = typeof def.extends === "string"
      ? [def.extends]
      : (def.extends ?? []).map(({ value }) => value.typeName);
    const inherited = parents.flatMap((parent) => {
      const symbol = byName.get(parent);
      return symbol === undefined ? [] : membersOf(symbol, byName);
    });
    return [...own.map(({ name }) => name), ...inherited];
  });
}

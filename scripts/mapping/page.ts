/** Reads the page that maps names, and compares it with the names that there are. `check_mapping.ts` says what it promises. */

/** A line of the page. */
export interface Line {
  readonly number: number;
  /** Names of the Python package, with `*` for any part. */
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
  readonly remark: string;
}

/** The lines of the page's tables. */
export function readLines(text: string): Line[] {
  return text.split("\n").flatMap((line, index) => {
    const cells = line.split("|").map((cell) => cell.trim());
    if (cells.length !== 5 || !cells[1]!.startsWith("`")) return [];
    const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    return [{ number: index + 1, theirs: names(cells[1]!), ours: names(cells[2]!), remark: cells[3]! }];
  });
}

/** What does not hold. */
export function compare(lines: readonly Line[], theirs: readonly string[], ours: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const known = new Set([...ours, ...[...ours].flatMap(propertyOf)]);
  const named = new Set(lines.flatMap((line) => line.theirs));
  const covered = new Set<string>();
  for (const line of lines) {
    const at = `line ${line.number}`;
    if (line.ours.length === 0 && line.remark === "") problems.push(`${at}: neither a name of ours nor a reason`);
    const parts: string[] = [];
    for (const pattern of line.theirs) {
      const found = matches(pattern, theirs).filter(({ name }) => name === pattern || !named.has(name));
      if (found.length === 0) problems.push(`${at}: confluent-kafka-python has no ${pattern}`);
      for (const { name, part } of found) {
        covered.add(name);
        parts.push(part);
      }
    }
    for (const name of line.ours) {
      const wanted = name.includes("*") ? parts.map((part) => name.replace("*", part)) : [name];
      for (const one of wanted) if (!known.has(one)) problems.push(`${at}: there is no ${one} here`);
    }
  }
  for (const name of theirs) if (!covered.has(name)) problems.push(`no line for ${name}`);
  return problems;
}

/** `Name*` is a name with its members and keywords; elsewhere `*` is any part of a name. */
function matches(pattern: string, names: readonly string[]): { readonly name: string; readonly part: string }[] {
  const escaped = pattern.replace(/[.()[\]]/g, "\\$&");
  const source = /\w\*$/.test(pattern) ? escaped.replace("*", "((?:[.(].*)?)") : escaped.replace("*", "(.+)");
  const expression = new RegExp(`^${source}$`);
  return names.flatMap((name) => {
    const match = expression.exec(name);
    return match === null ? [] : [{ name, part: match[1] ?? "" }];
  });
}

/** A property of librdkafka's is written in quotes, without the interface it is in. */
function propertyOf(name: string): string[] {
  const match = /^(?:Common|Consumer|Producer)Config\.(.+)$/.exec(name);
  return match === null ? [] : [`"${match[1]}"`];
}

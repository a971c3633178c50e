/** Guesses which name was meant by one that does not exist. */

/** The candidate that is close enough to have been meant, if there is one. */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(name);
  let best: string | undefined;
  let least = Math.max(2, Math.floor(wanted.length / 4)) + 1;
  for (const candidate of candidates) {
    const away = distance(wanted, plain(candidate), least);
    if (away < least) [best, least] = [candidate, away];
  }
  return best;
}

/** `bootstrapServers`, `BOOTSTRAP_SERVERS` and `bootstrap.servers` in one spelling. */
function plain(name: string): string {
  return name.slice(0, 100).replaceAll(/([a-z])([A-Z])/g, "$1.$2").replaceAll(/[_-]/g, ".").toLowerCase();
}

/** How many letters have to be added, dropped, changed or swapped with their neighbour; `limit` if it is that or more. */
function distance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        least = Math.min(least, before[j - 2]! + 1);
      }
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return Math.min(limit, row[to.length]!);
}

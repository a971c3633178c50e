/** Work for each of many: serdes that block do it one after the other. */

/** Does work for each of many. */
export function sideBySide<T>(items: Iterable<T>, _limit: number, work: (item: T) => void): void {
  for (const item of items) work(item);
}

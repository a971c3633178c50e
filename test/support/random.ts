/** Names nobody else uses: topics, groups, transactional ids. */

/** `prefix` and twelve random hexadecimal digits. */
export function randomName(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `${prefix}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

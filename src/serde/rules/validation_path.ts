/** The paths of values that are checked by constraints, as confluent-kafka-python writes them: `buyer.names[3]`. */

/** Of a map's key so much is in a path. */
const MAX_KEY_LENGTH = 100;

/** The path of a field, or its name where the path is empty. */
export function memberPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** The path of a map's entry. */
export function keyPath(path: string, key: unknown): string {
  const text = String(key);
  return `${path}[${JSON.stringify(text.length > MAX_KEY_LENGTH ? `${text.slice(0, MAX_KEY_LENGTH)}…` : text)}]`;
}

/** Reads variables of the process's environment, where there is one that may be read. */

/** Gives a variable, or undefined if it is not set, empty, or not for this program to read. */
export function environmentVariable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  try {
    return process?.env?.[name] || undefined;
  } catch {
    return undefined; // Deno gives no permission.
  }
}

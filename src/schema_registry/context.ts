/** Contexts: separate spaces of subjects and ids in one registry, which are no more than a prefix of the subject's name. */

/** The prefix that puts subjects into a context; empty for the default one. */
export function contextPrefix(name: string): string {
  const plain = name.replace(/^:?\.?/, "").replace(/:$/, "");
  if (plain.includes(":")) throw new RangeError(`Cannot use the context ${JSON.stringify(name)}: it has a colon`);
  return plain === "" ? "" : `:.${plain}:`;
}

/** A subject in a context. One that names its context itself stays as it is. */
export function inContext(prefix: string, subject: string): string {
  return subject.startsWith(":.") ? subject : `${prefix}${subject}`;
}

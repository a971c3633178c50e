/** Takes the secrets of one client out of texts that are shown: log lines, above all those of `debug`, and errors. */

/** Shorter ones would blot out what has nothing to do with them. */
const minLength = 4;
const maxTokens = 3;

/** The secrets that are looked for. */
export class Veil {
  #fixed: readonly string[];
  /** Passwords and tokens that were set later, the newest last. */
  #later: string[] = [];

  constructor(settings: ReadonlyMap<string, string>) {
    this.#fixed = [...settings].filter(([name]) => isShownNowhere(name)).map(([, value]) => value).filter(isLong);
  }

  /** One more secret. */
  add(secret: string): void {
    if (!isLong(secret)) return;
    this.#later = [...this.#later.filter((other) => other !== secret), secret].slice(-maxTokens);
  }

  /** A text without secrets. */
  hide(text: string): string {
    let shown = text;
    for (const secret of this.#fixed) if (shown.includes(secret)) shown = shown.replaceAll(secret, "[redacted]");
    for (const secret of this.#later) if (shown.includes(secret)) shown = shown.replaceAll(secret, "[redacted]");
    return shown;
  }
}

function isLong(secret: string): boolean {
  return secret.length >= minLength;
}

/** Names of users, paths and addresses are secret in a configuration that is shown, but an error that has none is no help. */
function isShownNowhere(name: string): boolean {
  return /passw|passphrase|secret|\.pem$|_key$|oauthbearer\.config$/i.test(name);
}

/** All that a client does about its login, apart from the properties that librdkafka has: tokens, warnings, and silence. */
import { KafkaError } from "../kafka/error.ts";
import { clientName, type LogEntry } from "../native/events.ts";
import { setCredentials, setToken, setTokenFailure } from "../native/logins.ts";
import type { Client } from "./client.ts";
import { Connecting } from "./connecting.ts";
import { plaintextWarning } from "./plaintext.ts";
import { Tokens } from "./tokens.ts";
import { Veil } from "./veil.ts";

const warning = 4;

/** The login of one client. */
export class Login {
  readonly connecting: Connecting;
  /** Null without a handler: librdkafka fetches the tokens itself, or there are none. */
  readonly tokens: Tokens | null;
  readonly #client: Client;
  readonly #veil: Veil;

  constructor(client: Client) {
    this.#client = client;
    this.#veil = new Veil(client.settings);
    this.connecting = new Connecting(client);
    const { onTokenRefresh } = client.options;
    this.tokens = onTokenRefresh === undefined ? null : new Tokens(onTokenRefresh, {
      set: (values) => {
        this.#veil.add(values.token);
        setToken(client.native, client.handle, values);
        if (this.tokens?.hasToken) this.connecting.changed();
        else this.connecting.forget();
      },
      fail: (reason) => {
        setTokenFailure(client.native, client.handle, reason);
        this.connecting.news();
      },
      report: (error) => client.reportError(error),
      isClosed: () => client.isClosed,
      blocks: client.blocks,
    });
  }

  /** What the user should be warned of once, or null. */
  get warning(): LogEntry | null {
    const { native, handle, settings } = this.#client;
    const message = plaintextWarning(settings);
    if (message === null) return null;
    const name = clientName(native, handle);
    return { level: warning, levelName: "warning", facility: "PLAINTEXT", message, clientName: name };
  }

  /** Takes note of an error event, and returns it as it may be shown, or null if the user knows of it already. */
  error(error: KafkaError): KafkaError | null {
    // librdkafka repeats what the handler threw, which was reported.
    if (this.tokens !== null && /^Failed to acquire SASL OAUTHBEARER token/.test(error.message)) return null;
    this.connecting.noteError(error);
    const message = this.#veil.hide(error.message);
    return message === error.message ? error : new KafkaError(message, error.code, error);
  }

  /** Takes note of a log line, and returns it as it may be shown. */
  log(entry: LogEntry): LogEntry {
    this.connecting.noteLog(entry);
    return { ...entry, message: this.#veil.hide(entry.message) };
  }

  /** Changes the name and password for logins from now on. */
  setCredentials(username: string, password: string): void {
    if (typeof password === "string") this.#veil.add(password);
    setCredentials(this.#client.native, this.#client.handle, username, password);
    this.connecting.changed();
  }

  /** The client has ended. */
  close(): void {
    this.tokens?.close();
    this.connecting.news();
  }
}

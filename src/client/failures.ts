/** Why a broker cannot be reached, out of librdkafka's errors and log lines, and what to look at first. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import type { LogEntry } from "../native/events.ts";

type LogLine = Pick<LogEntry, "facility" | "level" | "message">;

const codes = {
  transport: errorCodes._TRANSPORT,
  resolve: errorCodes._RESOLVE,
  ssl: errorCodes._SSL,
  authentication: errorCodes._AUTHENTICATION,
};

/** A connection that failed. */
export interface Failure {
  readonly error: KafkaError;
  /** Whether it fails until something is changed: a broker that is away may come back, a wrong password stays wrong. */
  readonly isLasting: boolean;
  /** `host:port`, if the line names one. */
  readonly address: string | null;
  /** Whether the broker's certificate was refused, which has two reasons that librdkafka does not tell apart. */
  readonly isCertificate: boolean;
}

/** What the configuration says about how to connect. */
export interface Access {
  /** `security.protocol`, in small letters. */
  readonly protocol: string;
  /** `sasl.mechanism`, in capitals. */
  readonly mechanism: string;
}

/** What an error event says about a connection, or null if it is about something else. */
export function failureOf(error: KafkaError, access: Access): Failure | null {
  if (!Object.values<number>(codes).includes(error.code)) return null;
  return judge(parse(error.message), error.code, access);
}

/** What a log line says about a connection, if no error event says it too. */
export function failureOfLog({ facility, level, message }: LogLine, access: Access): Failure | null {
  // Errors are told by events as well. A connection that the broker closed is only logged.
  if (facility !== "FAIL" || level <= 3 || level > 6) return null;
  return judge(parse(message), codes.transport, access);
}

/** A line of librdkafka's: `[thrd:…]: ssl://host:9093/bootstrap: what happened (after 5ms in state UP)`. */
interface Line {
  readonly address: string | null;
  readonly text: string;
  readonly state: string;
}

function parse(message: string): Line {
  const [, text = message, state = ""] = /^(.*) \(after \d+ms in state (\w+)[^()]*\)$/s.exec(message) ?? [];
  const [, address = null, rest = text] = /^(?:\[thrd:.*?\]: )?(?:\w+:\/\/)?([^\s/]+:\d+)\/\w+: (.*)$/s.exec(text) ??
    [];
  return { address, text: rest, state };
}

function judge({ address, text, state }: Line, code: number, access: Access): Failure {
  const where = address === null ? "" : ` to ${address}`;
  const make = (
    reason: string,
    facts: { code?: number; isLasting?: boolean; isCertificate?: boolean } = {},
  ): Failure => {
    const isLasting = facts.isLasting ?? true;
    const error = new KafkaError(`Cannot connect${where}: ${reason}`, facts.code ?? code, { isRetriable: !isLasting });
    return { error, isLasting, address, isCertificate: facts.isCertificate ?? false };
  };
  if (code === codes.authentication) return make(loginReason(text, access));
  // librdkafka tells of a failed handshake in two ways, of which one has another code and no "SSL handshake failed".
  const isHandshake = state === "SSL_HANDSHAKE" || text.startsWith("SSL handshake failed");
  if (/certificate verify failed|Failed to verify broker certificate/.test(text)) {
    return make("the broker's certificate could not be verified", { code: codes.ssl, isCertificate: true });
  }
  if (/alert (bad certificate|certificate required|unknown ca|certificate \w+|handshake failure)/.test(text)) {
    return make(
      `the broker refused this client's TLS (${text}): does it want a client certificate, ` +
        '"ssl.certificate.location" with "ssl.key.location"?',
      { code: codes.ssl },
    );
  }
  if (isHandshake && /Disconnected|PLAINTEXT|wrong version number|record layer failure/.test(text)) {
    const isLasting = !/Disconnected/.test(text);
    return make("the broker does not answer in TLS: is this a listener without TLS?", {
      code: codes.transport,
      isLasting,
    });
  }
  if (isHandshake) return make(text, { code: codes.ssl });
  if (/^Disconnected/.test(text)) return make(closedReason(text, state, access), { isLasting: false });
  return make(text, { isLasting: code === codes.ssl });
}

function loginReason(text: string, { mechanism }: Access): string {
  const offered = /broker's supported mechanisms: *(.*)$/.exec(text)?.[1];
  if (offered === "") return `the broker refused to log in by SASL ${mechanism}: is this a listener without SASL?`;
  if (offered !== undefined) {
    return `the broker refused to log in by SASL ${mechanism}, it offers ${offered}: is "sasl.mechanism" right?`;
  }
  const hint = mechanism === "OAUTHBEARER"
    ? "has the token run out, or is it for another cluster?"
    : 'are "sasl.username" and "sasl.password" right?';
  return /Failed to acquire SASL OAUTHBEARER token/.test(text) ? text : `${text}: ${hint}`;
}

/** The broker closed the connection without a word: what it was about to hear may tell why, unless it is just going down. */
function closedReason(text: string, state: string, { protocol }: Access): string {
  const isPlain = protocol === "plaintext" || protocol === "sasl_plaintext";
  if (state === "APIVERSION_QUERY" && isPlain) {
    return 'the broker closed the connection at the greeting: is TLS missing in "security.protocol"?';
  }
  if (state === "UP" && !protocol.startsWith("sasl_")) {
    return 'the broker closed the connection at the first request: is SASL missing in "security.protocol"?';
  }
  return text;
}

/** Checks a client's configuration before librdkafka sees it, and puts it into the form librdkafka takes. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import { suggest } from "../kafka/suggest.ts";
import { show, valueOf } from "./_value.ts";
import { properties, type Property } from "./properties.ts";
import { isRecord, isSecret } from "./secrets.ts";
import type { CommonConfig } from "./types.ts";

/** What a client is; some properties belong to one of them only. */
export type Role = "producer" | "consumer" | "share consumer";

/** Options of {@link checkConfig}. */
export interface CheckConfigOptions {
  /** Lets the configuration name native libraries, which then run in this process. Default: `false`. */
  readonly allowNativePlugins?: boolean;
}

const topicConfig = "default.topic.config";

/** These load code from a path: whoever writes them runs code in this process. */
const nativeCode: ReadonlySet<string> = new Set(["plugin.library.paths", "ssl.engine.location", "ssl.providers"]);

/** What to do instead of setting a property that is not for users, or that other clients have. */
const advice: Readonly<Record<string, string>> = {
  enabled_events: "the client sets it itself",
  "log.queue": "the client sets it itself",
  default_topic_conf: "set the topic's properties beside the others",
  dr_cb: "give onDelivery in the options",
  dr_msg_cb: "give onDelivery in the options",
  error_cb: "give onError in the options",
  log_cb: "give onLog in the options",
  rebalance_cb: "give onAssign, onRevoke and onLost in the options",
  consume_cb: "iterate over the consumer",
  partitioner_cb: 'choose a partition in the message, or one of the values of "partitioner"',
  ssl_ca: 'use "ssl.ca.pem" or "ssl.ca.location"',
  ssl_certificate: 'use "ssl.certificate.pem" or "ssl.certificate.location"',
  ssl_key: 'use "ssl.key.pem" or "ssl.key.location"',
  "sasl.jaas.config": 'use "sasl.username" and "sasl.password"',
  "ssl.truststore.location": 'use "ssl.ca.location" with a PEM file',
};

/**
 * Checks a configuration and returns it as the pairs that `rd_kafka_conf_set` takes, in the order in which they were given.
 *
 * Null, undefined and an empty array leave a property unset. `"default.topic.config"` is folded in, below what is set beside it. Rules
 * between properties, such as `enable.idempotence` with `acks`, are left to librdkafka.
 *
 * @throws {KafkaError} `_INVALID_ARG`, with a line for each property that cannot be set. No line shows a secret.
 */
export function checkConfig(
  config: CommonConfig | Readonly<Record<string, unknown>>,
  role: Role,
  options: CheckConfigOptions = {},
): Array<[name: string, value: string]> {
  if (!isRecord(config)) throw new TypeError(`Cannot configure a ${role}: an object of properties is expected`);
  const pairs = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, value, inTopic] of entriesOf(config, problems)) {
    const property = Object.hasOwn(properties, name) ? properties[name]! : undefined;
    const refusal = refuse(name, property, role, options.allowNativePlugins ?? false);
    if (refusal !== undefined || property === undefined) {
      problems.push(`Cannot set ${JSON.stringify(name)}${refusal}`);
      continue;
    }
    if (inTopic && property.level === "global") {
      problems.push(`Cannot set "${name}" in "${topicConfig}": it is not a property of topics`);
      continue;
    }
    const outcome = valueOf(property, value);
    if ("text" in outcome) pairs.set(name, outcome.text);
    else problems.push(`Cannot set "${name}"${isSecret(name) ? "" : ` to ${show(value)}`}: ${outcome.problem}`);
  }
  problems.push(...conflicts(pairs));
  if (problems.length > 0) throw new KafkaError(problems.join("\n"), errorCodes._INVALID_ARG);
  return [...pairs];
}

/** Every property that is set, with `"default.topic.config"` unfolded. */
function* entriesOf(
  config: Readonly<Record<string, unknown>>,
  problems: string[],
): Generator<[name: string, value: unknown, inTopic: boolean]> {
  for (const [name, value] of Object.entries(config)) {
    if (!isGiven(value)) continue;
    if (name !== topicConfig) yield [name, value, false];
    else if (!isRecord(value)) problems.push(`Cannot set "${topicConfig}" to ${show(value)}: an object is expected`);
    else {
      for (const [inner, innerValue] of Object.entries(value)) {
        if (isGiven(innerValue) && !isGiven(config[inner])) yield [inner, innerValue, true];
      }
    }
  }
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** Why a property cannot be set whatever its value; undefined if it can. */
function refuse(
  name: string,
  property: Property | undefined,
  role: Role,
  allowNativePlugins: boolean,
): string | undefined {
  const instead = Object.hasOwn(advice, name) ? advice[name] : undefined;
  if (instead !== undefined) return `: ${instead}`;
  if (property === undefined) {
    const meant = suggest(name, settable(role));
    return `: there is no such property${meant === undefined ? "" : `, did you mean "${meant}"?`}`;
  }
  if (property.type === "callback") return ": it stands for C code, and JavaScript handlers are given in the options";
  if (!isFor(property, role)) return ` on a ${role}: it belongs to ${property.scope}s`;
  if (nativeCode.has(name) && !allowNativePlugins) {
    return ": it loads native code, which has to be allowed by allowNativePlugins";
  }
  return undefined;
}

/** A share consumer has a consumer's properties; librdkafka itself says which of them mean nothing to it. */
function isFor({ scope }: Pick<Property, "scope">, role: Role): boolean {
  return scope === "both" || scope === (role === "share consumer" ? "consumer" : role);
}

function* settable(role: Role): Generator<string> {
  for (const [name, { type, scope }] of Object.entries(properties)) {
    if (type !== "callback" && !Object.hasOwn(advice, name) && isFor({ scope }, role)) yield name;
  }
}

/** A property and its alias with different values: the later one would win without a word. */
function* conflicts(pairs: ReadonlyMap<string, string>): Generator<string> {
  for (const [name, value] of pairs) {
    const alias = properties[name]!.aliasOf;
    const other = alias === undefined ? undefined : pairs.get(alias);
    if (other !== undefined && other !== value) {
      yield `Cannot set both "${name}" and "${alias}": they are the same property, and their values differ`;
    }
  }
}

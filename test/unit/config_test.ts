/** What a configuration may hold, and what is said of one that may not. */
import {
  checkConfig,
  type ConsumerConfig,
  isSecret,
  type ProducerConfig,
  properties,
  redact,
} from "../../src/config/mod.ts";
import { errorCodes } from "../../src/kafka/error_codes.ts";
import { KafkaError } from "../../src/kafka/error.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

type Config = Record<string, unknown>;

function refusal(config: Config, role: "producer" | "consumer" = "producer"): string {
  const error = assertThrows(() => checkConfig(config, role), KafkaError);
  assertEquals(error.code, errorCodes._INVALID_ARG);
  return error.message;
}

test("checkConfig() turns values into the text that librdkafka takes, in order", () => {
  const config: ProducerConfig = {
    "bootstrap.servers": ["127.0.0.1:9092", "127.0.0.1:9093"],
    "enable.idempotence": true,
    "socket.nagle.disable": "F" as "false",
    acks: "all",
    "linger.ms": 0.5,
    "batch.size": "65536",
    "compression.type": "zstd",
    debug: "broker,-topic",
    "topic.blacklist": ["^a{1,3}$", "^b"],
    "client.id": "",
  };
  assertEquals(checkConfig(config, "producer"), [
    ["bootstrap.servers", "127.0.0.1:9092,127.0.0.1:9093"],
    ["enable.idempotence", "true"],
    ["socket.nagle.disable", "false"],
    ["acks", "all"],
    ["linger.ms", "0.5"],
    ["batch.size", "65536"],
    ["compression.type", "zstd"],
    ["debug", "broker,-topic"],
    ["topic.blacklist", "^a{1,,3}$,^b"],
    ["client.id", ""],
  ]);
});

test("checkConfig() leaves null, undefined and lists without an entry unset", () => {
  assertEquals(checkConfig({ "client.id": null, "client.rack": undefined, debug: [] }, "producer"), []);
});

test("checkConfig() takes an enum's value in any case, and gives it in librdkafka's", () => {
  assertEquals(checkConfig({ "security.protocol": "SASL_SSL" }, "consumer"), [["security.protocol", "sasl_ssl"]]);
  assertEquals(checkConfig({ "sasl.oauthbearer.assertion.algorithm": "es256" }, "consumer"), [
    ["sasl.oauthbearer.assertion.algorithm", "ES256"],
  ]);
});

test("checkConfig() folds default.topic.config in, below what is set beside it", () => {
  const config: ConsumerConfig = {
    "default.topic.config": { "auto.offset.reset": "earliest", "consume.callback.max.messages": 5, "opaque": null },
    "auto.offset.reset": "latest",
  };
  assertEquals(checkConfig(config, "consumer"), [
    ["consume.callback.max.messages", "5"],
    ["auto.offset.reset", "latest"],
  ]);
});

test("checkConfig() refuses what is no topic property in default.topic.config", () => {
  assertEquals(
    refusal({ "default.topic.config": { "client.id": "a" } }),
    'Cannot set "client.id" in "default.topic.config": it is not a property of topics',
  );
  assertEquals(
    refusal({ "default.topic.config": "acks=1" }),
    'Cannot set "default.topic.config" to "acks=1": an object is expected',
  );
});

test("checkConfig() names the range of a number outside it", () => {
  assertEquals(
    refusal({ "max.poll.interval.ms": -1 }, "consumer"),
    'Cannot set "max.poll.interval.ms" to "-1": the range is 1 to 86400000',
  );
  assertEquals(refusal({ "linger.ms": "900001" }), 'Cannot set "linger.ms" to "900001": the range is 0 to 900000');
  assertEquals(checkConfig({ "max.poll.interval.ms": 86400000 }, "consumer"), [["max.poll.interval.ms", "86400000"]]);
});

test("checkConfig() refuses a value of the wrong type", () => {
  const problems: [Config, string][] = [
    [{ "batch.size": 1.5 }, 'Cannot set "batch.size" to "1.5": an integer is expected'],
    [{ "batch.size": "10k" }, 'Cannot set "batch.size" to "10k": an integer is expected'],
    [{ "batch.size": "" }, 'Cannot set "batch.size" to "": an integer is expected'],
    [{ "batch.size": "010" }, 'Cannot set "batch.size" to "010": an integer is expected'],
    [{ "batch.size": NaN }, 'Cannot set "batch.size" to "NaN": an integer is expected'],
    [{ "batch.size": true }, 'Cannot set "batch.size" to "true": an integer is expected, not a boolean'],
    [{ acks: "most" }, 'Cannot set "acks" to "most": an integer or "all" is expected'],
    [{ "linger.ms": Infinity }, 'Cannot set "linger.ms" to "Infinity": a number is expected'],
    [{ "enable.idempotence": 1 }, 'Cannot set "enable.idempotence" to "1": true or false is expected'],
    [{ "client.id": 7 }, 'Cannot set "client.id" to "7": a string is expected, not a number'],
    [{ "client.id": () => "a" }, 'Cannot set "client.id" to a function: a string is expected, not a function'],
    [
      { debug: ["all", 1] },
      'Cannot set "debug" to "all,a number": a string or an array of strings is expected, not an array',
    ],
    [{ "bootstrap.servers": ["a,b"] }, 'Cannot set "bootstrap.servers" to "a,b": an entry contains a comma'],
    [{ "client.id": "a\0b" }, 'Cannot set "client.id" to "a\\u0000b": it contains a NUL character'],
    [{ "bootstrap.servers": ["a\0"] }, 'Cannot set "bootstrap.servers" to "a\\u0000": it contains a NUL character'],
  ];
  for (const [config, message] of problems) assertEquals(refusal(config), message);
});

test("checkConfig() lists the values of an enum and of flags", () => {
  assertEquals(
    refusal({ "compression.type": "brotli" }),
    'Cannot set "compression.type" to "brotli": the values are none, gzip, snappy, lz4, zstd',
  );
  assert(
    refusal({ debug: "broker,brokre" }).startsWith('Cannot set "debug" to "broker,brokre": the values are generic'),
  );
});

test("checkConfig() guesses what an unknown name was meant to be", () => {
  const guesses: [string, string][] = [
    ["bootstrap.server", "bootstrap.servers"],
    ["bootstrapServers", "bootstrap.servers"],
    ["enable_idempotence", "enable.idempotence"],
    ["cleint.id", "client.id"],
    ["sasl.pasword", "sasl.password"],
  ];
  for (const [name, meant] of guesses) {
    assertEquals(refusal({ [name]: "x" }), `Cannot set "${name}": there is no such property, did you mean "${meant}"?`);
  }
  assertEquals(refusal({ xyzzy: 1 }), 'Cannot set "xyzzy": there is no such property');
  assertEquals(refusal({ constructor: 1 }), 'Cannot set "constructor": there is no such property');
});

test("checkConfig() refuses a property of the other role", () => {
  assertEquals(refusal({ "group.id": "g" }), 'Cannot set "group.id" on a producer: it belongs to consumers');
  assertEquals(refusal({ acks: 1 }, "consumer"), 'Cannot set "acks" on a consumer: it belongs to producers');
});

test("checkConfig() says what to use in place of a C callback", () => {
  assertEquals(refusal({ dr_msg_cb: () => {} }), 'Cannot set "dr_msg_cb": give onDelivery in the options');
  for (const [name, { type }] of Object.entries(properties)) {
    if (type === "callback") assert(refusal({ [name]: () => {} }).startsWith(`Cannot set "${name}": `));
  }
});

test("checkConfig() refuses native code unless it is allowed", () => {
  for (const name of ["plugin.library.paths", "ssl.engine.location", "ssl.providers"]) {
    assertEquals(
      refusal({ [name]: "/x" }),
      `Cannot set "${name}": it loads native code, which has to be allowed by allowNativePlugins`,
    );
    assertEquals(checkConfig({ [name]: "/x" }, "producer", { allowNativePlugins: true }), [[name, "/x"]]);
  }
});

test("checkConfig() refuses a property and its alias with different values", () => {
  assertEquals(
    refusal({ acks: 1, "request.required.acks": 0 }),
    'Cannot set both "acks" and "request.required.acks": they are the same property, and their values differ',
  );
  assertEquals(checkConfig({ acks: 1, "request.required.acks": "1" }, "producer").length, 2);
});

test("checkConfig() tells every problem at once, a line each", () => {
  const lines = refusal({ "batch.size": 0, "group.id": "g", "client.id": "fine", nonsense: 1 }).split("\n");
  assertEquals(lines.length, 3);
  for (const [at, name] of ["batch.size", "group.id", "nonsense"].entries()) {
    assert(lines[at]!.startsWith(`Cannot set "${name}"`), lines[at]);
  }
});

test("checkConfig() never shows a secret", () => {
  const secret = "hunter2";
  for (const name of Object.keys(properties).filter(isSecret)) {
    for (const value of [`${secret}\0`, [secret], { secret }, `${secret} `.repeat(1000) + "\0"]) {
      assert(!refusal({ [name]: value }).includes(secret), name);
    }
  }
  for (const name of ["sasl.pasword", "ssl.key.passwd", "sasl.jaas.config"]) {
    assert(!refusal({ [name]: secret }).includes(secret), name);
  }
});

test("isSecret() covers all that librdkafka holds to be sensitive", () => {
  const sensitive = [
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl_key",
    "ssl.ca.pem",
    "ssl.keystore.password",
    "sasl.username",
    "sasl.password",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.assertion.private.key.file",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
  ];
  assertEquals(sensitive.filter((name) => !isSecret(name)), []);
  assertEquals(["bootstrap.servers", "client.id", "group.id", "ssl.ca.location"].filter(isSecret), []);
});

test("redact() replaces the secrets that are set, and nothing else", () => {
  const config = {
    "client.id": "a",
    "sasl.password": "hunter2",
    "ssl.key.pem": undefined,
    "default.topic.config": { acks: 1, password: "hunter2" },
  };
  assertEquals(redact(config), {
    "client.id": "a",
    "sasl.password": "[redacted]",
    "ssl.key.pem": undefined,
    "default.topic.config": { acks: 1, password: "[redacted]" },
  });
  assertEquals(config["sasl.password"], "hunter2");
});

test("properties hold together: aliases exist, and every default passes the check", () => {
  for (const [name, { aliasOf, type, scope, default: initial }] of Object.entries(properties)) {
    if (aliasOf !== undefined) assert(properties[aliasOf] !== undefined, name);
    if (initial === undefined || type === "callback" || name === "enabled_events" || name === "log.queue") continue;
    const role = scope === "consumer" ? "consumer" : "producer";
    assertEquals(checkConfig({ [name]: initial }, role).length, 1, name);
  }
});

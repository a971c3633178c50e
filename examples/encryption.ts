/**
 * A field that is encrypted in the producer and decrypted in the consumer, because a rule of the schema says so.
 *
 * The registry has to keep rules and encrypted keys, as Confluent's does, and the one in memory.
 */
import { Consumer, Producer, ValueDeserializationError } from "../mod.ts";
import { SchemaRegistryClient } from "../src/schema_registry/mod.ts"; // @kafka-ffi/kafka/schema-registry
import { AvroDeserializer, AvroSerializer } from "../src/serde/avro/mod.ts"; // @kafka-ffi/kafka/avro
import { FieldEncryptExecutor } from "../src/serde/rules/encryption/mod.ts"; // @kafka-ffi/kafka/rules/encryption
import { localKms } from "../src/serde/rules/encryption/kms/local.ts"; // @kafka-ffi/kafka/kms/local
import { RuleRegistry } from "../src/serde/rules/mod.ts"; // @kafka-ffi/kafka/rules
import { bootstrapServers, schemaRegistry } from "./bootstrap_servers.ts";

interface Payment {
  readonly customer: string;
  readonly card: string;
}

const schema = JSON.stringify({
  type: "record",
  name: "Payment",
  fields: [{ name: "customer", type: "string" }, { name: "card", type: "string", "confluent:tags": ["PRIVATE"] }],
});

/** Fields with the tag are encrypted when they are written, and decrypted when they are read. */
const rule = {
  name: "encrypt-private",
  kind: "TRANSFORM",
  type: "ENCRYPT",
  mode: "WRITEREAD",
  tags: ["PRIVATE"],
  params: {
    "encrypt.kek.name": "payments",
    "encrypt.kms.type": "local-kms",
    "encrypt.kms.key.id": "payments-key",
  },
} as const;

/** Runs the example. */
export async function main(servers: string, registryUrl = "mock://"): Promise<void> {
  const topic = `payments-${crypto.randomUUID()}`;
  const config = { "bootstrap.servers": servers };
  await using registry = new SchemaRegistryClient({ url: registryUrl });
  // Who looks after the schema adds the rule, not who writes the program.
  await registry.registerSchema(`${topic}-value`, { schema, ruleSet: { domainRules: [rule] } });
  // Some registries drop rules without a word, and then nothing would be encrypted.
  const { schema: kept } = await registry.getLatestVersion(`${topic}-value`);
  if (!kept.ruleSet?.domainRules?.length) throw new Error("Cannot encrypt: this registry keeps no rules");

  // The local KMS is for tests: there are drivers for AWS, Azure, Google and Vault.
  await using ruleRegistry = new RuleRegistry({ executors: [new FieldEncryptExecutor({ kms: [localKms()] })] });
  const rules = { ruleRegistry, ruleConfig: { secret: "what only we know" } };

  // The schema is the registry's, with its rules.
  const latest = { "auto.register.schemas": false, "use.latest.version": true };
  const valueSerializer = new AvroSerializer<Payment>(registry, null, { ...rules, ...latest });
  await using producer = new Producer(config, { valueSerializer });
  await producer.send({ topic, partition: 0, value: { customer: "Ada", card: "4111 1111" } });

  await using raw = new Consumer({ ...config, "group.id": `thieves-of-${topic}` });
  raw.assign([{ topic, partition: 0, offset: 0 }]);
  const [stolen] = await raw.consume(1, { timeoutMs: 10_000 });
  const text = new TextDecoder().decode(stolen?.value ?? undefined);
  console.log(`in the topic: the customer ${has(text, "Ada")}, the card ${has(text, "4111")}`);

  await using consumer = new Consumer({ ...config, "group.id": `shop-${topic}` }, {
    valueDeserializer: new AvroDeserializer<Payment>(registry, null, rules),
  });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  const [payment] = await consumer.consume(1, { timeoutMs: 10_000 });
  console.log(`with the key: ${payment?.value?.customer} pays with ${payment?.value?.card}`);

  // Nothing is handed over as it is if a rule cannot be executed.
  await using stranger = new Consumer({ ...config, "group.id": `strangers-to-${topic}` }, {
    valueDeserializer: new AvroDeserializer<Payment>(registry),
  });
  stranger.assign([{ topic, partition: 0, offset: 0 }]);
  try {
    await stranger.consume(1, { timeoutMs: 10_000 });
  } catch (error) {
    if (!(error instanceof ValueDeserializationError)) throw error;
    console.log(`without: ${(error.cause as Error).message}`);
  }
}

function has(text: string, part: string): string {
  return text.includes(part) ? "can be read" : "cannot be read";
}

if (import.meta.main) await main(bootstrapServers(), schemaRegistry());

/** A Kafka of a test's own, for tests that kill it. */
export { type KafkaServer, startKafka } from "../../../scripts/kafka.ts";

/** The door of this room: what may be configured, and the check that a configuration passes first. */
export { checkConfig, type CheckConfigOptions, type Role } from "./check.ts";
export { properties, type Property } from "./properties.ts";
export { isSecret, redact } from "./secrets.ts";
export type {
  BooleanValue,
  CommonConfig,
  ConsumerConfig,
  ListValue,
  NumberValue,
  ProducerConfig,
  TextValue,
} from "./types.ts";

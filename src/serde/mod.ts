/** What the entries of the three formats have in common. */
export { KafkaError, type KafkaErrorFacts } from "../kafka/error.ts";
export type { ErrorCodeName } from "../kafka/error_codes.ts";
export type { Header, MessageData } from "../kafka/message.ts";
export type {
  DeserializationContext,
  Deserializer,
  MessageField,
  SerializationContext,
  Serializer,
} from "../kafka/serialization.ts";
export { NotPreparedError, SerializationError, type SerializationFacts } from "../kafka/serialization_error.ts";
export type { Work } from "../kafka/work.ts";
export { SchemaRegistryError } from "../schema_registry/error.ts";
export type {
  Metadata,
  RegisteredSchema,
  Rule,
  RuleKind,
  RuleMode,
  RuleSet,
  Schema,
  SchemaReference,
  SchemaType,
} from "../schema_registry/schema.ts";
export type {
  DeserializerConfig,
  SerdeConfig,
  SerializerConfig,
  SubjectNameStrategyConfig,
  ValidationRulesExecution,
} from "./config.ts";
export type { ReadingContext, WritingContext } from "./context.ts";
export { type DeserializerOptions, SchemaDeserializer } from "./deserializer.ts";
export type { NamedSchema, VisitField } from "./format.ts";
export type { AssociatedSubject, FormatOption, Registry } from "./registry.ts";
export type { RuleOptions } from "./rule_options.ts";
export { RuleConditionError, RuleError } from "./rules/error.ts";
export { type RuleOverride, RuleRegistry, type RuleRegistryOptions } from "./rules/registry.ts";
export type {
  FieldContext,
  FieldRuleExecutor,
  FieldType,
  RuleAction,
  RuleContext,
  RuleExecutor,
  RuleMessageContext,
} from "./rules/types.ts";
export type { ValidationPlace, ValidationRule, ValidationRuleExecutor } from "./rules/validation.ts";
export { ValidationRuleError, ValidationViolation } from "./rules/validation_error.ts";
export { type FoundSchemaId, readSchemaId, SchemaId, type SchemaIdParts } from "./schema_id.ts";
export { SchemaSerializer, type SerializerOptions } from "./serializer.ts";
export {
  type NamingContext,
  recordSubjectName,
  type SubjectNameStrategy,
  type SubjectNameStrategyType,
  topicRecordSubjectName,
  topicSubjectName,
} from "./subject.ts";
export {
  dualSchemaIdDeserializer,
  headerSchemaIdSerializer,
  prefixSchemaIdDeserializer,
  prefixSchemaIdSerializer,
  type SchemaIdDeserializer,
  type SchemaIdSerializer,
} from "./wire.ts";

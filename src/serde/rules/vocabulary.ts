/** The types that everything speaks of that executes rules or follows them: each entry of rules has them. */
export type { ErrorCodeName } from "../../kafka/error_codes.ts";
export type { KafkaError, KafkaErrorFacts } from "../../kafka/error.ts";
export type { MessageData } from "../../kafka/message.ts";
export type { MessageField, SerializationContext } from "../../kafka/serialization.ts";
export type { SerializationError, SerializationFacts } from "../../kafka/serialization_error.ts";
export type { Work } from "../../kafka/work.ts";
export type {
  Metadata,
  Rule,
  RuleKind,
  RuleMode,
  RuleSet,
  Schema,
  SchemaReference,
  SchemaType,
} from "../../schema_registry/schema.ts";
export type { NamedSchema, VisitField } from "../format.ts";
export type {
  FieldContext,
  FieldRuleExecutor,
  FieldType,
  RuleAction,
  RuleContext,
  RuleExecutor,
  RuleMessageContext,
} from "./types.ts";

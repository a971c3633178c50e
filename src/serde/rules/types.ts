/** What rules are made of: executors that do what a rule says, actions that follow, and what they are told. */
import type { SerializationContext } from "../../kafka/serialization.ts";
import type { Work } from "../../kafka/work.ts";
import type { Rule, RuleMode, Schema } from "../../schema_registry/schema.ts";
import type { NamedSchema, VisitField } from "../format.ts";

/** A message's facts that rules may use; the headers may be added to when it is written. */
export type RuleMessageContext = Pick<SerializationContext, "topic" | "field"> & {
  readonly headers: SerializationContext["headers"];
};

/** The type of a field, in the words that CEL_FIELD rules use. */
export type FieldType =
  | "RECORD"
  | "ENUM"
  | "ARRAY"
  | "MAP"
  | "COMBINED"
  | "FIXED"
  | "STRING"
  | "BYTES"
  | "INT"
  | "LONG"
  | "FLOAT"
  | "DOUBLE"
  | "BOOLEAN"
  | "NULL";

/** The field that a field rule is on. */
export interface FieldContext {
  /** The value that has the field: a record, an object, a Protobuf message. */
  readonly containingMessage: unknown;
  /** Its path, such as `ga.u.Person.name` in Avro, `$.name` in JSON Schema. */
  readonly fullName: string;
  /** Its own name. */
  readonly name: string;
  /** Its type. */
  readonly type: FieldType;
  /** Its tags: those in the schema's text, and those of the schema's metadata. */
  readonly tags: ReadonlySet<string>;
}

/** What an executor or action is told beside the value. */
export interface RuleContext {
  /** Who writes, reads or migrates; an UPDOWN rule runs as `UPGRADE` or `DOWNGRADE`, a WRITEREAD rule as `WRITE` or `READ`. */
  readonly mode: RuleMode;
  /** The rule that runs. */
  readonly rule: Rule;
  /** Its place among those that run. */
  readonly index: number;
  /** All that run. */
  readonly rules: readonly Rule[];
  /** The subject; empty for a message that was read without one. */
  readonly subject: string;
  /** The writer's schema, of a message that is read with another. */
  readonly source: Schema | null;
  /** The schema that the rule belongs to. */
  readonly target: Schema;
  /** The message. */
  readonly message: RuleMessageContext;
  /** The value before any rule. */
  readonly original: unknown;
  /** A parameter: of the rule, else of the schema's metadata. */
  parameter(name: string): string | undefined;
  /** The schemas that `target` refers to. Default: none. */
  readonly references?: readonly NamedSchema[];
  /** Visits the fields of a value of `target`; absent where the value is bytes or between two versions. */
  readonly walk?: (value: unknown, visit: VisitField) => Work<unknown>;
  /**
   * A value, or a message within it, in a form in which CEL knows the types: in Protobuf with its descriptor. Default: CEL
   * takes the types from the text of `target`.
   */
  readonly typed?: (value: unknown) => unknown;
}

/** Executes the rules of a type. */
export interface RuleExecutor {
  /** The type, such as `CEL`. */
  readonly type: string;
  /** Whether it always has to wait, so that the sync forms of a serializer need not begin. Default: false. */
  readonly waits?: boolean;
  /**
   * Is told once of the registry client's configuration, and of what the serializer was given as rule configuration.
   */
  configure?(clientConfig: Readonly<Record<string, unknown>>, ruleConfig: Readonly<Record<string, unknown>>): void;
  /**
   * Does what a rule says: a CONDITION gives a truth, a TRANSFORM the value that goes on. A promise only where something has to
   * be waited for: the sync forms of a serializer cannot.
   */
  transform(context: RuleContext, value: unknown): unknown;
  /** Lets go of what it holds. */
  close?(): void | Promise<void>;
}

/** Executes the rules of a type on each field that a rule is for. */
export interface FieldRuleExecutor extends Omit<RuleExecutor, "transform"> {
  /**
   * Does what a rule says of one field: a CONDITION gives a truth, a TRANSFORM the field's new value, or a promise of it.
   */
  transformField(context: RuleContext, field: FieldContext, value: unknown): unknown;
}

/** Follows a rule: `onSuccess` or `onFailure` names it. */
export interface RuleAction {
  /** The type, such as `ERROR`, `NONE`, `DLQ`. */
  readonly type: string;
  /**
   * Whether it may have to wait. Then the sync forms of a serializer do not begin it, for it would run a second time in the
   * form that waits. Default: true.
   */
  readonly waits?: boolean;
  /** Is told once of the registry client's configuration, and of what the serializer was given as rule configuration. */
  configure?(clientConfig: Readonly<Record<string, unknown>>, ruleConfig: Readonly<Record<string, unknown>>): void;
  /**
   * Acts. What it throws ends the message. `error` is null after a success. What has to be waited for is in a promise, or in
   * work, which a client that blocks can do too.
   */
  run(context: RuleContext, value: unknown, error: Error | null): void | Promise<void> | Work<void>;
  /** Lets go of what it holds. */
  close?(): void | Promise<void>;
}

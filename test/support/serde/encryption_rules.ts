/** What an executor of encryption rules is told, made for tests. */
import type { Rule, RuleMode, Schema } from "../../../src/schema_registry/schema.ts";
import type { FieldContext, FieldType, RuleContext } from "../../../src/serde/rules/types.ts";

/** A rule that encrypts with the KEK `kek`, whose key `mykey` is in the local KMS. */
export function encryptionRule(params: Readonly<Record<string, string>> = {}): Rule {
  return {
    name: "encrypt",
    kind: "TRANSFORM",
    mode: "WRITEREAD",
    type: "ENCRYPT",
    params: {
      "encrypt.kek.name": "kek",
      "encrypt.kms.type": "local-kms",
      "encrypt.kms.key.id": "mykey",
      ...params,
    },
  };
}

const target: Schema = { schema: '"string"' };

/** What is told for a rule that runs. */
export function ruleContext(rule: Rule, mode: RuleMode, subject = "topic-value"): RuleContext {
  return {
    mode,
    rule,
    index: 0,
    rules: [rule],
    subject,
    source: null,
    target,
    message: { topic: "topic", field: "value", headers: [] },
    original: null,
    parameter: (name) => rule.params?.[name],
  };
}

/** What is told of a field. */
export function fieldContext(type: FieldType): FieldContext {
  return { containingMessage: {}, fullName: "ga.User.field", name: "field", type, tags: new Set() };
}

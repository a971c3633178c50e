/** The headers of a record that a rule has sent to a dead letter topic. */

/** Their names. */
export const dlqHeaders = {
  /** The rule that failed. */
  name: "__rule.name",
  /** What was done with the message, such as `WRITE`. */
  mode: "__rule.mode",
  /** The subject of its schema. */
  subject: "__rule.subject",
  /** The topic that the message was for, or came from. */
  topic: "__rule.topic",
  /** Why the rule failed. */
  exception: "__rule.exception",
} as const;

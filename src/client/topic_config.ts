/** The old place for properties of topics, which still works. */
import { clientName, type LogEntry } from "../native/events.ts";
import type { Client } from "./client.ts";

/** What is said once to who uses `default.topic.config`, or null. */
export function topicConfigWarning({ native, handle, config }: Client): LogEntry | null {
  if (((config as Readonly<Record<string, unknown>>)["default.topic.config"] ?? null) === null) return null;
  return {
    level: 4,
    levelName: "warning",
    facility: "CONFWARN",
    message: '"default.topic.config" is deprecated: set the properties of topics beside the others',
    clientName: clientName(native, handle),
  };
}

/** Asks a strategy for the subject of a topic's keys or values, and the registry where the strategy is ASSOCIATED. */
import { SerializationError } from "../kafka/serialization_error.ts";
import { Cache } from "../schema_registry/cache.ts";
import { SchemaRegistryError } from "../schema_registry/error.ts";
import type { SerdeConfig } from "./config.ts";
import type { Registry } from "./registry.ts";
import { type NamingContext, required, simpleStrategies, type SubjectNameStrategy } from "./subject.ts";

const maxAssociations = 1000;
const notFound = 404;

/** Names subjects as a configuration says. */
export class SubjectNames {
  readonly #registry: Registry;
  /** Null where the registry has to be asked. */
  readonly #strategy: SubjectNameStrategy | null;
  readonly #clusterId: string;
  /** Null where a topic without an associated subject is an error. */
  readonly #fallback: SubjectNameStrategy | null;
  /** What the registry has said of a topic and field; null says that it has nothing. */
  readonly #associated = new Cache<{ readonly subject: string | null }>({ capacity: maxAssociations });

  constructor(registry: Registry, config: SerdeConfig) {
    const type = config["subject.name.strategy.type"] ?? "ASSOCIATED";
    const { "subject.name.strategy.kafka.cluster.id": clusterId, "subject.name.strategy.fallback.type": fallback } =
      config["subject.name.strategy.conf"] ?? {};
    this.#registry = registry;
    this.#strategy = config["subject.name.strategy"] ?? (type === "ASSOCIATED" ? null : simpleStrategies[type]);
    this.#clusterId = clusterId ?? "-";
    this.#fallback = fallback === "NONE" ? null : simpleStrategies[fallback ?? "TOPIC"];
  }

  /**
   * The subject, or null if the strategy needs a record's name and there is none.
   *
   * @throws {SerializationError} if the strategy needs a topic and there is no context, or if the registry has
   * associated none, or several, and that is an error.
   */
  async subject(context: NamingContext | undefined, recordName: string | null): Promise<string | null> {
    if (this.#strategy !== null) return this.#strategy(context, recordName);
    const { topic, field } = required(context, "ASSOCIATED");
    const { subject } = await this.#associated.load(`${field}:${topic}`, () => this.#ask({ topic, field }));
    if (subject !== null) return subject;
    if (this.#fallback !== null) return this.#fallback(context, recordName);
    throw new SerializationError(`Cannot name the subject: none is associated with the ${field}s of ${topic}`);
  }

  async #ask({ topic, field }: NamingContext): Promise<{ readonly subject: string | null }> {
    let found: readonly { readonly subject: string }[];
    try {
      found = await this.#registry.getAssociationsByResourceName(topic, {
        resourceNamespace: this.#clusterId,
        resourceType: "topic",
        associationTypes: [field],
      });
    } catch (error) {
      // Registries without associations say that they do not know the path, as others say it of the topic.
      if (error instanceof SchemaRegistryError && error.httpStatusCode === notFound) return { subject: null };
      throw error;
    }
    if (found.length > 1) {
      const subjects = found.map(({ subject }) => JSON.stringify(subject)).join(", ");
      throw new SerializationError(`Cannot name the subject: the ${field}s of ${topic} have several, ${subjects}`);
    }
    return { subject: found[0]?.subject ?? null };
  }

  /** Forgets what the registry has said. */
  clear(): void {
    this.#associated.clear();
  }
}

/** Migrations: the steps by which a message that was written with one version of a schema gets the shape of another. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Work } from "../../kafka/work.ts";
import type { RegisteredSchema, Schema } from "../../schema_registry/schema.ts";
import { executeRules } from "./engine.ts";
import { planRules, type RulePlan, runsIn } from "./plan.ts";
import type { RuleRegistry } from "./registry.ts";
import type { RuleMessageContext } from "./types.ts";

/** One step from a version to one of its neighbours, by the migration rules of the newer. */
export interface Migration {
  readonly mode: "UPGRADE" | "DOWNGRADE";
  readonly source: Schema;
  readonly target: Schema;
}

/** Between two versions there may be so many others: each takes a request. */
const MAX_VERSIONS = 1000;

/**
 * The versions strictly between two, from the lower to the higher: their schemas are what {@link planMigrations} needs
 * beside the two.
 *
 * @throws {SerializationError} if there are more than 1,000.
 */
export function versionsBetween(writer: number, reader: number): number[] {
  const lower = Math.min(writer, reader);
  const count = Math.max(writer, reader) - lower - 1;
  if (count > MAX_VERSIONS) {
    throw new SerializationError(`Cannot migrate from version ${writer} to ${reader}: more than ${MAX_VERSIONS} apart`);
  }
  return Array.from({ length: Math.max(count, 0) }, (_, index) => lower + 1 + index);
}

/**
 * The steps that lead from one version to another: of each pair of neighbours, the one that the newer has rules for.
 * None if the versions are the same.
 *
 * @param versions The writer's schema, the reader's, and all between them, in any order.
 */
export function planMigrations(
  writer: RegisteredSchema,
  reader: RegisteredSchema,
  versions: readonly RegisteredSchema[],
): Migration[] {
  const [from, to] = [writer.version ?? 0, reader.version ?? 0];
  const mode = from < to ? "UPGRADE" : "DOWNGRADE";
  const schemas = new Map([writer, reader, ...versions].map(({ version, schema }) => [version ?? 0, schema]));
  const way = [...schemas.keys()].filter((version) => isBetween(version, from, to)).sort((one, other) => one - other);
  if (mode === "DOWNGRADE") way.reverse();
  const steps = way.slice(1).map((version, index): Migration => {
    return { mode, source: schemas.get(way[index]!)!, target: schemas.get(version)! };
  });
  return steps.filter(({ source, target }) => {
    const newer = mode === "UPGRADE" ? target : source;
    return newer.ruleSet?.migrationRules?.some((rule) => runsIn(rule, mode)) ?? false;
  });
}

function isBetween(version: number, one: number, other: number): boolean {
  return version >= Math.min(one, other) && version <= Math.max(one, other);
}

/** Plans the rules of each step. */
export function planSteps(migrations: readonly Migration[], registry: RuleRegistry, subject: string): RulePlan[] {
  return migrations.map((migration) => planRules({ registry, subject, ...migration }));
}

/** Takes plain data through the steps. */
export function* migrate(steps: readonly RulePlan[], message: RuleMessageContext, plain: unknown): Work<unknown> {
  for (const step of steps) plain = yield* executeRules(step, message, plain);
  return plain;
}

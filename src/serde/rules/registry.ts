/** What can execute rules and follow them: a registry of one's own, for there is no global one. */
import { ErrorAction, NoneAction } from "./actions.ts";
import type { FieldRuleExecutor, RuleAction, RuleExecutor } from "./types.ts";

/** What replaces parts of every rule of a type. */
export interface RuleOverride {
  /** The type of the rules. */
  readonly type: string;
  /** Takes the place of `onSuccess`. */
  readonly onSuccess?: string;
  /** Takes the place of `onFailure`. */
  readonly onFailure?: string;
  /** Takes the place of `disabled`. */
  readonly disabled?: boolean;
}

/** What {@link RuleRegistry} begins with. */
export interface RuleRegistryOptions {
  /** See {@link RuleRegistry.registerExecutor}. */
  readonly executors?: readonly (RuleExecutor | FieldRuleExecutor)[];
  /** See {@link RuleRegistry.registerAction}. */
  readonly actions?: readonly RuleAction[];
  /** See {@link RuleRegistry.registerOverride}. */
  readonly overrides?: readonly RuleOverride[];
}

/**
 * The executors, actions and overrides of a serializer, a deserializer, or of several that share it. The actions
 * `ERROR` and `NONE` are always there.
 *
 * A type has one executor: registering another takes its place. Serializers look when they first need a rule, so
 * register before that.
 *
 * Source: `RuleRegistry` in confluent-kafka-python, which has a global one; `RuleOverride`.
 *
 * @example Executors for one serializer
 * ```ts
 * import { RuleRegistry } from "@kafka-ffi/kafka/rules";
 * import { CelExecutor, CelFieldExecutor } from "@kafka-ffi/kafka/rules/cel";
 *
 * const rules = new RuleRegistry({ executors: [new CelExecutor(), new CelFieldExecutor()] });
 * ```
 */
export class RuleRegistry {
  readonly #executors = new Map<string, RuleExecutor | FieldRuleExecutor>();
  readonly #actions = new Map<string, RuleAction>();
  readonly #overrides = new Map<string, RuleOverride>();

  /** Makes a registry with the given executors, actions and overrides, and nothing else. */
  constructor({ executors = [], actions = [], overrides = [] }: RuleRegistryOptions = {}) {
    for (const action of [new ErrorAction(), new NoneAction(), ...actions]) this.registerAction(action);
    for (const executor of executors) this.registerExecutor(executor);
    for (const override of overrides) this.registerOverride(override);
  }

  /** Adds what executes the rules of a type. */
  registerExecutor(executor: RuleExecutor | FieldRuleExecutor): void {
    this.#executors.set(keyOf(executor.type), executor);
  }

  /** Adds an action, which rules name by its type. */
  registerAction(action: RuleAction): void {
    this.#actions.set(action.type, action);
  }

  /** Replaces parts of the rules of a type. */
  registerOverride(override: RuleOverride): void {
    this.#overrides.set(keyOf(override.type), override);
  }

  /** What executes the rules of a type, whose case does not matter. */
  executor(type: string): RuleExecutor | FieldRuleExecutor | undefined {
    return this.#executors.get(keyOf(type));
  }

  /** The action of a type. */
  action(type: string): RuleAction | undefined {
    return this.#actions.get(type);
  }

  /** What replaces parts of the rules of a type. */
  override(type: string): RuleOverride | undefined {
    return this.#overrides.get(keyOf(type));
  }

  /**
   * Tells every executor and action of the registry client's configuration and of the rules' own. A serializer calls it
   * once.
   */
  configure(clientConfig: Readonly<Record<string, unknown>>, ruleConfig: Readonly<Record<string, unknown>>): void {
    for (const one of this.#members()) one.configure?.(clientConfig, ruleConfig);
  }

  /** Lets go of what the executors and actions hold: all of them, even if one fails. */
  async close(): Promise<void> {
    let failure: { readonly error: unknown } | null = null;
    for (const one of this.#members()) {
      try {
        await one.close?.();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
  }

  /** The same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #members(): (RuleExecutor | FieldRuleExecutor | RuleAction)[] {
    return [...this.#executors.values(), ...this.#actions.values()];
  }
}

const keyOf = (type: string): string => type.toUpperCase();

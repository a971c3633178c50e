/**
 * Keeps what was found out once about a topic's keys or values: made once for all who ask, bounded, and made anew in
 * time.
 */
import { Cache } from "../schema_registry/cache.ts";
import { SingleFlight } from "../schema_registry/single_flight.ts";
import { inBackground } from "./background.ts";

const maxPlans = 1000;
/**
 * How often a sync form tries to make a plan anew while making it fails: so many times in the time that it is fresh.
 */
const triesPerTtl = 10;

/** A plan, and until when it is good, in the milliseconds of `performance.now()`. */
export interface Dated {
  /** `Infinity` if what it was made of cannot change. */
  freshUntil: number;
  /** When the sync form starts to make it anew. */
  renewAt: number;
}

/** Makes a plan. `before` is the one that is too old, which may be given again with another date. */
export type MakePlan<P> = (before: P | null) => Promise<P>;

/** Plans by key. */
export class Plans<P extends Dated> {
  readonly #ttlMs: number;
  readonly #plans = new Cache<P>({ capacity: maxPlans });
  readonly #flights = new SingleFlight<P>();
  /** What is under way when everything is dropped must not come back. */
  #generation = 0;

  /** @param ttlMs How long a plan is good that was made of what is the latest; `Infinity` for good. */
  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  /**
   * The plan, if nothing has to be waited for; else null. One that is too old is still given for as long again as it
   * was good, and is made anew meanwhile.
   */
  atOnce(key: string, make: MakePlan<P>): P | null {
    const plan = this.#plans.get(key);
    if (plan === undefined || plan.freshUntil === Infinity) return plan ?? null;
    const now = performance.now();
    if (now < plan.freshUntil) return plan;
    if (now >= plan.freshUntil + this.#ttlMs) return null;
    if (now >= plan.renewAt) {
      plan.renewAt = now + this.#ttlMs / triesPerTtl;
      inBackground(() => this.get(key, make));
    }
    return plan;
  }

  /** The plan, if there is one that is not too old; else null. */
  fresh(key: string): P | null {
    const plan = this.#plans.get(key);
    return plan !== undefined && isFresh(plan) ? plan : null;
  }

  /** The plan, which is made if there is none, or only one that is too old. */
  async get(key: string, make: MakePlan<P>): Promise<P> {
    const fresh = this.fresh(key);
    if (fresh !== null) return fresh;
    return await this.#flights.run(key, async () => {
      const generation = this.#generation;
      const made = await make(this.#plans.get(key) ?? null);
      if (generation === this.#generation) this.#plans.set(key, made);
      return made;
    });
  }

  /** From now on for as long as what is the latest is good. */
  date(): Dated {
    const freshUntil = performance.now() + this.#ttlMs;
    return { freshUntil, renewAt: freshUntil };
  }

  /** Drops all. */
  clear(): void {
    this.#generation++;
    this.#plans.clear();
    this.#flights.forget();
  }
}

/** A date that never comes. */
export const forGood: Readonly<Dated> = { freshUntil: Infinity, renewAt: Infinity };

/** Whether a plan is not too old. */
export function isFresh(plan: Dated): boolean {
  return plan.freshUntil === Infinity || performance.now() < plan.freshUntil;
}

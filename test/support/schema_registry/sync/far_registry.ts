/** Starts a mock registry in a thread of its own, which can answer while this one is blocked. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { MockSchemaRegistry, MockSchemaRegistryOptions } from "../../../../testing.ts";
import { runtimeName } from "../../../harness.ts";
import { moduleAddresses } from "../../program.ts";

/** The methods that can be called from here. */
type Methods = Pick<MockSchemaRegistry, "answerNext" | "failNext" | "requests" | "clearRequests" | "revokeTokens">;

/** A registry that runs. */
export interface FarRegistry extends AsyncDisposable {
  readonly url: string;
  readonly tokenUrl: string;
  /** Calls a method of it, and waits until that is done. */
  call<M extends keyof Methods>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>>;
}

/** Starts one. */
export async function farRegistry(options: MockSchemaRegistryOptions = {}): Promise<FarRegistry> {
  const [, testing] = moduleAddresses(runtimeName);
  const worker = new Worker(new URL("./far_registry.mjs", import.meta.url), { workerData: { testing, options } });
  const [addresses] = await once(worker, "message") as [{ url: string; tokenUrl: string }];
  let lastId = 0;
  return {
    ...addresses,
    async call<M extends keyof Methods>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
      const id = ++lastId;
      const answered = new Promise<ReturnType<Methods[M]>>((resolve) => {
        const look = (message: { readonly id: number; readonly result: ReturnType<Methods[M]> }): void => {
          if (message.id !== id) return;
          worker.off("message", look);
          resolve(message.result);
        };
        worker.on("message", look);
      });
      worker.postMessage({ id, method, args });
      return await answered;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

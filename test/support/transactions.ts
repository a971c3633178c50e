/** Transactional producers for tests. */
import type { KafkaError, ProducerConfig, ProducerOptions } from "../../mod.ts";
import { hasty, openProducer } from "./producing.ts";
import { randomName } from "./random.ts";

/** A producer that can begin transactions, with quick retries. Closed without waiting. */
export async function openTransactional(
  bootstrapServers: string,
  config: ProducerConfig = {},
  options: ProducerOptions = {},
): Promise<ReturnType<typeof openProducer>> {
  const opened = openProducer({
    "bootstrap.servers": bootstrapServers,
    "transactional.id": randomName("tx"),
    ...hasty,
    ...config,
  }, options);
  await opened.producer.initTransactions({ timeoutMs: 15_000 });
  return opened;
}

/** How something ended: `ok`, or the error's name and what it says of itself. */
export async function ending(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    const { codeName, isFatal, isRetriable, txnRequiresAbort } = error as KafkaError;
    if (codeName === undefined) return String(error);
    const facts = { fatal: isFatal, retriable: isRetriable, abort: txnRequiresAbort };
    return [codeName, ...Object.entries(facts).filter(([, is]) => is).map(([name]) => name)].join(" ");
  }
}

/** Watches the event loop: how long it stood still at worst, in milliseconds. */
export function watchBeat(): { stop(): number } {
  let worst = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  }, 5);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(worst, performance.now() - last);
    },
  };
}

/** Transactions: two messages are written, or none; and what fails is aborted and thrown, or tried again. */
import { KafkaError, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `accounts-${crypto.randomUUID()}`;
  await using producer = new Producer({
    "bootstrap.servers": servers,
    // Of all producers with this id, only the one that was initialized last can write.
    "transactional.id": `cashier-of-${topic}`,
  }, {
    // Told of a fatal error too, which the calls throw in any case.
    onError: () => {},
    onLog: false,
  });
  await producer.initTransactions();

  // A debit is never seen without its credit by readers of committed messages, which consumers are by default.
  const transfer = async (from: string, to: string, amount: number): Promise<void> => {
    await producer.withTransaction(async () => {
      await producer.send({ topic, key: from, value: String(-amount) });
      if (amount > 100) throw new RangeError(`nobody may send ${amount}`);
      await producer.send({ topic, key: to, value: String(amount) });
    });
  };
  await transfer("ada", "grace", 10);
  console.log("ada has sent 10 to grace");
  // An error of one's own aborts, so the debit of 1000 does not count.
  await transfer("ada", "grace", 1000).catch((error: Error) => console.log(`refused: ${error.message}`));

  // The same by hand: whatever leaves the block before the commit aborts.
  {
    await using transaction = await producer.transaction();
    await producer.send({ topic, key: "grace", value: "-5" });
    await producer.send({ topic, key: "ada", value: "5" });
    await transaction.commit();
  }
  console.log("grace has sent 5 to ada");

  // Another cashier takes over. The first can write no more: its error is fatal, and all that is left to do is to close it.
  await using successor = new Producer({
    "bootstrap.servers": servers,
    "transactional.id": `cashier-of-${topic}`,
  });
  await successor.initTransactions();
  try {
    await transfer("ada", "grace", 20);
  } catch (error) {
    if (!(error instanceof KafkaError) || !error.isFatal) throw error;
    console.log(`the first cashier is out: ${error.codeName}`);
  }
}

if (import.meta.main) await main(bootstrapServers());

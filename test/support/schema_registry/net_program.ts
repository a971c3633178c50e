/** A program that asks the registry whose address it is given for its subjects, and prints what came of it. */
import { SchemaRegistryClient } from "../../../src/schema_registry/mod.ts";

await using client = new SchemaRegistryClient({ url: Deno.args[0]!, "max.retries": 0 });
const outcome = await client.getSubjects().catch((error: Error & { codeName?: string }) => error.codeName);
console.log(JSON.stringify(outcome));

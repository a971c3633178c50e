/** A program that asks the registry whose address it is given for its subjects, by promises or `sync`, and prints what came of it. */
import { SchemaRegistryClient } from "../../../src/schema_registry/mod.ts";
import { SchemaRegistryClient as BlockingClient } from "../../../src/schema_registry/sync/mod.ts";

const [url = "", way = ""] = Deno.args.slice(-2);
const config = { url, "max.retries": 0 };
const client = way === "sync" ? new BlockingClient(config) : new SchemaRegistryClient(config);
try {
  console.log(JSON.stringify(await client.getSubjects()));
} catch (error) {
  console.log(JSON.stringify((error as { readonly codeName?: string }).codeName));
}
await client.close();

/** A program for Deno that wants to hear of throttling, and opens nothing else if it may not. */
import { Producer } from "../../../mod.ts";

const [libraryPath = ""] = Deno.args;
const producer = new Producer({ "bootstrap.servers": "127.0.0.1:1" }, {
  libraryPath,
  onThrottle: () => {},
  onError: () => {},
  onLog: false,
});
await producer.close();

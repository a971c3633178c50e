/**
 * A program for Deno that needs permission for one library and for nothing else. It imports by name what others are told by
 * address: to import from an address that is only known later, Deno needs permission to read.
 */
import { Consumer, Producer } from "../../../mod.ts";
import { MockCluster } from "../../../testing.ts";
import { roundTrip } from "./round_trip.mjs";

const [libraryPath = ""] = Deno.args;
console.log(await roundTrip({ Producer, Consumer, MockCluster }, libraryPath));

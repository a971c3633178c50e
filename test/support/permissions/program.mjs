// @ts-check
/**
 * A program that names the library it uses.
 *
 *     program.mjs <address of mod> <address of testing> <path of librdkafka>
 */
import process from "node:process";
import { load } from "../ends/traffic.mjs";
import { roundTrip } from "./round_trip.mjs";

console.log(await roundTrip(await load(), process.argv[4] ?? ""));

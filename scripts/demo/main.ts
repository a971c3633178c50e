/** Runs the demo on whichever runtime starts this file. */
import process from "node:process";
import { showFailure } from "./display.ts";
import { parseDemoOptions } from "./options.ts";
import { runDemo } from "./program.ts";

try {
  process.exitCode = await runDemo(parseDemoOptions(process.argv.slice(2)));
} catch (error) {
  showFailure(error);
  process.exitCode = 1;
}

/** The runtime that runs the test, as a command for more processes of it. */
import process from "node:process";
import { runtimeName } from "../harness.ts";
import type { ProgramRuntime } from "./program.ts";

/** The runtime that is running. */
export const thisRuntime: ProgramRuntime = { name: runtimeName, command: process.execPath };

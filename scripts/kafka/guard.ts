/** A small shell process that outlives us just long enough to end our brokers if we die without stopping them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

// It waits on a pipe from us. "keep" dismisses it; the pipe's end, which comes however we die, makes it clean up.
const script = `
while read -r word; do [ "$word" = keep ] && exit 0; done
for file in "$1"/*/pid; do [ -f "$file" ] && kill -9 "$(cat "$file")"; done
rm -rf "$1"
`;

/** Watches over a directory whose `*\/pid` files name the running brokers. */
export class Guard {
  readonly #child: ChildProcess;

  constructor(directory: string) {
    // In a process group of its own, so that Ctrl-C at the terminal does not end it together with us.
    this.#child = spawn("sh", ["-c", script, "guard", directory], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
    });
  }

  /** Sends it away: nothing is left to clean up, or the brokers shall stay. */
  async dismiss(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.stdin!.end("keep\n");
    await exit;
  }
}

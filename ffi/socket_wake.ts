/** A wake-up pipe read through `node:net`, for the runtimes whose sockets take a file descriptor: Deno and Node. */
import type { Socket } from "node:net";
import type { Wake } from "./runtime.ts";

/** Reads `readEnd` with a socket of the given class and calls `onWake` whenever something has come. */
export function socketWake(
  SocketClass: typeof Socket,
  readEnd: number,
  writeEnd: number,
  onWake: () => void,
  closeWriteEnd: () => void,
): Wake {
  const socket = new SocketClass({ fd: readEnd, readable: true, writable: false });
  socket.on("data", () => onWake());
  socket.unref();
  return {
    fd: writeEnd,
    ref: () => void socket.ref(),
    unref: () => void socket.unref(),
    close() {
      closeWriteEnd();
      socket.destroy();
    },
  };
}

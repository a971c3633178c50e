/**
 * Compiles only if Bun's own typings fit the interfaces of `ffi/bun_types.ts`. The names of C types are plain strings there;
 * a wrong one fails when the library is opened.
 */
import type * as bunFfi from "bun:ffi";
import type { FdSocketOptions, Socket } from "bun";
import type { BunFfi, BunGlobal, BunSocket } from "../../ffi/bun_types.ts";

declare const real: typeof bunFfi;
declare const bun: typeof import("bun");

export const ptr: BunFfi["ptr"] = real.ptr;
export const opened: ReturnType<BunFfi["dlopen"]> = real.dlopen("library", { f: { args: ["ptr"], returns: "i32" } });
export const global: Omit<BunGlobal, "connect"> = bun;

export const callback: InstanceType<BunFfi["JSCallback"]> = new real.JSCallback(() => {}, {
  args: ["ptr"],
  returns: "void",
}) as { readonly ptr: NonNullable<InstanceType<typeof bunFfi.JSCallback>["ptr"]>; close(): void };

// Bun's typings know the options with a descriptor, but have no overload of connect() for them.
type ConnectOptions = Parameters<BunGlobal["connect"]>[0];
declare const options: ConnectOptions;
declare const socket: Socket;
export const fdOptions: Pick<FdSocketOptions, "fd"> = options;
export const data: NonNullable<FdSocketOptions["socket"]["data"]> = options.socket.data;
export const open: NonNullable<FdSocketOptions["socket"]["open"]> = options.socket.open;
export const connected: BunSocket = socket;

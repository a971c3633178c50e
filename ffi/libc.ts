/**
 * The few libc functions that are called, found through librdkafka's own handle.
 *
 * Looking them up there means that Deno needs permission for one file only, and no second library is opened.
 */
import type { Block, Library, NativeFunctions, Pointer, Signature } from "./runtime.ts";

export const libc = {
  // void *memcpy(void *dest, const void *src, size_t n)
  memcpy: { parameters: ["pointer", "pointer", "size"], result: "pointer" },
  // size_t strlen(const char *s)
  strlen: { parameters: ["pointer"], result: "size" },
  // void *malloc(size_t size)
  malloc: { parameters: ["size"], result: "pointer" },
} as const;
libc satisfies Record<string, Signature>;

/** What adapters themselves need; everything here exists in glibc, musl and macOS unless it says `since`. */
export const libcSystem = {
  // void *dlopen(const char *filename, int flags)
  dlopen: { parameters: ["pointer", "i32"], result: "pointer" },
  // void *dlsym(void *handle, const char *symbol)
  dlsym: { parameters: ["pointer", "pointer"], result: "pointer" },
  // int pipe(int pipefd[2])
  pipe: { parameters: ["pointer"], result: "i32" },
  // int pipe2(int pipefd[2], int flags)
  pipe2: { parameters: ["pointer", "i32"], result: "i32", since: "(Linux)" },
  // int socketpair(int domain, int type, int protocol, int sv[2])
  socketpair: { parameters: ["i32", "i32", "i32", "pointer"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
  pthread_create: { parameters: ["pointer", "pointer", "pointer", "pointer"], result: "i32" },
  // int pthread_tryjoin_np(pthread_t thread, void **retval)
  pthread_tryjoin_np: { parameters: ["u64", "pointer"], result: "i32", since: "(Linux)" },
  // void _exit(int status)
  _exit: { parameters: ["i32"], result: "void" },
} as const;
libcSystem satisfies Record<string, Signature>;

const RTLD_NOW = 2;
const RTLD_NODELETE = { linux: 0x1000, darwin: 0x80 };
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const AF_UNIX = 1;
const SOCK_STREAM = 1;

const boundSystems = new WeakMap<Library, NativeFunctions<typeof libcSystem>>();

/** The functions of {@link libcSystem}, bound once: no runtime gives back the memory that a binding takes. */
function systemOf(library: Library): NativeFunctions<typeof libcSystem> {
  let bound = boundSystems.get(library);
  if (bound === undefined) boundSystems.set(library, bound = library.bind(libcSystem));
  return bound;
}

/** Writes a C string at the start of a block that is large enough. */
function writeName(block: Block, text: string): Pointer {
  const { written } = new TextEncoder().encodeInto(text, block.bytes.subarray(0, block.bytes.length - 1));
  block.bytes[written] = 0;
  return block.pointer;
}

/**
 * Keeps the library mapped until the process is gone. A runtime that closes it at exit unmaps code that librdkafka's
 * threads are still running, and the process dies of SIGSEGV.
 */
export function pin(library: Library, platform: string): void {
  if (platform === "win32") return;
  const { dlopen } = systemOf(library);
  const name = library.block(4096);
  const flags = RTLD_NOW | (platform === "darwin" ? RTLD_NODELETE.darwin : RTLD_NODELETE.linux);
  if (library.isNull(dlopen(writeName(name, library.path), flags))) {
    throw new Error(`Cannot keep "${library.path}" loaded: dlopen() of the open library failed`);
  }
}

/** Opens a pipe for wake-ups: the descriptors of its read and its write end. */
export function openPipe(library: Library, platform: string): [readEnd: number, writeEnd: number] {
  if (platform === "win32") {
    throw new Error("Cannot open a wake-up pipe on Windows: librdkafka cannot write to one there yet");
  }
  const functions = systemOf(library);
  const ends = library.block(8);
  // On macOS, which is untried, the write end stays blocking and open across exec: fcntl() is variadic there. It must be drained
  // often enough never to fill, for librdkafka writes to it with a queue's lock held.
  const failed = platform === "linux"
    ? functions.pipe2(ends.pointer, O_NONBLOCK | O_CLOEXEC)
    : functions.pipe(ends.pointer);
  if (failed !== 0) throw new Error("Cannot open a wake-up pipe: the process has no file descriptors left");
  return [ends.i32[0]!, ends.i32[1]!];
}

/** The same as {@link openPipe}, with two sockets that are connected to each other. */
export function openSocketPair(library: Library, platform: string): [readEnd: number, writeEnd: number] {
  if (platform === "win32") {
    throw new Error("Cannot open a wake-up socket on Windows: librdkafka cannot write to one there yet");
  }
  const ends = library.block(8);
  // Linux takes the flags of files with the type, under the same numbers.
  const type = platform === "linux" ? SOCK_STREAM | O_NONBLOCK | O_CLOEXEC : SOCK_STREAM;
  if (systemOf(library).socketpair(AF_UNIX, type, 0, ends.pointer) !== 0) {
    throw new Error("Cannot open a wake-up socket: the process has no file descriptors left");
  }
  return [ends.i32[0]!, ends.i32[1]!];
}

/** Closes a file descriptor of ours. */
export function closeDescriptor(library: Library, fd: number): void {
  systemOf(library).close(fd);
}

/** Whether {@link callOnThread} can make a call: a thread's start routine gets one pointer, and nobody asks what it returns. */
export function fitsThread({ parameters, result }: Signature, platform: string): boolean {
  // Only there can the end of a thread be looked for.
  return platform === "linux" && parameters.length === 1 && parameters[0] === "pointer" && result === "void";
}

/**
 * Runs `void function(void *)` on a new native thread and looks for its end every few milliseconds, for the runtimes whose
 * interface has no call off the event loop. Such a thread holds up no process that ends, as a worker may.
 */
export async function callOnThread(library: Library, name: string, argument: Pointer): Promise<void> {
  const functions = systemOf(library);
  const scratch = library.block(4096);
  const handle = functions.dlopen(writeName(scratch, library.path), RTLD_NOW);
  const start = functions.dlsym(handle, writeName(scratch, name));
  if (library.isNull(start)) throw new Error(`Cannot find "${name}" in "${library.path}"`);
  const failed = functions.pthread_create(scratch.pointer, library.nullPointer, start, argument);
  if (failed !== 0) throw new Error(`Cannot start a thread for "${name}": error ${failed}`);
  const thread = library.pointerAt(scratch, 0);
  for (
    let waitMs = 1;
    functions.pthread_tryjoin_np(thread, library.nullPointer) !== 0;
    waitMs = Math.min(20, waitMs * 2)
  ) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** Ends the process at once, whatever its threads are doing. */
export function exitNow(library: Library, code: number): void {
  systemOf(library)._exit(code);
}

/** A function that stands for one the library lacks. */
export function missingFunction(name: string, since: string | undefined, path: string): () => never {
  return () => {
    throw new MissingFunctionError(name, since, path);
  };
}

/** Thrown when a C function is called that the opened library does not have. */
export class MissingFunctionError extends Error {
  readonly function: string;
  readonly since: string | undefined;

  constructor(name: string, since: string | undefined, path: string) {
    super(
      `Cannot call "${name}": "${path}" does not have it${
        since === undefined ? "" : `, it came with librdkafka ${since}`
      }`,
    );
    this.name = "MissingFunctionError";
    this.function = name;
    this.since = since;
  }
}

/** The functions of {@link libc}, bound. */
export type Libc = NativeFunctions<typeof libc>;

/** Which librdkafka there is, without opening a client. */
import { type LibraryInfo, openNative } from "../native/native.ts";
import { checkOptions } from "./wait.ts";

/** Which librdkafka to look at. */
export interface LibraryInfoOptions {
  /** The librdkafka to open. Default: the first that is found, as for clients. */
  readonly libraryPath?: string;
}

/**
 * Finds and opens librdkafka as a client would, and tells where it was found, its version, and what it was built with. A client's
 * own is its `library`.
 *
 * @throws {Error} if it is not found or too old, with what to do about it.
 *
 * Source: `rd_kafka_version_str` and `builtin.features`; `libversion()` in confluent-kafka-python.
 *
 * @example Refuse to start without SCRAM
 * ```ts
 * import { libraryInfo, version } from "@kafka-ffi/kafka";
 *
 * const library = libraryInfo();
 * if (!library.features.includes("sasl_scram")) {
 *   throw new Error(`kafka-ffi ${version} has found ${library.path}, which lacks SCRAM`);
 * }
 * ```
 */
export function libraryInfo(options: LibraryInfoOptions = {}): LibraryInfo {
  checkOptions(options);
  return openNative(options.libraryPath).info();
}

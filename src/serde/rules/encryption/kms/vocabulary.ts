/** The types that every driver speaks of: each entry of a key management service has them. */
export type { HttpRequest, HttpResponse, Transport } from "../../../../schema_registry/transport.ts";
export type { Kms, KmsConfig, KmsDriver, KmsOptions } from "./types.ts";

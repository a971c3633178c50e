/** Stands in for a key management service in this thread, whatever host its requests are for. */
import type { Transport } from "../../../../src/schema_registry/sync/transport.ts";
import type { KmsAnswer, KmsRequest } from "../kms_server.ts";

export type { KmsAnswer, KmsRequest };

/** A service. */
export interface KmsServer extends Disposable {
  readonly transport: Transport;
  readonly requests: KmsRequest[];
}

/** Makes a service. An answer of null never comes. */
export function kmsServer(answer: (request: KmsRequest) => KmsAnswer | null): KmsServer {
  const requests: KmsRequest[] = [];
  const transport: Transport = ({ url, headers, body, maxResponseBytes }) => {
    const { host, pathname, search } = new URL(url);
    const request = { host, path: `${pathname}${search}`, headers, body: body ?? "" };
    requests.push(request);
    const given = answer(request);
    if (given === null) throw errorNamed("TimeoutError");
    const text = typeof given.body === "string" ? given.body : JSON.stringify(given.body);
    if (text.length > maxResponseBytes) throw errorNamed("AnswerTooLargeError");
    return { status: given.status ?? 200, headers: given.headers ?? {}, body: text };
  };
  return { requests, transport, [Symbol.dispose]() {} };
}

function errorNamed(name: string): Error {
  return Object.assign(new Error(name), { name });
}

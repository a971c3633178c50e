/** Registries for tests of the client that blocks: transports that record what they are asked. */
import type { HttpRequest, HttpResponse, Transport } from "../../../../src/schema_registry/sync/transport.ts";

/** What was asked, and an answer for everything. */
export interface RecordingTransport {
  readonly transport: Transport;
  readonly requests: HttpRequest[];
}

/** A transport that answers each request with the JSON of `answer`, and remembers it. */
export function recordingTransport(answer: (request: HttpRequest) => unknown): RecordingTransport {
  const requests: HttpRequest[] = [];
  const transport: Transport = (request) => {
    requests.push(request);
    return { status: 200, headers: {}, body: JSON.stringify(answer(request)) };
  };
  return { transport, requests };
}

/** A transport that gives these answers in turn, the last one for ever; an error is thrown. */
export function scriptedTransport(answers: readonly (Partial<HttpResponse> | Error)[]): RecordingTransport {
  const requests: HttpRequest[] = [];
  const transport: Transport = (request) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!;
    requests.push(request);
    if (answer instanceof Error) throw answer;
    return { status: 200, headers: {}, body: "[]", ...answer };
  };
  return { transport, requests };
}

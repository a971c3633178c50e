/** How requests reach a key management service: a port of one function, and `fetch` behind it. */

/** A request as it is sent. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** A larger answer is not read to its end: the transport throws. */
  readonly maxResponseBytes: number;
  /** Comes when the time is up. */
  readonly signal: AbortSignal;
}

/** An answer, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

/** Sends one request and gives the answer: no retries, and no redirects, which would take secrets along. */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/** The transport by the runtime's own `fetch`. */
export async function fetchTransport(request: HttpRequest): Promise<HttpResponse> {
  const { method, url, headers, body, signal } = request;
  const response = await fetch(url, { method, headers, body, signal, redirect: "manual" });
  return { status: response.status, body: await textOf(response, request.maxResponseBytes) };
}

async function textOf(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let byteLength = 0;
  let text = "";
  // An error within the loop cancels the rest of the answer.
  for await (const chunk of response.body) {
    byteLength += chunk.byteLength;
    if (byteLength > maxBytes) throw new RangeError(`Cannot read an answer of more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

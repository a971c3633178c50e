/** A token endpoint on the loopback interface, as an identity provider has one. */
import { createServer, type IncomingMessage } from "node:http";

/** What was asked of the endpoint: the form's fields, and the `Authorization` header. */
export interface TokenRequest {
  readonly fields: URLSearchParams;
  readonly authorization: string | undefined;
}

/** A running endpoint. */
export interface TokenEndpoint extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly TokenRequest[];
}

/**
 * Starts an endpoint.
 *
 * @param answer What it answers with: a status and the fields of the JSON.
 */
export async function tokenEndpoint(
  answer: (request: TokenRequest) => { readonly status: number; readonly json: Readonly<Record<string, unknown>> },
): Promise<TokenEndpoint> {
  const requests: TokenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((body) => {
      const request = { fields: new URLSearchParams(body), authorization: incoming.headers.authorization };
      requests.push(request);
      const { status, json } = answer(request);
      outgoing.writeHead(status, { "content-type": "application/json", connection: "close" });
      outgoing.end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/token`,
    requests,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of incoming.setEncoding("utf8")) body += chunk as string;
  return body;
}

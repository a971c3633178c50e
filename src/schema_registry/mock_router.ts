/** How the mock registry finds what answers a request, and how it refuses. */
import type { JsonRecord } from "./json.ts";
import type { HttpResponse } from "./transport.ts";

/** A request as it is answered. */
export interface MockCall {
  /** A part of the path, by its name in the route. */
  part(name: string): string;
  readonly query: URLSearchParams;
  readonly body: JsonRecord;
}

/** Answers a request with what is sent as JSON. */
export type MockHandler = (call: MockCall) => unknown;

/** Handlers by method and path: `GET /subjects/:subject`. */
export type MockRoutes = Readonly<Record<string, MockHandler>>;

/** The registry refuses a request. */
export class MockRefusal extends Error {
  readonly status: number;
  readonly errorCode: number;

  constructor(status: number, errorCode: number, message: string) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
  }
}

interface Route {
  readonly method: string;
  readonly parts: readonly string[];
  readonly handler: MockHandler;
}

/** Finds handlers. */
export class MockRouter {
  readonly #routes: readonly Route[];

  constructor(routes: MockRoutes) {
    this.#routes = Object.entries(routes).map(([name, handler]) => {
      const [method = "", path = ""] = name.split(" ");
      return { method, parts: path.split("/"), handler };
    });
  }

  /** Answers a request. */
  answer(request: { readonly method: string; readonly url: string; readonly body: string | null }): HttpResponse {
    const url = new URL(request.url);
    const parts = url.pathname.split("/");
    const matching = this.#routes.filter((route) => matches(route.parts, parts));
    const route = matching.find(({ method }) => method === request.method);
    if (route === undefined) {
      return matching.length === 0
        ? response(404, { error_code: 404, message: "HTTP 404 Not Found" })
        : response(405, { error_code: 405, message: "HTTP 405 Method Not Allowed" });
    }
    const { handler } = route;
    try {
      const body = JSON.parse(request.body ?? "{}") as JsonRecord;
      const part = (name: string) => decodeURIComponent(parts[route.parts.indexOf(`:${name}`)] ?? "");
      return response(200, handler({ part, query: url.searchParams, body }));
    } catch (error) {
      if (!(error instanceof MockRefusal)) throw error;
      return response(error.status, { error_code: error.errorCode, message: error.message });
    }
  }
}

function matches(route: readonly string[], parts: readonly string[]): boolean {
  return route.length === parts.length && route.every((each, index) => each.startsWith(":") || each === parts[index]);
}

function response(status: number, value: unknown): HttpResponse {
  if (value === undefined) return { status: 204, headers: {}, body: "" };
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** The part of a list that `offset` and `limit` ask for. */
export function page<T>(list: readonly T[], query: URLSearchParams): T[] {
  const offset = Number(query.get("offset") ?? 0);
  const limit = Number(query.get("limit") ?? -1);
  return list.slice(offset, limit < 0 ? undefined : offset + limit);
}

/** Whether a parameter is set to true. */
export function flag(query: URLSearchParams, name: string): boolean {
  return query.get(name) === "true";
}

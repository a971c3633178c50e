/** A Schema Registry that speaks HTTP, within this process: for tests of what happens on the way to one. */
import { type RunningServer, type ServedAnswer, type ServedRequest, serveHttp } from "../../../ffi/http_server.ts";
import { MockRegistry } from "../../schema_registry/mock.ts";
import type { HttpResponse } from "../../schema_registry/transport.ts";
import { mayHaveBody, PlannedAnswers } from "./answers.ts";
import type { MockHttpAnswer, MockHttpRequest, MockRequestFilter, MockSchemaRegistryOptions } from "./options.ts";
import { basic, MockTokens } from "./tokens.ts";

const tokenPath = "/token";

/**
 * A Schema Registry on a loopback port, with a DEK registry.
 *
 * It answers as the one in memory does (`mock://`), and can be told to fail, to want a login, to give tokens and to speak TLS. It
 * reads no schemas: text that is JSON is valid, and schemas of one format are compatible.
 *
 * Its thread has to be free. A client that blocks therefore needs it in another thread: start it in a worker.
 *
 * Source: none; confluent-kafka-python has no such server.
 *
 * @example See a client try again
 * ```ts run
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 * import { MockSchemaRegistry } from "@kafka-ffi/kafka/testing";
 *
 * await using registry = await MockSchemaRegistry.start({ userInfo: "orders:secret" });
 * await using client = new SchemaRegistryClient({
 *   url: registry.url,
 *   "basic.auth.user.info": "orders:secret",
 *   "retries.wait.ms": 10,
 * });
 * registry.answerNext([{ status: 429, headers: { "retry-after": "1" } }, { fault: "drop" }]);
 * await client.registerSchema("orders-value", { schema: '"string"' });
 *
 * const statuses = registry.requests().map(({ answer }) => answer?.status ?? null);
 * if (statuses.join() !== "429,,200") throw new Error(`unexpected answers: ${statuses}`);
 * ```
 *
 * @example Be there for a client that blocks: the file of a worker, which tells the address
 * ```ts
 * import { parentPort } from "node:worker_threads";
 * import { MockSchemaRegistry } from "@kafka-ffi/kafka/testing";
 *
 * const registry = await MockSchemaRegistry.start();
 * registry.failNext([503, 0, 503]);
 * parentPort?.postMessage(registry.url);
 * ```
 *
 * @example Want a token for an assertion that a private key has signed
 * ```ts
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 * import { MockSchemaRegistry } from "@kafka-ffi/kafka/testing";
 *
 * async function logIn(publicKey: string, privateKey: string): Promise<void> {
 *   await using registry = await MockSchemaRegistry.start({ oauth: { clientId: "orders", publicKey } });
 *   await using client = new SchemaRegistryClient({
 *     url: registry.url,
 *     "bearer.auth.credentials.source": "OAUTHBEARER",
 *     "bearer.auth.logical.cluster": "lsrc-1",
 *     "bearer.auth.client.id": "orders",
 *     "bearer.auth.scope": "schemas",
 *     "bearer.auth.issuer.endpoint.url": registry.tokenUrl,
 *     "bearer.auth.assertion.private.key.pem": privateKey,
 *   });
 *   console.log(await client.getSubjects());
 * }
 * ```
 */
export class MockSchemaRegistry implements AsyncDisposable {
  /** What clients are given as `url`. */
  readonly url: string;
  /** The address of the token endpoint, which is there if the option `oauth` is set. */
  readonly tokenUrl: string;
  /** What is registered: for a client that gets at it past login and failures, by `registry.transport`. */
  readonly registry: MockRegistry = new MockRegistry();
  readonly #server: RunningServer;
  readonly #answers: PlannedAnswers = new PlannedAnswers(tokenPath);
  readonly #logins: ReadonlySet<string>;
  readonly #tokens: MockTokens | null;
  #requests: MockHttpRequest[] = [];
  #closing: Promise<void> | null = null;

  private constructor(server: RunningServer, options: MockSchemaRegistryOptions) {
    const { userInfo, token, oauth, tls } = options;
    this.#server = server;
    this.url = tls === undefined ? `http://127.0.0.1:${server.port}` : `https://localhost:${server.port}`;
    this.tokenUrl = `${this.url}${tokenPath}`;
    this.#tokens = oauth === undefined ? null : new MockTokens(oauth, this.tokenUrl);
    this.#logins = new Set([
      ...userInfo === undefined ? [] : [basic(userInfo)],
      ...token === undefined ? [] : [`Bearer ${token}`],
    ]);
  }

  /**
   * Starts an empty registry.
   *
   * @throws {TypeError} if the public key of `oauth` cannot be used. The runtime's error if the port cannot be had, or the
   * certificate not be used.
   */
  static async start(options: MockSchemaRegistryOptions = {}): Promise<MockSchemaRegistry> {
    const { port = 0, tls } = options;
    let registry: MockSchemaRegistry | undefined;
    const server = await serveHttp({
      port,
      tls: tls === undefined ? null : { clientAuthorities: null, ...tls },
      // There is one by the time that somebody knows the address.
      answer: (request) => registry!.#answer(request),
    });
    try {
      return registry = new MockSchemaRegistry(server, options);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /**
   * Lets the next requests fail, one after another.
   *
   * @param statuses Such as 503; 0 lets one succeed.
   * @param where Only requests of a method or to a path. Default: all but those for tokens.
   */
  failNext(statuses: readonly number[], where: MockRequestFilter = {}): void {
    this.answerNext(statuses.map((status) => status === 0 ? {} : { status }), where);
  }

  /**
   * Replaces, delays or spoils the answers to the next requests, one after another. They come before the login is looked at.
   *
   * @param answers What is answered; an empty one is the registry's own.
   * @param where Only requests of a method or to a path, as `{ path: "/token" }`. Default: all but those for tokens.
   * @throws {TypeError} or a `RangeError` if one of them cannot be sent: nothing is planned then.
   *
   * @example Have a token endpoint that is down, and a registry that is slow once
   * ```ts
   * import type { MockSchemaRegistry } from "@kafka-ffi/kafka/testing";
   *
   * function trouble(registry: MockSchemaRegistry): void {
   *   registry.answerNext([{ status: 503, times: Infinity }], { path: "/token" });
   *   registry.answerNext([{ delayMs: 300 }]);
   * }
   * ```
   */
  answerNext(answers: readonly MockHttpAnswer[], where: MockRequestFilter = {}): void {
    this.#answers.add(answers, where);
  }

  /** How many answers of {@link answerNext} and {@link failNext} have not been given yet. */
  answersLeft(): number {
    return this.#answers.left;
  }

  /** Takes back the answers that have not been given yet. */
  clearAnswers(): void {
    this.#answers.clear();
  }

  /** The requests since the start or {@link clearRequests}, oldest first, those for tokens too. They stay in the record. */
  requests(): MockHttpRequest[] {
    return [...this.#requests];
  }

  /** Forgets the requests so far. */
  clearRequests(): void {
    this.#requests = [];
  }

  /** Lets no token in any more that the endpoint has given so far. */
  revokeTokens(): void {
    this.#tokens?.revoke();
  }

  /** Stops listening, and ends all connections. */
  close(): Promise<void> {
    return this.#closing ??= this.#server.close();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #answer(request: ServedRequest): ServedAnswer {
    const timeMs = performance.now();
    const { method, target, headers, body } = request;
    const [path = "", ...query] = target.split("?");
    const planned = this.#answers.take({ method, path }) ?? {};
    const answer = this.#planned(request, path, planned);
    const isGiven = planned.fault !== "drop" && planned.fault !== "silent";
    this.#requests.push({
      method,
      path,
      query: query.join("?"),
      headers,
      body,
      answer: isGiven ? { status: answer.status, body: answer.body } : null,
      timeMs,
    });
    return answer;
  }

  #planned(request: ServedRequest, path: string, planned: MockHttpAnswer): ServedAnswer {
    const { status, headers = {}, delayMs = 0, fault = null } = planned;
    const own = status === undefined
      ? this.#own(request, path)
      : error(status, status, `HTTP ${status}, as the test wants it`);
    const body = mayHaveBody(own.status) ? planned.body ?? own.body : "";
    return {
      status: own.status,
      headers: { ...own.headers, ...headers },
      body: fault === "garble" ? body.slice(0, Math.floor(body.length / 2)) : body,
      delayMs,
      fault: fault === "garble" ? null : fault,
    };
  }

  /** What a registry would answer. */
  #own(request: ServedRequest, path: string): HttpResponse {
    if (this.#tokens !== null && path === tokenPath) return this.#tokens.answer(request);
    if (!this.#isLetIn(request.headers["authorization"] ?? "")) {
      const answer = error(401, 401, "Unauthorized");
      const isBasic = [...this.#logins].some((login) => login.startsWith("Basic "));
      return { ...answer, headers: { ...answer.headers, "www-authenticate": isBasic ? "Basic" : "Bearer" } };
    }
    const { method, target, body } = request;
    try {
      return this.registry.handle({ method, url: `http://registry${target}`, body: body === "" ? null : body });
    } catch (cause) {
      // What cannot be parsed: a body that is no JSON, a path that is badly encoded.
      return error(400, 400, cause instanceof Error ? cause.message : String(cause));
    }
  }

  #isLetIn(authorization: string): boolean {
    if (this.#tokens === null && this.#logins.size === 0) return true;
    if (this.#logins.has(authorization)) return true;
    const [scheme, token = ""] = authorization.split(" ");
    return scheme === "Bearer" && (this.#tokens?.has(token) ?? false);
  }
}

/** An answer as a registry refuses with. */
function error(status: number, code: number, message: string): HttpResponse {
  const headers = { "content-type": "application/vnd.schemaregistry.v1+json" };
  return { status, headers, body: JSON.stringify({ error_code: code, message }) };
}

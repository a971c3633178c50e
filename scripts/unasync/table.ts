/** What scripts/unasync.ts derives the blocking twins from: which folders, what stays, and which words become which. */

/** Folders, and where their twins are: a file has its twin at the same place below. The first that a file is in counts. */
export const folders: Readonly<Record<string, string>> = {
  "src/schema_registry": "src/schema_registry/sync",
  "src/serde": "src/serde/sync",
  "test/support/schema_registry": "test/support/schema_registry/sync",
  "test/support/serde": "test/support/serde/sync",
  "test/support": "test/support/sync",
  "test/unit/schema_registry": "test/unit/schema_registry/sync",
  "test/unit/serde": "test/unit/serde/sync",
};

/** Files without a twin though they know promises, or files that do: both ways to wait use the same one. */
export const shared: readonly string[] = [
  "src/schema_registry/mock_router.ts",
  "src/serde/at_once.ts",
  "src/serde/format.ts",
  "src/serde/rules/encryption/cipher.ts",
  "src/serde/rules/encryption/kms/settings.ts",
  "src/serde/rules/encryption/parameters.ts",
  "src/serde/rules/encryption/tink.ts",
  "src/serde/rules/dlq.ts",
  "src/serde/rules/jsonata.ts",
  "src/serde/rules/types.ts",
];

/** Files whose twins are written by hand: they wait in truth, so each waits in its own way. */
export const byHand: readonly string[] = [
  "src/schema_registry/pause.ts",
  "src/schema_registry/single_flight.ts",
  "src/schema_registry/transport.ts",
  "src/schema_registry/transports.ts",
  "src/serde/background.ts",
  "src/serde/json/validator_loading.ts",
  "src/serde/side_by_side.ts",
  "test/support/async.ts",
  "test/support/schema_registry/servers.ts",
  "test/support/serde/golden_rules.ts",
  "test/support/serde/kms_server.ts",
];

/**
 * Test files that have no twin: what they test is shared, or a server in their own thread, which could not answer while that
 * is blocked. The tests in test/unit/schema_registry/sync that are written by hand have one in a thread of its own.
 */
export const untwinnedTests: readonly string[] = [
  "test/unit/schema_registry/auth_test.ts",
  "test/unit/schema_registry/https_test.ts",
  "test/unit/serde/encryption/cipher_test.ts",
  "test/unit/serde/json/text_test.ts",
  "test/unit/serde/json/validator_test.ts",
  "test/unit/serde/rules/cel_test.ts",
  "test/unit/serde/rules/dlq_test.ts",
  // The cases are all in test/unit/serde/golden too.
  "test/unit/serde/rules/golden_test.ts",
  "test/unit/serde/rules/jsonata_test.ts",
];

/** Tests, and what only they use, that are about promises or a server in their own thread. */
export const leftOut: Readonly<Record<string, readonly string[]>> = {
  "test/unit/schema_registry/cache_test.ts": [
    "heldTransport",
    "settle",
    "Cache.clear() removes by prefix, and a load that was under way is not kept",
    "SchemaRegistryClient makes one request for many who ask at once, and others do not wait for it",
    "SchemaRegistryClient tells a failure to all who wait, and asks again the next time",
    "SchemaRegistryClient goes on for the others when one of those who wait gives up",
  ],
  "test/unit/schema_registry/http_test.ts": [
    "SchemaRegistryClient ends with the signal's reason, in a request and in a wait",
    "SchemaRegistryClient gives up an answer that never ends when the time is up",
    "SchemaRegistryClient does not read an answer of 30 MB, nor try again",
    "SchemaRegistryClient follows a redirect on the same origin only, and keeps its credentials from others",
    "SchemaRegistryClient shows user and password in no failure",
  ],
  "test/unit/serde/deserializer_test.ts": [
    "SchemaDeserializer asks once for all who read a schema's first messages",
  ],
  "test/unit/serde/encryption/dek_test.ts": [
    "Many who need a DEK at once ask for it once",
    "No more DEKs are kept than there is room for",
  ],
  "test/unit/serde/json/walk_test.ts": [
    "JsonFormat.walk() loads the validator for a choice, without validation too",
  ],
  "test/unit/serde/rules/engine_test.ts": [
    "executeRules() does not tell what an executor that is not ours threw about",
    "executeRules() goes on with the next rule after an action that does not throw",
  ],
  // JSONata only works with promises.
  "test/unit/serde/protobuf_rules_test.ts": [
    "renamed",
    "JSONata rules migrate a Protobuf message, whose name may stand elsewhere in the newer file",
  ],
  "test/unit/serde/rules_test.ts": [
    "Rules that wait make the forms that cannot throw a NotPreparedError",
  ],
  "test/unit/serde/serializer_test.ts": [
    "SchemaSerializer asks once for all who serialize a topic's first values",
    "SchemaSerializer.clearCaches() drops what is known and what is under way",
  ],
};

/** Entries of the package that both ways to wait use; the others have a twin whose name ends in `/sync`. */
export const sharedEntries: readonly string[] = ["/rules/cel", "/rules/jsonata"];

/** Words of the code. */
export const codeWords: Readonly<Record<string, string>> = {
  AsyncDisposable: "Disposable",
  AsyncIterable: "Iterable",
  asyncDispose: "dispose",
  assertRejects: "assertThrows",
  perform: "performNow",
};

/** Words of comments, wherever their lines break. */
export const commentWords: readonly (readonly [word: string, twin: string])[] = [
  [
    "for Deno, Bun, Node and wherever else `fetch` is: it needs neither",
    "which blocks, for Deno, Bun and Node: it needs neither",
  ],
  ["All methods reject with", "All methods throw"],
  ["Many who ask for the same thing at the same time make one request. Failures", "Failures"],
  [
    "Ends the call; the promise is rejected with the signal's reason, and what was asked for may still happen.",
    "Ends the call with its reason if it has come before a request or a wait: while those last, no signal can come.",
  ],
  ["Default: `fetch`, or `node:https` if", "Default: a worker thread with `fetch`, or `node:https` if"],
  [
    "Closes the connections, and refuses further calls; those under way may fail.",
    "Ends the worker that sends the requests, and refuses further calls.",
  ],
  [
    "work too, which never wait, and throw a `NotPreparedError` where they would have to.",
    "work too, and throw a `NotPreparedError` where the plan is not there yet.",
  ],
  [
    "works too, which never waits, and throws a `NotPreparedError` where it would have to.",
    "works too, and throws a `NotPreparedError` where the plan is not there yet.",
  ],
  ["and is made anew meanwhile.", "and is made anew for the next time."],
  ["many values without a promise for each", "many values"],
  ["many messages without a promise for each", "many messages"],
  ["an `await using`", "a `using`"],
  ["for `await using`", "for `using`"],
  [
    "a serializer and a deserializer for producers and consumers, or",
    "a serializer and a deserializer that block, for producers and consumers that do, or",
  ],
  [": at once if the DEK is at hand, else there is a promise of them.", "."],
  [": at once if the DEK is at hand, else there is a promise of it.", "."],
  [": at once if the DEK is at hand, else a promise of it.", "."],
  ["It yields the promises of executors and actions.", "Promises of executors and actions are refused."],
];

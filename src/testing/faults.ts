/** A mock cluster's answers: errors and delays in their place, versions, and a record of what was asked. */
import type { TopicPartition } from "../kafka/topic_partition.ts";
import type { Pointer } from "../native/memory.ts";
import { readPointers } from "../native/mock.ts";
import { checkPartition } from "../native/partition_list.ts";
import { describe } from "../native/scratch.ts";
import { apiKeys, type ApiName, apiNameOf } from "./api_keys.ts";
import { checkInteger, handleOf } from "./handle.ts";
import type { MockAnswer, MockApiVersions, MockRequest } from "./options.ts";

/**
 * What a {@link MockCluster} answers with, and what it was asked.
 *
 * @example Let a request fail, and see that it was sent again
 * ```ts
 * import { Producer } from "@kafka-ffi/kafka";
 * import { MockCluster } from "@kafka-ffi/kafka/testing";
 *
 * const notEnoughReplicas = 19;
 * await using cluster = new MockCluster();
 * await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
 * cluster.trackRequests();
 * cluster.failNext("Produce", [notEnoughReplicas]);
 * await producer.send({ topic: "orders", value: "a sandwich" });
 * console.log(cluster.requests().filter(({ request }) => request === "Produce").length);
 * ```
 */
export abstract class MockFaults {
  /**
   * Lets the next requests of a kind fail, one after another, whichever broker they are sent to.
   *
   * @param codes Brokers' error codes, or -195 to disconnect; 0 lets one succeed.
   * @param where `topic` and `partition`: only what a request asks of this partition fails, for which librdkafka 2.15 is needed.
   * What was pushed for all brokers or for one comes first.
   *
   * Source: `rd_kafka_mock_push_request_errors_array`, `rd_kafka_mock_partition_push_request_errors`.
   */
  failNext(request: ApiName, codes: readonly number[], where?: TopicPartition): void {
    const handle = handleOf(this);
    const { native: { library, scratch } } = handle;
    const key = keyOf(request);
    for (const code of codes) checkCode(code);
    if (where === undefined) {
      const { bytes, pointer } = scratch.reset().take(4 * Math.max(1, codes.length));
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      codes.forEach((code, i) => view.setInt32(4 * i, code, true));
      const count = library.word(codes.length);
      handle.do((c, cluster) => c.rd_kafka_mock_push_request_errors_array(cluster, key, count, pointer));
      return;
    }
    handle.need("rd_kafka_mock_partition_push_request_errors", "errors of a partition");
    const partition = checkPartition(where.partition);
    const word = (value: number) => library.word(value);
    for (const code of codes) {
      handle.call(
        "Cannot push an error",
        (c, cluster) =>
          c.rd_kafka_mock_partition_push_request_errors(
            cluster,
            handle.text(where.topic, "topic"),
            partition,
            key,
            word(1),
            // Variadic: why the code comes twice is told in scripts/generate/unbound.ts.
            word(code),
            word(0),
            word(0),
            word(code),
          ),
      );
    }
  }

  /**
   * Replaces or delays a broker's answers to the next requests of a kind, one after another. They come before those of
   * {@link failNext}.
   *
   * @param request The kind of request.
   * @param answers What is answered; each has an error code, a delay or both.
   * @param options `broker`: its number, counted from 1.
   * @throws {KafkaError} `_UNKNOWN_BROKER`.
   *
   * Source: `rd_kafka_mock_broker_push_request_error_rtts`.
   *
   * @example Let a broker be slow once, and not be the leader after that
   * ```ts
   * import type { MockCluster } from "@kafka-ffi/kafka/testing";
   *
   * function trouble(cluster: MockCluster): void {
   *   cluster.answerNext("Produce", [{ delayMs: 300 }, { code: 6 }], { broker: 1 });
   * }
   * ```
   */
  answerNext(request: ApiName, answers: readonly MockAnswer[], { broker }: { readonly broker: number }): void {
    const handle = handleOf(this);
    const { library } = handle.native;
    const key = keyOf(request);
    const id = checkInteger(broker, { what: "broker", min: 1 });
    const checked = answers.map(({ code = 0, delayMs = 0 }) => ({
      code: checkCode(code),
      delayMs: checkInteger(delayMs, { what: "delayMs" }),
    }));
    const word = (value: number) => library.word(value);
    for (const { code, delayMs } of checked) {
      handle.call(
        "Cannot push an answer",
        (c, cluster) =>
          c.rd_kafka_mock_broker_push_request_error_rtts(
            cluster,
            id,
            key,
            word(1),
            // Variadic: why the two come twice is told in scripts/generate/unbound.ts.
            word(code),
            word(delayMs),
            word(0),
            word(0),
            word(code),
            word(delayMs),
          ),
      );
    }
  }

  /** How many answers of {@link answerNext} have not been given yet. */
  answersLeft(request: ApiName, { broker }: { readonly broker: number }): number {
    const handle = handleOf(this);
    const { library } = handle.native;
    const count = library.block(8);
    handle.call("Cannot count the answers", (c, cluster) =>
      c.rd_kafka_mock_broker_error_stack_cnt(
        cluster,
        checkInteger(broker, { what: "broker", min: 1 }),
        keyOf(request),
        count.pointer,
      ));
    return count.u32[0]!;
  }

  /** Takes back what {@link failNext} asked for, other than of a partition. */
  clearFailures(request: ApiName): void {
    handleOf(this).do((c, cluster) => c.rd_kafka_mock_clear_request_errors(cluster, keyOf(request)));
  }

  /**
   * Says which versions of a request the brokers know, to clients that connect from now on. So a client meets a cluster that is
   * older than it, or one that does not know a request at all.
   *
   * @param versions The range, or null for a request that they do not know. librdkafka does not check whether its mock has
   * these versions: a client that uses one that it has not is misunderstood.
   *
   * Source: `rd_kafka_mock_set_apiversion`.
   */
  setApiVersions(request: ApiName, versions: MockApiVersions | null): void {
    const { min = 0, max } = versions ?? { min: -1, max: -1 };
    if (versions !== null) {
      checkInteger(min, { what: "min" });
      checkInteger(max, { what: "max", min });
    }
    handleOf(this).call(
      `Cannot set the versions of ${request}`,
      (c, cluster) => c.rd_kafka_mock_set_apiversion(cluster, keyOf(request), min, max),
    );
  }

  /**
   * Keeps a record of the requests that come from now on, and forgets those before.
   *
   * Source: `rd_kafka_mock_start_request_tracking`.
   *
   * @example See which brokers were asked for messages
   * ```ts
   * import type { Consumer } from "@kafka-ffi/kafka";
   * import type { MockCluster } from "@kafka-ffi/kafka/testing";
   *
   * async function readFrom(cluster: MockCluster, consumer: Consumer): Promise<Set<number>> {
   *   cluster.trackRequests();
   *   await consumer.poll({ timeoutMs: 1000 });
   *   return new Set(cluster.requests().filter(({ request }) => request === "Fetch").map(({ broker }) => broker));
   * }
   * ```
   */
  trackRequests(): void {
    handleOf(this).do((c, cluster) => c.rd_kafka_mock_start_request_tracking(cluster));
  }

  /** Keeps no record any more, and forgets what is in it. */
  stopTrackingRequests(): void {
    handleOf(this).do((c, cluster) => {
      c.rd_kafka_mock_stop_request_tracking(cluster);
      c.rd_kafka_mock_clear_requests(cluster);
    });
  }

  /**
   * The requests since {@link trackRequests} or {@link clearRequests}, oldest first. They stay in the record.
   *
   * Source: `rd_kafka_mock_get_requests`.
   */
  requests(): MockRequest[] {
    const handle = handleOf(this);
    const { native, functions } = handle;
    const { library } = native;
    const count = library.block(8);
    let array: Pointer = library.nullPointer;
    handle.do((c, cluster) => array = c.rd_kafka_mock_get_requests(cluster, count.pointer));
    const length = count.u32[0]!;
    if (length === 0) return [];
    const requests = readPointers(native, array, length).map((each) => {
      const apiKey = functions.rd_kafka_mock_request_api_key(each);
      return {
        broker: functions.rd_kafka_mock_request_id(each),
        request: apiNameOf(apiKey),
        apiKey,
        timeMs: library.number(functions.rd_kafka_mock_request_timestamp(each)) / 1000,
      };
    });
    functions.rd_kafka_mock_request_destroy_array(array, library.word(length));
    return requests;
  }

  /** Forgets the requests so far, and goes on keeping a record. */
  clearRequests(): void {
    handleOf(this).do((c, cluster) => c.rd_kafka_mock_clear_requests(cluster));
  }
}

function keyOf(request: ApiName): number {
  if (Object.hasOwn(apiKeys, request)) return apiKeys[request];
  throw new TypeError(`Cannot use ${describe(request)} as request: one of apiKeys is wanted`);
}

function checkCode(code: unknown): number {
  if (typeof code === "number" && Number.isInteger(code) && Math.abs(code) < 0x8000) return code;
  throw new TypeError(`Cannot use ${describe(code)} as an error code: a whole number is wanted`);
}

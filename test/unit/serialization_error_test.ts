/** What a failed serialization says of itself: which message it is about, and nothing of what is in it. */
import {
  DeserializationError,
  KafkaError,
  KeyDeserializationError,
  KeySerializationError,
  type Message,
  SerializationError,
  ValueDeserializationError,
  ValueSerializationError,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../support/assert.ts";
import { show } from "../support/showing.ts";

const secret = "hunter2";
const raw: Message = {
  topic: "orders",
  partition: 3,
  offset: 41,
  key: new TextEncoder().encode(secret),
  value: new TextEncoder().encode(secret),
  headers: [],
  timestamp: null,
  timestampType: "NOT_AVAILABLE",
  leaderEpoch: null,
};

test("SerializationError names the message, its half and the reason that a serializer of ours gives", () => {
  const reason = new SerializationError("4 bytes are wanted", undefined, { isRetriable: true });
  const errors: [SerializationError, string, string][] = [
    [
      new KeySerializationError("orders", reason),
      "_KEY_SERIALIZATION",
      "Cannot serialize the key of a message to orders",
    ],
    [
      new ValueSerializationError("orders", reason),
      "_VALUE_SERIALIZATION",
      "Cannot serialize the value of a message to orders",
    ],
    [
      new KeyDeserializationError(raw, reason),
      "_KEY_DESERIALIZATION",
      "Cannot deserialize the key of orders [3] at offset 41",
    ],
    [
      new ValueDeserializationError(raw, reason),
      "_VALUE_DESERIALIZATION",
      "Cannot deserialize the value of orders [3] at offset 41",
    ],
  ];
  for (const [error, codeName, text] of errors) {
    assertInstanceOf(error, KafkaError);
    assertEquals([error.codeName, error.message, error.topic], [codeName, `${text}: 4 bytes are wanted`, "orders"]);
    assertEquals(error.field, codeName.includes("KEY") ? "key" : "value");
    assertEquals([error.partition, error.offset], error instanceof DeserializationError ? [3, 41] : [null, null]);
    assertEquals([error.isRetriable, error.isFatal], [true, false]);
    assertStrictEquals(error.cause, reason);
  }
});

test("SerializationError does not repeat what another error says, nor shows the message", () => {
  const cause = new SyntaxError(`Unexpected token: "${secret}"`);
  for (const error of [new ValueSerializationError("orders", cause), new ValueDeserializationError(raw, cause)]) {
    assert(!error.message.includes(secret), error.message);
    assert(error.message.endsWith("it threw a SyntaxError"), error.message);
  }
  const error = new ValueDeserializationError(raw, new SerializationError("4 bytes are wanted"));
  assertStrictEquals(error.raw, raw);
  for (const text of show(error)) {
    assert(!text.includes(secret) && !text.includes("104"), text);
  }
});

"""Writes or reads messages with confluent-kafka-python, creates a topic or configures a group; bytes travel as base64 in JSON lines."""

import base64
import json
import sys

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from confluent_kafka.serialization import (
    DoubleDeserializer,
    DoubleSerializer,
    IntegerDeserializer,
    IntegerSerializer,
    StringDeserializer,
    StringSerializer,
)

SERDES = {
    "string": (StringSerializer(), StringDeserializer()),
    "integer": (IntegerSerializer(), IntegerDeserializer()),
    "double": (DoubleSerializer(), DoubleDeserializer()),
}


def decode(text):
    return None if text is None else base64.b64decode(text)


def encode(data):
    return None if data is None else base64.b64encode(data).decode()


def write(servers, topic):
    failures = []
    producer = Producer({"bootstrap.servers": servers})
    for line in sys.stdin:
        message = json.loads(line)
        producer.produce(
            topic,
            partition=message["partition"],
            key=decode(message["key"]),
            value=decode(message["value"]),
            headers=[(name, decode(value)) for name, value in message["headers"]],
            timestamp=message["timestamp"],
            on_delivery=lambda error, _: failures.append(str(error)) if error else None,
        )
    left = producer.flush(30)
    if left or failures:
        sys.exit(f"{left} messages left, failures: {failures}")


def read(servers, topic, partition, count):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": f"{topic}-python", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, 0)])
    for _ in range(count):
        message = consumer.poll(30)
        if message is None or message.error():
            sys.exit(f"no message: {message and message.error()}")
        kind, timestamp = message.timestamp()
        print(
            json.dumps(
                {
                    "offset": message.offset(),
                    "key": encode(message.key()),
                    "value": encode(message.value()),
                    "headers": [[name, encode(value)] for name, value in message.headers() or []],
                    "timestamp": None if kind == TIMESTAMP_NOT_AVAILABLE else timestamp,
                }
            )
        )
    consumer.close()


def write_typed(servers, topic):
    producer = Producer({"bootstrap.servers": servers})
    for line in sys.stdin:
        message = json.loads(line)
        key, value = (SERDES[message["types"][i]][0](message[field]) for i, field in enumerate(("key", "value")))
        producer.produce(topic, partition=0, key=key, value=value)
    left = producer.flush(30)
    if left:
        sys.exit(f"{left} messages left")


def read_typed(servers, topic):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": f"{topic}-typed", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    for line in sys.stdin:
        key, value = (SERDES[name][1] for name in json.loads(line))
        message = consumer.poll(30)
        if message is None or message.error():
            sys.exit(f"no message: {message and message.error()}")
        print(json.dumps({"key": key(message.key()), "value": value(message.value())}))
    consumer.close()


def create(servers, topic, partitions, config):
    admin = AdminClient({"bootstrap.servers": servers})
    created = admin.create_topics([NewTopic(topic, partitions, config=config)])
    created[topic].result(30)


def configure(servers, group, config):
    """Sets properties of a group."""
    admin = AdminClient({"bootstrap.servers": servers})
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in config.items()]
    resource = ConfigResource(ResourceType.GROUP, group, incremental_configs=entries)
    admin.incremental_alter_configs([resource])[resource].result(30)


if __name__ == "__main__":
    verb, servers, topic, *rest = sys.argv[1:]
    if verb == "write":
        write(servers, topic)
    elif verb == "configure":
        configure(servers, topic, json.loads(rest[0]))
    elif verb == "write-typed":
        write_typed(servers, topic)
    elif verb == "read-typed":
        read_typed(servers, topic)
    elif verb == "create":
        create(servers, topic, int(rest[0]), json.loads(rest[1]))
    else:
        read(servers, topic, int(rest[0]), int(rest[1]))

"""
Writes or reads messages with confluent-kafka-python's serializers of a Schema Registry.

Usage: python_serdes.py write|read. The first line of the input is a job, the lines behind it are messages to write; each line
of the output is a message that was read. What JSON cannot say is tagged: {"$bytes": "ff"}, {"$decimal": "1.20"},
{"$datetime": "2023-11-14T22:13:20.123Z"}.
"""

import json
import sys
from datetime import datetime
from decimal import Decimal

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pool, json_format, message_factory, timestamp_pb2

TAGS = {
    "$bytes": bytes.fromhex,
    "$decimal": Decimal,
    "$datetime": lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")),
}


def untag(value):
    if isinstance(value, list):
        return [untag(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(tag, content)] = value.items()
        if tag in TAGS:
            return TAGS[tag](content)
    return {key: untag(one) for key, one in value.items()}


def tag(value):
    if isinstance(value, list):
        return [tag(one) for one in value]
    if isinstance(value, dict):
        return {key: tag(one) for key, one in value.items()}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    return value


def schema_of(side, schema_type):
    """A text where there are no references: a Schema object with a bare name makes the Avro serializer fail."""
    references = [SchemaReference(**one) for one in side["references"]]
    return Schema(side["schema"], schema_type, references) if references else side["schema"]


def message_class(side):
    """The class of a Protobuf message, made of descriptors: no protoc is needed."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    for descriptor in side["files"]:
        pool.AddSerializedFile(bytes.fromhex(descriptor))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(side["message"]))


def writer(client, kind, side):
    if kind == "avro":
        serializer = AvroSerializer(client, schema_of(side, "AVRO"))
    elif kind == "json":
        serializer = JSONSerializer(schema_of(side, "JSON"), client)
    else:
        message = message_class(side)
        serializer = ProtobufSerializer(message, client)

        def write_message(value, context):
            return serializer(None if value is None else json_format.ParseDict(value, message()), context)

        return write_message
    return lambda value, context: serializer(untag(value), context)


def reader(client, kind, side):
    if kind == "avro":
        deserializer = AvroDeserializer(client, side.get("reader"))
    elif kind == "json":
        deserializer = JSONDeserializer(schema_of(side, "JSON"), schema_registry_client=client)
    else:
        deserializer = ProtobufDeserializer(message_class(side), {}, client)

        def read_message(data, context):
            value = deserializer(data, context)
            return None if value is None else json_format.MessageToDict(value)

        return read_message
    return lambda data, context: tag(deserializer(data, context))


def sides(job, make):
    """For the key and the value: its name, and what writes or reads it."""
    client = SchemaRegistryClient({"url": job["registry"], "max.retries": 0})
    for field in (MessageField.KEY, MessageField.VALUE):
        work = make(client, job["format"], job[field])
        context = SerializationContext(job["topic"], field)
        yield field, lambda value, work=work, context=context: work(value, context)


def write(job, lines):
    serializers = dict(sides(job, writer))
    failures = []
    producer = Producer({"bootstrap.servers": job["servers"]})
    for line in lines:
        message = json.loads(line)
        producer.produce(
            job["topic"],
            partition=0,
            **{field: serialize(message[field]) for field, serialize in serializers.items()},
            on_delivery=lambda error, _: failures.append(str(error)) if error else None,
        )
    left = producer.flush(30)
    if left or failures:
        sys.exit(f"{left} messages left, failures: {failures}")


def read(job):
    deserializers = dict(sides(job, reader))
    group = f"{job['topic']}-python"
    consumer = Consumer({"bootstrap.servers": job["servers"], "group.id": group, "enable.auto.commit": False})
    consumer.assign([TopicPartition(job["topic"], 0, 0)])
    for _ in range(job["count"]):
        message = consumer.poll(30)
        if message is None or message.error():
            sys.exit(f"no message: {message and message.error()}")
        raw = {"key": message.key(), "value": message.value()}
        print(json.dumps({field: deserialize(raw[field]) for field, deserialize in deserializers.items()}))
    consumer.close()


if __name__ == "__main__":
    # Not by splitlines(), which also splits at U+2028 within a text.
    first, *rest = sys.stdin.buffer.read().decode().strip("\n").split("\n")
    if sys.argv[1] == "write":
        write(json.loads(first), rest)
    else:
        read(json.loads(first))

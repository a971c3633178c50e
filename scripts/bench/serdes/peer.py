"""Measures the serdes of confluent-kafka-python: the same arguments, records and JSON line as client.ts."""

import base64
import json
import platform
import resource
import sys
import time
from datetime import datetime, timedelta, timezone

import confluent_kafka
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.serialization import MessageField, SerializationContext

PASSES_AT_ONCE = 16
CONTEXT = SerializationContext("people", MessageField.VALUE)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def make(name, content):
    registry = SchemaRegistryClient.new_client({"url": "mock://"})
    records = content["records"]
    if name == "avro":
        from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer

        values = [{**record, "at": EPOCH + timedelta(milliseconds=record["at"])} for record in records]
        return AvroSerializer(registry, content["avro"]), AvroDeserializer(registry), values
    if name == "json":
        from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer

        return JSONSerializer(content["json"], registry), JSONDeserializer(content["json"], schema_registry_client=registry), records
    from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
    from google.protobuf import descriptor_pool, json_format, message_factory

    pool = descriptor_pool.Default()
    pool.AddSerializedFile(base64.b64decode(content["protobuf"]))
    person = message_factory.GetMessageClass(pool.FindMessageTypeByName("bench.Person"))
    fields = [{name: value for name, value in record.items() if value is not None} for record in records]
    options = {"use.deprecated.format": False}
    return (
        ProtobufSerializer(person, registry, options),
        ProtobufDeserializer(person, options, registry),
        [json_format.ParseDict(field, person()) for field in fields],
    )


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def repeat(seconds, call, items):
    end = time.perf_counter() + seconds
    passes = 0
    while time.perf_counter() < end:
        for _ in range(PASSES_AT_ONCE):
            for item in items:
                call(item, CONTEXT)
        passes += PASSES_AT_ONCE
    return passes


def main():
    workload, seconds, file = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    name, operation = workload.split("-", 1)
    with open(file) as text:
        serializer, deserializer, values = make(name, json.load(text))
    messages = [serializer(value, CONTEXT) for value in values]
    for value, message in zip(values, messages):
        if deserializer(message, CONTEXT) != value:
            sys.exit("The record differs")
    call, items = (deserializer, messages) if operation == "deserialize" else (serializer, values)
    repeat(seconds / 2, call, items)
    cpu, start = cpu_seconds(), time.perf_counter()
    passes = repeat(seconds, call, items)
    outcome = {
        "runtime": f"confluent-kafka-python {confluent_kafka.__version__} on Python {platform.python_version()}",
        "counted": passes * len(items),
        "seconds": time.perf_counter() - start,
        "cpuSeconds": cpu_seconds() - cpu,
        "wireBytes": sum(map(len, messages)),
    }
    print(json.dumps(outcome))


main()

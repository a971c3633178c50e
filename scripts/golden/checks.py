"""Writes test/golden/checks.json: what confluent-kafka-python's serializers say of values that violate constraints.

Run it with confluent-kafka 2.16.1 and its extras "rules", "avro", "json" and "protobuf":

    python3 scripts/golden/checks.py > test/golden/checks.json
"""
import json
import sys

from confluent_kafka.schema_registry import Rule, RuleKind, RuleMode, RuleSet, Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.schema_registry.rules.cel.cel_executor import CelExecutor
from confluent_kafka.schema_registry.rules.cel.cel_validator import CelValidator
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from confluent_kafka.schema_registry.confluent import meta_pb2

CelExecutor.register()


def rule(name, expr, **more):
    return {"name": name, "expr": expr, **more}


AVRO = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "confluent:rules": [
        rule("total", "this.price * this.count <= 100.0", doc="too much"),
        rule("words", "this.id > 0 ? '' : 'the id is too low'"),
    ],
    "fields": [
        {"name": "id", "type": "long", "confluent:rules": [rule("id range", "this < 1000", sql="id < 1000")]},
        {"name": "price", "type": "double", "confluent:rules": [rule("free", "this > 0.0")]},
        {"name": "count", "type": "double"},
        {"name": "note", "type": ["null", "string"], "default": None,
         "confluent:rules": [rule("short", "size(this) < 6"), {"expr": "this != 'x'"}]},
        {"name": "buyer", "type": ["null", {
            "type": "record", "name": "Buyer",
            "confluent:rules": [rule("named", "this.name != ''", doc="a buyer has a name")],
            "fields": [
                {"name": "name", "type": "string", "confluent:rules": [rule("upper", "this.matches('^[A-Z]')")]},
                {"name": "friend", "type": ["null", "Buyer"], "default": None},
            ],
        }], "default": None},
        {"name": "others", "type": {"type": "array", "items": "Buyer"}, "default": [],
         "confluent:rules": [rule("few", "size(this) < 3")]},
        {"name": "named", "type": {"type": "map", "values": ["null", "Buyer"]}, "default": {}},
        {"name": "union", "type": ["null", "int", "string", {"type": "array", "items": "Buyer"}], "default": None,
         "confluent:rules": [rule("seven", "this == 7")]},
        {"name": "broken", "type": "string", "default": "",
         "confluent:rules": [rule("type", "this > 1", doc="no number"), rule("none", ""), {"name": "nothing"},
                             "no rule", rule("result", "1 + 1"), rule("syntax", "this ==="), rule("time", "now > timestamp(0)")]},
    ],
}
GOOD = {"id": 7, "price": 2.5, "count": 3.0, "note": None, "buyer": None, "others": [], "named": {}, "union": None}
AVRO_NO_BROKEN = {**AVRO, "fields": [f for f in AVRO["fields"] if f["name"] != "broken"]}
AVRO_VALUES = [
    GOOD,
    {**GOOD, "id": 0, "price": 200.0},
    {**GOOD, "id": 5000, "price": -1.0, "note": "much too long"},
    {**GOOD, "note": "x"},
    {**GOOD, "buyer": {"name": "", "friend": None}},
    {**GOOD, "buyer": {"name": "Ada", "friend": {"name": "bob", "friend": {"name": "", "friend": None}}}},
    {**GOOD, "others": [{"name": "A", "friend": None}, {"name": "b", "friend": None}, {"name": "", "friend": None}]},
    {**GOOD, "named": {"k": {"name": "b", "friend": None}, "n": None, "with \"quote": {"name": "C", "friend": None}}},
    {**GOOD, "union": 8},
    {**GOOD, "union": 7},
    {**GOOD, "union": "text"},
    {**GOOD, "union": [{"name": "z", "friend": None}]},
]

JSON = {
    "title": "Order",
    "type": "object",
    "confluent:rules": [rule("total", "this.price * 2.0 <= 100.0", doc="too much")],
    "$defs": {
        "buyer": {
            "type": "object",
            "confluent:rules": [rule("named", "this.name != ''", doc="a buyer has a name")],
            "properties": {"name": {"type": "string", "confluent:rules": [rule("upper", "this.matches('^[A-Z]')")]},
                           "friend": {"$ref": "#/$defs/buyer"}},
        },
        "zip": {"type": "string", "confluent:rules": [rule("never", "false")]},
    },
    "properties": {
        "id": {"type": "integer", "confluent:rules": [rule("low", "this > 0 ? '' : 'the id is too low'")]},
        "price": {"type": "number", "confluent:rules": [rule("free", "this > 0.0")]},
        "buyer": {"$ref": "#/$defs/buyer", "confluent:rules": [rule("friendly", "has(this.friend)")]},
        "zip": {"$ref": "#/$defs/zip"},
        "maybe": {"type": ["null", "object"], "properties": {"x": {"type": "integer", "confluent:rules": [rule("even", "this % 2 == 0")]}}},
        "list": {"type": "array", "items": {"$ref": "#/$defs/buyer"}, "confluent:rules": [rule("few", "size(this) < 3")]},
        "numbers": {"type": "array", "items": {"type": "integer", "confluent:rules": [rule("never", "false")]}},
        "all": {"allOf": [{"properties": {"a": {"type": "integer", "confluent:rules": [rule("a", "this > 0")]}}},
                          {"$ref": "#/$defs/buyer"}],
                "properties": {"c": {"type": "integer", "confluent:rules": [rule("c", "this > 0")]}}},
        "one": {"oneOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "confluent:rules": [rule("one a", "this > 0")]}}},
                          {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer", "confluent:rules": [rule("one b", "this > 0")]}}}]},
        "any": {"anyOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "confluent:rules": [rule("any a", "this > 0")]}}},
                          {"type": "object", "properties": {"b": {"type": "integer", "confluent:rules": [rule("any b", "this > 0")]}}}]},
        "more": {"type": "object", "additionalProperties": {"type": "object", "confluent:rules": [rule("never", "false")]}},
    },
}
JSON_GOOD = {"id": 1, "price": 2.5}
JSON_VALUES = [
    JSON_GOOD,
    {"id": 0, "price": 51.5},
    {"id": 0, "price": -1.5},
    {"price": 1.5},
    {**JSON_GOOD, "buyer": {"name": ""}},
    {**JSON_GOOD, "buyer": {"name": "A", "friend": {"name": "b", "friend": {"name": ""}}}},
    {**JSON_GOOD, "zip": "123"},
    {**JSON_GOOD, "maybe": None},
    {**JSON_GOOD, "maybe": {"x": 3}},
    {**JSON_GOOD, "list": [{"name": "A"}, {"name": "b"}, {"name": "C"}]},
    {**JSON_GOOD, "numbers": [1, 2]},
    {**JSON_GOOD, "all": {"a": 0, "name": "", "c": 0}},
    {**JSON_GOOD, "one": {"b": 0}},
    {**JSON_GOOD, "one": {"a": 0}},
    {**JSON_GOOD, "any": {"a": 0, "b": 0}},
    {**JSON_GOOD, "any": {"b": 0}},
    {**JSON_GOOD, "more": {"k": {"x": 1}}},
]

PROTO = """syntax = "proto3";
package shop;
import "confluent/meta.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Order {
  option (confluent.message_meta) = { rules: [
    { name: "total", expr: "this.price * 2.0 <= 100.0", doc: "too much" },
    { name: "named", expr: "this.buyer.name != 'nobody'" } ] };
  int64 id = 1 [(confluent.field_meta) = { rules: [{ name: "low", expr: "this > 0 ? '' : 'the id is too low'" }] }];
  double price = 2 [(confluent.field_meta) = { rules: [{ name: "free", expr: "this >= 0.0", sql: "price >= 0" }] }];
  Buyer buyer = 3 [(confluent.field_meta) = { rules: [{ name: "short", expr: "size(this.name) < 6" }] }];
  repeated Buyer others = 4 [(confluent.field_meta) = { rules: [{ name: "few", expr: "size(this) < 3" }] }];
  map<string, Buyer> named = 5 [(confluent.field_meta) = { rules: [{ name: "no x", expr: "!('x' in this)" }] }];
  optional string note = 6 [(confluent.field_meta) = { rules: [{ name: "note", expr: "this != ''" }] }];
  oneof choice {
    uint32 count = 7 [(confluent.field_meta) = { rules: [{ name: "count", expr: "this < 10u" }] }];
    string text = 8 [(confluent.field_meta) = { rules: [{ name: "text", expr: "this != 'bad'" }] }];
  }
  google.protobuf.Timestamp at = 9 [(confluent.field_meta) = { rules: [{ name: "past", expr: "this < timestamp('2020-01-01T00:00:00Z')" }] }];
  google.protobuf.StringValue wrapped = 10 [(confluent.field_meta) = { rules: [{ name: "wrapped", expr: "this != 'bad'" }] }];
  Kind kind = 11 [(confluent.field_meta) = { rules: [{ name: "kind", expr: "this != 2" }] }];
  repeated int32 numbers = 12 [(confluent.field_meta) = { rules: [{ name: "numbers", expr: "this.all(n, n > 0)" }] }];
  bytes data = 13 [(confluent.field_meta) = { rules: [{ name: "data", expr: "size(this) < 3" }] }];
  enum Kind { NONE = 0; ONE = 1; TWO = 2; }
}
message Buyer {
  option (confluent.message_meta) = { rules: [{ name: "buyer", expr: "this.name != 'anon'", doc: "a buyer has a name" }] };
  string name = 1 [(confluent.field_meta) = { rules: [{ name: "upper", expr: "this == '' || this.matches('^[A-Z]')" }] }];
  Buyer friend = 2;
}
"""
PROTO_GOOD = {"id": "1", "price": 2.5}
PROTO_VALUES = [
    PROTO_GOOD,
    {},
    {"id": "-1", "price": 51},
    {"id": "1", "price": -1},
    {**PROTO_GOOD, "buyer": {"name": "nobody"}},
    {**PROTO_GOOD, "buyer": {"name": "anon", "friend": {"name": "anon", "friend": {"name": "much too long"}}}},
    {**PROTO_GOOD, "others": [{"name": "A"}, {"name": "b"}, {}]},
    {**PROTO_GOOD, "named": {"x": {"name": "A"}, "y": {"name": "b"}}},
    {**PROTO_GOOD, "note": ""},
    {**PROTO_GOOD, "count": 10},
    {**PROTO_GOOD, "count": 0},
    {**PROTO_GOOD, "text": "bad"},
    {**PROTO_GOOD, "at": "2021-01-01T00:00:00Z"},
    {**PROTO_GOOD, "at": "2019-01-01T00:00:00Z"},
    {**PROTO_GOOD, "wrapped": "bad"},
    {**PROTO_GOOD, "kind": "TWO"},
    {**PROTO_GOOD, "numbers": [1, 0]},
    {**PROTO_GOOD, "data": "AAAAAA=="},
]


# Python does not follow a name into the record that it is within: what it should have said.
DIFFERS = {
    ("avro", 5): ["buyer.friend.name: upper: this.matches('^[A-Z]')",
                  "buyer.friend.friend: named: a buyer has a name",
                  "buyer.friend.friend.name: upper: this.matches('^[A-Z]')"],
}


def outcome(serializer, value):
    try:
        serializer(value, SerializationContext("orders", MessageField.VALUE, []))
        return None
    except SerializationError as error:
        return str(error)


def violations(text):
    """The lines of an error: its places, names and words."""
    if text is None:
        return []
    head, *lines = text.split("\n")
    assert head.startswith("Validation rule failed"), text
    return [line.removeprefix("  - ") for line in lines]


def proto_type(text):
    """Made by protoc: its descriptor is in the file beside the text."""
    import os
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(folder + "/confluent")
        with open(folder + "/order.proto", "w") as file:
            file.write(text)
        meta = descriptor_pb2.FileDescriptorProto()
        meta_pb2.DESCRIPTOR.CopyToProto(meta)
        # protoc takes descriptors of imports too.
        pools = descriptor_pb2.FileDescriptorSet()
        for module in ("descriptor", "timestamp", "wrappers"):
            imported = __import__(f"google.protobuf.{module}_pb2", fromlist=["DESCRIPTOR"]).DESCRIPTOR
            imported.CopyToProto(pools.file.add())
        pools.file.append(meta)
        with open(folder + "/in.pb", "wb") as file:
            file.write(pools.SerializeToString())
        command = os.environ.get("PROTOC", "protoc").split()
        subprocess.run([*command, f"--descriptor_set_in={folder}/in.pb", f"-I{folder}", f"--descriptor_set_out={folder}/out.pb",
                        "order.proto"], check=True, cwd=folder)
        with open(folder + "/out.pb", "rb") as file:
            result = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.Default()
    pool.Add(result.file[0])
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))


def validating(mode="AFTER_DOMAIN_RULES", fail_fast=False):
    return {"validation.rules.execution": mode, "validation.rules.fail.fast": fail_fast,
            "validation.rules.executor": CelValidator()}


def case(name, kind, schema, make, values, read=lambda value: value, **facts):
    vectors = []
    for index, value in enumerate(values):
        vector = {"input": value, "violations": violations(outcome(make(), read(value)))}
        differs = DIFFERS.get((name.removesuffix("-fail-fast"), index))
        if differs is not None:
            vector["portMust"] = differs[:1] if name.endswith("-fail-fast") else differs
        vectors.append(vector)
    return {"name": name, "schemaType": kind, "schema": schema, **facts, "vectors": vectors}


def main():
    cases = []
    client = lambda name: SchemaRegistryClient.new_client({"url": "mock://" + name})
    for fail_fast in (False, True):
        suffix = "-fail-fast" if fail_fast else ""
        facts = {"conf": {"validation.rules.fail.fast": fail_fast, "validation.rules.execution": "AFTER_DOMAIN_RULES"}}
        conf = validating(fail_fast=fail_fast)
        text = json.dumps(AVRO_NO_BROKEN)
        cases.append(case("avro" + suffix, "AVRO", text,
                          lambda: AvroSerializer(client("a"), text, conf=conf), AVRO_VALUES, **facts))
        json_text = json.dumps(JSON)
        cases.append(case("json" + suffix, "JSON", json_text,
                          lambda: JSONSerializer(json_text, client("j"), conf=conf), JSON_VALUES, **facts))
        proto = PROTO_TYPE
        cases.append(case("protobuf" + suffix, "PROTOBUF", PROTO,
                          lambda: ProtobufSerializer(proto, client("p"), conf={**conf, "use.deprecated.format": False}), PROTO_VALUES,
                          lambda value: json_format.ParseDict(value, proto()), **facts))
    broken = {**AVRO, "confluent:rules": [], "fields": [f for f in AVRO["fields"] if f["name"] in ("id", "broken")]}
    text = json.dumps(broken)
    cases.append(case("avro-broken", "AVRO", text, lambda: AvroSerializer(client("b"), text, conf=validating()),
                      [{"id": 1, "broken": "x"}, {"id": 5000, "broken": ""}], conf={"validation.rules.execution": "AFTER_DOMAIN_RULES"}))
    # Around domain rules: the one that runs changes what the constraint sees.
    shout = Rule("shout", "", RuleKind.TRANSFORM, RuleMode.WRITE, "CEL", None, None, "{'id': message.id + 10}", None, None, False)
    small = json.dumps({"type": "record", "name": "R", "fields": [
        {"name": "id", "type": "int", "confluent:rules": [rule("small", "this < 10", doc="too large")]}]})
    for mode in ("BEFORE_DOMAIN_RULES", "AFTER_DOMAIN_RULES", "DISABLED"):
        name = "r" + mode
        registry = client(name)
        registry.register_schema("orders-value", Schema(small, "AVRO", [], None, RuleSet(None, [shout])))
        make = lambda: AvroSerializer(registry, small, conf={**validating(mode), "use.latest.version": True,
                                                              "auto.register.schemas": False})
        cases.append(case("order-" + mode, "AVRO", small, make, [{"id": 1}, {"id": 11}, {"id": -5}],
                          conf={"validation.rules.execution": mode},
                          ruleSet={"domainRules": [{"name": "shout", "kind": "TRANSFORM", "mode": "WRITE", "type": "CEL",
                                                    "expr": shout.expr}]}))
    json.dump({"cases": cases}, sys.stdout, indent=1)
    print()


PROTO_TYPE = proto_type(PROTO)
main()

"""Writes test/golden/cel-messages.json: what CEL rules make of Protobuf messages in confluent-kafka-python.

Run it with confluent-kafka 2.16.1, its extras "rules" and "protobuf", and protoc (or what the variable PROTOC says):

    python3 scripts/golden/cel_messages.py > test/golden/cel-messages.json
"""
import json
import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace

from confluent_kafka.schema_registry import RuleKind, Schema
from confluent_kafka.schema_registry.confluent.type import decimal_pb2, variant_pb2
from confluent_kafka.schema_registry.rules.cel.cel_executor import CelExecutor
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

TEXT = """syntax = "proto3";
package shop;
import "confluent/type/decimal.proto";
import "confluent/type/variant.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Order {
  int64 id = 1;
  int32 small = 2;
  uint32 count = 3;
  uint64 large = 4;
  float ratio = 5;
  double price = 6;
  bool done = 7;
  string note = 8;
  bytes data = 9;
  Kind kind = 10;
  optional int32 maybe = 11;
  Buyer buyer = 12;
  repeated Buyer others = 13;
  repeated int32 numbers = 14;
  map<string, int64> totals = 15;
  map<string, Buyer> named = 16;
  oneof choice { string text = 17; int32 code = 18; Buyer chosen = 19; }
  google.protobuf.Timestamp at = 20;
  google.protobuf.Duration took = 21;
  google.protobuf.StringValue wrapped = 22;
  google.protobuf.Int32Value wrapped_int = 23;
  google.protobuf.BoolValue wrapped_bool = 24;
  confluent.type.Decimal amount = 25;
  confluent.type.Variant any = 26;
  int64 total_amount = 27;
  repeated confluent.type.Decimal amounts = 28;
  enum Kind { NONE = 0; ONE = 1; TWO = 2; }
}
message Buyer { string name = 1; int32 age = 2; Buyer friend = 3; }
"""
FULL = {
    "id": "7", "small": 3, "count": 4, "large": "18446744073709551615", "ratio": 1.5, "price": 2.25, "done": True, "note": "hi", "data": "AQI=",
    "kind": "ONE", "maybe": 0, "buyer": {"name": "Ada", "age": 36}, "others": [{"name": "B"}, {}], "numbers": [1, 2], "totals": {"a": "1"},
    "named": {"k": {"name": "C"}}, "text": "t", "at": "2023-11-14T22:13:20.123456789Z", "took": "1.500s", "wrapped": "w", "wrappedInt": 5,
    "wrappedBool": False, "amount": {"value": "BNI=", "precision": 4, "scale": 2}, "any": {"metadata": "AQAA", "value": "DAU="}, "totalAmount": "9",
    "amounts": [{"value": "AQ=="}, {"value": "Ag==", "scale": 1}],
}
EMPTY = {}

FIELDS = ["id", "small", "count", "large", "ratio", "price", "done", "note", "data", "kind", "maybe", "buyer", "others", "numbers", "totals", "named",
          "text", "code", "chosen", "at", "took", "wrapped", "wrapped_int", "wrapped_bool", "amount", "any", "total_amount", "amounts"]
CONDITIONS = [f"has(message.{field})" for field in FIELDS] + [
    "has(message.buyer.name)", "has(message.buyer.friend)", "has(message.buyer.friend.name)", "message.buyer.friend.friend.age == 0", "message.wrapped == null",
    "message.wrapped_int == null", "message.buyer.name == ''", "message.maybe == 0", "message.code == 0", "message.text == ''", "message.chosen.name == ''",
    "message.at == timestamp(0)", "message.took == duration('0s')", "message.count == 4u", "message.kind == 1", "message.wrapped == 'w'",
    "message.amount == decimal('12.34')", "message.amount == decimal('12.340')", "string(message.amount) == '12.34'", "double(message.amount) == 12.34",
    "decimals.add(message.amount, 1) == decimal('13.34')", "decimals.sign(message.amount) == 0", "[message.amount] == [decimal('12.34')]",
    "decimal('12.3400') in [message.amount]", "message.amount.scale == 2", "message.amount != decimal('1')", "decimal(message.amount) == message.amount",
    "variants.toJson(message.any) == '5'", "variants.type(message.any) == 'int'", "variants.isNull(message.any)", "variants.path(message.any, '$') == null",
    "message.others.all(o, o.age == 0)", "message.amounts.exists(a, a == decimal('0.2'))", "size(message.totals) == 1", "message.totals['a'] == 1",
    "'k' in message.named", "message.others == [message.buyer]", "timestamp(message.at) == message.at", "message.large == 18446744073709551615u",
]

TRANSFORMS = [
    "message", "{'id': message.id + 1}", "{'id': 1, 'nope': 2}", "{}", "{'note': null, 'id': 2}", "{'totalAmount': 5}", "{'total_amount': 5}",
    "{'totalAmount': 5, 'total_amount': 6}", "{'totalAmount': 5, 'total_amount': null}", "{'totalAmount': null, 'total_amount': 5}", "{'text': 'a', 'code': 1}",
    "{'text': null, 'code': 1}", "{'code': 1}", "{'chosen': {'name': 'x'}}", "{'chosen': message.buyer}", "{'buyer': message.buyer}", "{'buyer': {'name': 'N', 'friend': {'age': 3}}}",
    "{'buyer': {'name': null}}", "{'buyer': {'nope': 1}}", "{'buyer': 'x'}", "{'buyer': message.amount}", "{'others': message.others}", "{'others': [{'name': 'x'}, message.buyer]}",
    "{'others': [null]}", "{'others': {'a': 1}}", "{'others': 'x'}", "{'numbers': [3, 4]}", "{'numbers': message.numbers + [5]}", "{'numbers': [1.5]}", "{'numbers': ['x']}",
    "{'numbers': [2.0]}", "{'numbers': [null]}", "{'totals': {'x': 1}}", "{'totals': message.totals}", "{'totals': {'x': null}}", "{'totals': [1]}", "{'totals': {'x': 'y'}}",
    "{'named': {'x': {'name': 'y'}}}", "{'named': message.named}", "{'at': message.at}", "{'at': timestamp(5)}", "{'at': timestamp(1700000000123, 3)}", "{'at': 'x'}", "{'at': null}",
    "{'took': message.took}", "{'took': duration('90s')}", "{'took': duration('-3.5s')}", "{'took': 5}", "{'wrapped': message.wrapped}", "{'wrapped': 'n'}", "{'wrapped': 1}", "{'wrapped': null}",
    "{'wrapped_int': message.wrapped_int}", "{'wrapped_int': 2.0}", "{'wrapped_int': 1.9}", "{'wrapped_int': true}", "{'wrapped_int': 2147483648}", "{'wrapped_bool': true}", "{'wrapped_bool': 0}",
    "{'wrapped_bool': 'false'}", "{'amount': message.amount}", "{'amount': decimal('1.50')}", "{'amount': decimals.add(message.amount, decimal('0.001'))}", "{'amount': decimal('1e3')}",
    "{'amount': decimal('-1.28')}", "{'amount': decimal('-128')}", "{'amount': decimal('255')}", "{'amount': decimal('0.00')}", "{'amount': 5}", "{'amount': 'x'}", "{'amount': {'scale': 3}}",
    "{'amounts': [decimal('1'), message.amount]}", "{'any': message.any}", "{'any': variants.parseJson('{\"a\":1}')}", "{'any': variants.field(variants.parseJson('{\"a\":[1]}'), 'a')}", "{'any': 'x'}",
    "{'small': 2147483647}", "{'small': 2147483648}", "{'small': 1.0}", "{'small': 1.5}", "{'small': true}", "{'small': 'x'}", "{'small': decimal('5')}", "{'small': decimal('5.0')}",
    "{'small': decimal('5.5')}", "{'small': decimal('1e100000')}", "{'small': 5u}", "{'count': 4u}", "{'count': -1}", "{'count': 4294967295}", "{'count': 4294967296}", "{'large': 18446744073709551615u}",
    "{'large': -1}", "{'id': 9223372036854775807}", "{'id': 9223372036854775808u}", "{'ratio': 1e39}", "{'ratio': 1e38}", "{'ratio': 1}", "{'ratio': true}", "{'ratio': 'x'}", "{'ratio': decimal('0.5')}",
    "{'price': 1e308}", "{'price': decimal('1e1000')}", "{'price': decimal('1.25')}", "{'price': 5}", "{'price': 5u}", "{'price': true}", "{'done': true}", "{'done': 0}", "{'done': 'true'}",
    "{'note': 'x'}", "{'note': 1}", "{'note': true}", "{'note': b'x'}", "{'data': b'xy'}", "{'data': 'x'}", "{'data': 5}", "{'data': [97]}", "{'kind': 2}", "{'kind': 'TWO'}", "{'kind': 'SEVEN'}", "{'kind': 7}",
    "{'kind': true}", "{'maybe': 0}", "{'maybe': has(message.maybe) ? message.maybe : null}", "{'maybe': message.maybe}", "{'id': message.id, 'buyer': has(message.buyer) ? message.buyer : null}",
    "{1: 2}",
]

# Where ours does otherwise, and why.
DIFFERS = {
    "{'buyer': {'nope': 1}}": {"note": "a map is a message, whatever is in it", "portMust": {"buyer": {}}},
    "message.wrapped_int == null": {"note": "as CEL has it: false if it is set"},
}


def message_class():
    files = descriptor_pb2.FileDescriptorSet()
    for module in ("duration", "timestamp", "wrappers"):
        __import__(f"google.protobuf.{module}_pb2", fromlist=["DESCRIPTOR"]).DESCRIPTOR.CopyToProto(files.file.add())
    for module in (decimal_pb2, variant_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/order.proto", "w") as file:
            file.write(TEXT)
        with open(folder + "/in.pb", "wb") as file:
            file.write(files.SerializeToString())
        command = os.environ.get("PROTOC", "protoc").split()
        subprocess.run([*command, f"--descriptor_set_in={folder}/in.pb", f"-I{folder}", f"--descriptor_set_out={folder}/out.pb", "order.proto"],
                       check=True)
        with open(folder + "/out.pb", "rb") as file:
            result = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.Default()
    pool.Add(result.file[0])
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))


ORDER = message_class()
EXECUTOR = CelExecutor()
SCHEMA = Schema(TEXT, "PROTOBUF")


def run(expr, value, kind):
    rule = SimpleNamespace(expr=expr, kind=kind, name="r")
    context = SimpleNamespace(rule=rule, target=SCHEMA)
    try:
        result = EXECUTOR.transform(context, json_format.ParseDict(value, ORDER()))
        if kind == RuleKind.CONDITION:
            return {"result": bool(result)}
        return {"result": json_format.MessageToDict(result)} if isinstance(result, ORDER) else {"error": type(result).__name__}
    except Exception as error:
        return {"error": type(error).__name__}


def main():
    cases = []
    for name, kind, expressions in (("conditions", RuleKind.CONDITION, CONDITIONS), ("transforms", RuleKind.TRANSFORM, TRANSFORMS)):
        for which, value in (("full", FULL), ("empty", EMPTY)):
            vectors = [{"expr": expr, **run(expr, value, kind), **DIFFERS.get(expr, {})} for expr in expressions]
            cases.append({"name": f"{name}-{which}", "kind": kind.name, "value": value, "vectors": vectors})
    text = json.dumps({"schema": TEXT, "cases": cases})
    sys.stdout.write(text.replace('{"name": "t', '\n{"name": "t').replace('{"expr": ', '\n{"expr": ') + "\n")


main()

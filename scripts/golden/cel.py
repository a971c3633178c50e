"""Writes test/golden/cel.json: what expressions give in confluent-kafka-python's CEL.

Run it with confluent-kafka 2.16.1 and its extra "rules":

    python3 scripts/golden/cel.py > test/golden/cel.json
"""
import datetime
import decimal
import json
import sys

import celpy
from celpy import celtypes

from confluent_kafka.schema_registry.confluent.type.variant_utils import Variant
from confluent_kafka.schema_registry.rules.cel.cel_field_presence import InterpretedRunner
from confluent_kafka.schema_registry.rules.cel.extra_func import EXTRA_FUNCS

ENV = celpy.Environment(runner_class=InterpretedRunner)

NUMBERS = ["0", "-0", "1", "-1", "0.0", "0.00", "12.34", "-12.340", "1e3", "1E+3", "1.5e-5", "-7", "3", "2", "10", "0.5", "-0.5",
           "2.5", "-2.5", "1.005", "99999999999999999999.99", "0.1", "1e-20", "1e20", "123456789012345678901234567890.123456789"]

DECIMALS = []
for n in NUMBERS:
    DECIMALS += [f"decimal('{n}')", f"string(decimal('{n}'))", f"double(decimal('{n}'))", f"decimals.neg(decimal('{n}'))",
                 f"decimals.abs(decimal('{n}'))", f"decimals.sign(decimal('{n}'))", f"decimals.sqrt(decimal('{n}'))",
                 f"decimals.round(decimal('{n}'))", f"decimals.trunc(decimal('{n}'))", f"decimals.floor(decimal('{n}'))",
                 f"decimals.ceil(decimal('{n}'))"]
    for scale in ("-2", "1", "3"):
        DECIMALS += [f"decimals.round(decimal('{n}'), {scale})", f"decimals.trunc(decimal('{n}'), {scale})"]
PAIRS = ["0", "1", "-7", "3", "12.34", "12.340", "1e3", "0.003", "-2.5", "99999999999999999999.99", "1e-20", "0.00"]
for a in PAIRS:
    for b in PAIRS:
        for f in ("add", "sub", "mul", "div", "mod", "greatest", "least"):
            DECIMALS.append(f"decimals.{f}(decimal('{a}'), decimal('{b}'))")
        for f in ("eq", "lt", "le", "gt", "ge"):
            DECIMALS.append(f"decimals.{f}(decimal('{a}'), decimal('{b}'))")
        DECIMALS += [f"decimal('{a}') == decimal('{b}')", f"decimal('{a}') != decimal('{b}')"]
DECIMALS += [
    "decimal(5)", "decimal(5u)", "decimal(2.0)", "decimal(0.1)", "decimal(1e16)", "decimal(1.5e-5)", "decimal(0.0001)", "decimal(1e15)",
    "decimal(123456.789)", "decimal(1e300)", "decimal(-0.0)", "decimal(decimal('1.0'))", "decimal('+1.5')", "decimal('.5')", "decimal('5.')",
    "decimal(b'\\x04\\xd2', 2)", "decimal(b'\\xff', 0)", "decimal(b'', 3)", "decimal(b'\\x80', -2)", "decimal(b'\\x00\\x80', 1)",
    "decimal('')", "decimal('.')", "decimal('abc')", "decimal(' 1')", "decimal('1_000')", "decimal('NaN')", "decimal('Infinity')",
    "decimal('1e2147483647')", "decimal('1e-2147483647')", "decimal('1e2147483648')", "decimal('1e-2147483648')", "decimal('0x10')",
    "decimal('1e')", "decimal('1e5e5')", "decimal('--1')", "decimal(true)", "decimal(null)", "decimal(b'\\x01')", "decimal([1])",
    "decimal(b'\\x01', 2147483648)", "decimal(b'\\x01', 1.0)", "decimal(b'\\x01', 1u)", "decimal('1', 2)",
    "decimals.round(decimal('1'), 1u)", "decimals.round(decimal('1'), 1.0)", "decimals.round(decimal('1'), 2147483648)",
    "decimals.round(decimal('1.23'), -100000000)", "decimals.round(decimal('1.23'), 100000000)", "decimals.trunc(decimal('1e1000000'))",
    "decimals.floor(decimal('-1e-2000000000'))", "decimals.ceil(decimal('1e-2000000000'))", "decimals.round(decimal('1e-1000000'))",
    "decimals.round(decimal(b'', 2147483647))", "decimals.add(decimal('1e2147483647'), decimal('1'))",
    "decimals.add(decimal('0e2000000000'), decimal('1'))", "decimals.add(decimal('0e-2000000000'), decimal('1'))",
    "decimals.mod(decimal('1e-2147483647'), decimal('1e2147483647'))", "decimals.mod(decimal('1e2147483647'), decimal('3'))",
    "decimals.mod(decimal('1.5'), decimal('1e-2147483647'))", "decimals.lt(decimal('1e2147483647'), decimal('1e-2147483647'))",
    "decimals.div(decimal('1e-2147483647'), decimal('3'))", "string(decimal('1e2147483647'))", "double(decimal('1e1000000'))",
    "double(decimal('-1e-1000000'))", "decimals.div(decimal('1'), decimal('0'))", "decimals.div(decimal('0'), decimal('0'))",
    "decimals.mod(decimal('1'), decimal('0.0'))", "decimals.sqrt(decimal('-1'))", "decimals.sqrt(decimal('9.0'))", "decimals.sqrt(decimal('0.000'))",
    "decimals.sqrt(decimal('1e10'))", "decimals.sqrt(decimal('1e11'))", "decimals.sqrt(decimal('1e-7'))", "decimals.sqrt(decimal('1.0000'))",
    "decimals.sqrt(decimal('0e-7'))", "decimals.sqrt(decimal('0e7'))", "decimals.sqrt(decimal('152415787532388367501905199875019052100'))",
    "decimals.sqrt(decimal('15241578753238836750190519987501905210015241578753238836750190519987501905210000'))",
    "decimals.sqrt(decimal('1." + "0" * 100 + "'))", "decimals.div(decimal('1." + "0" * 100 + "'), decimal('8'))",
    "decimals.div(decimal('1." + "0" * 40 + "'), decimal('1'))", "decimals.div(decimal('2'), decimal('3'))", "decimals.div(decimal('1'), decimal('8'))",
    "decimals.div(decimal('100'), decimal('4'))", "decimals.div(decimal('100'), decimal('5'))", "decimals.div(decimal('100.00'), decimal('5'))",
    "decimals.div(decimal('99999999999999999999999999999999999999.5'), decimal('1'))",
    "decimals.div(decimal('12345678901234567890123456789012345678.5'), decimal('1'))",
    "decimals.add('1.5', 2)", "decimals.add(1.5, 2u)", "decimals.add(true, 1)", "decimals.eq('1.50', 1.5)", "decimals.lt(1, '2')",
    "decimals.greatest(1, 1.0)", "decimals.greatest(1.0, 1)", "decimals.least(1, 1.0)", "decimals.add(1)", "decimals.sign('-0')",
    "decimal('1') == 1", "decimal('1') != 1", "[decimal('1')] == [decimal('1.0')]", "[decimal('1'), 2] == [decimal('1.0'), 2]",
    "{'a': decimal('1')} == {'a': decimal('1.00')}", "{'a': decimal('1')} == {'b': decimal('1.00')}", "[decimal('1')] != [decimal('1.0')]",
    "decimal('1.0') in [decimal('1')]", "decimal('2') in [decimal('1')]", "1 in [1, 2]", "'a' in {'a': 1}", "[[decimal('1')]] == [[decimal('1.0')]]",
    "[decimal('1')] == [decimal('1'), decimal('2')]", "1 == 1.0", "[1] == [1]", "{'a': 1} == {'a': 1}", "'a' == 'b'", "null == null",
    "string(decimals.add(decimal('1.10'), decimal('2.205')))", "string(decimals.div(decimal('1'), decimal('3')))",
    "string(decimals.neg(decimal('0.00')))", "string(decimal('0e3'))", "string(decimal('0e-3'))", "string(decimal('-1.5e3'))",
    "decimals.ge(decimals.mul(decimal('19.99'), decimal('3')), decimal('59.97'))",
]

TIMESTAMPS = [
    "timestamp(0)", "timestamp(1700000000)", "timestamp(-1)", "timestamp(1700000000123, 3)", "timestamp(-1, 3)", "timestamp(1700000000123456, 6)",
    "timestamp(-1, 6)", "timestamp(1700000000, 0)", "timestamp(1700000000123456000, 9)", "timestamp(1700000000123456789, 9)", "timestamp(-1, 9)",
    "timestamp(1, 1)", "timestamp(1, -3)", "timestamp(253402300799)", "timestamp(253402300800)", "timestamp(-62135596800)",
    "timestamp(-62135596801)", "timestamp(9223372036854775807)", "timestamp(9223372036854775807, 9)", "timestamp(1u)", "timestamp(true)",
    "timestamp(null)", "timestamp(1.5)", "timestamp(1, 3u)", "timestamp(1u, 3)", "timestamp(1.0, 3)", "timestamp('2023-11-14T22:13:20Z')",
    "timestamp('2023-11-14T22:13:20.123Z') == timestamp(1700000000123, 3)", "string(timestamp(1700000000123, 3))",
    "string(timestamp(1700000000123456, 6))", "string(timestamp(1700000000))", "string(timestamp(-62135596800))",
    "timestamp(1700000000) < timestamp(1700000001)", "timestamp(0) + duration('90s')", "timestamp(timestamp(5))",
    "timestamp(1700000000).getFullYear()", "int(timestamp(1700000000))",
]

FORMATS = [
    "'%d and %s'.format([1, 'x'])", "'%s'.format([true])", "'%f'.format([1.5])", "'%.2f'.format([3.14159])", "'%e'.format([12345.678])", "'%x'.format([255])",
    "'%X'.format([255])", "'%o'.format([8])", "'%b'.format([5])", "'%b'.format([true])", "'%%'.format([])", "'%x'.format(['hi'])", "'%X'.format([b'hi'])",
    "'%s'.format([[1, 'a']])", "'%s'.format([1])", "'%s'.format(['é'])", "'%d'.format(['x'])", "'%q'.format([1])", "'%s'.format([])", "'a'.format([1])",
    "'%d'.format([5u])", "'%s'.format([b'hi'])", "'%s'.format([null])", "'%s'.format([1.5])", "'%s'.format([2.0])",
]

STRINGS = [
    "string(true)", "string(false)", "string(1)", "string(1u)", "string(1.5)", "string(b'abc')", "string('x')", "string(null)", "string([1])",
    "string({'a': 1})", "double('1.5')", "double(1)", "double(1u)", "double(true)", "double(b'12')", "double('x')",
]

VARIANTS = []
JSONS = ['{"a":1,"b":{"c":[1,2.5,"x",null,true,false]}}', "[]", "{}", "null", "true", "1", "-129", "40000", "3000000000", "1.5", '"text"',
         "12345678901234567890", "-99999999999999999999999999999999999999", '{"b":1,"a":2}', '{"é":"ü","":0}', "1e400", "1E2", "-0.0", '"' + "x" * 70 + '"',
         "[[[1]]]", '{"a":{"a":{"a":1}}}', "123456789012345678", "[1,2,3]", '{"a":1,"a":2}', '"\\u00e9\\n\\"\\\\"', "127", "128", "-128", "32767", "32768",
         "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "[" + ",".join(str(i) for i in range(300)) + "]",
         "{" + ",".join(f'"k{i}":{i}' for i in range(300)) + "}", "1.0", "100000.0", "1e16", "1e-7", "0.1", "NaN", "Infinity", "-Infinity"]
for text in JSONS:
    literal = json.dumps(text)
    VARIANTS += [f"variants.parseJson({literal})", f"variants.toJson(variants.parseJson({literal}))", f"variants.type(variants.parseJson({literal}))",
                 f"variants.isNull(variants.parseJson({literal}))"]
    for kind in ("string", "int", "double", "boolean", "decimal"):
        VARIANTS.append(f"variants.tryAs(variants.parseJson({literal}), '{kind}')")
for text in ["", "{", "[1,]", "{'a':1}", "1 2", "tru", '{"a"}', "01", '"\\x"', '"a', "+1", ".5", "1.", "-", '"\t"']:
    literal = json.dumps(text)
    VARIANTS += [f"variants.parseJson({literal})", f"variants.tryParseJson({literal})"]
DOC = json.dumps('{"a":{"b":[10,{"c":"deep"}],"x y":1,"é":2},"n":null,"s":"t","d":1.5,"t":true}')
DOC = f"variants.parseJson({DOC})"
for path in ["$", "$.a", "$.a.b", "$.a.b[0]", "$.a.b[1].c", "$['a']", "$[\\\"a\\\"]['x y']", "$.a.é", "$.missing", "$.a.b[2]", "$.a[0]", "$.s.x", "$.n", "$.n.x",
             "", "a", "$a", "$.", "$.1", "$[", "$[]", "$[-1]", "$[1", "$['a", "$['a\\\\\\\\']", "$['a\\\\x']", "$.a.b[99999999999]", "$.a-b", "$..a", "$.a.", "$[ 1]"]:
    VARIANTS += [f'variants.path({DOC}, "{path}")', f'variants.toJson(variants.path({DOC}, "{path}"))']
VARIANTS += [
    f"variants.field({DOC}, 's')", f"variants.field({DOC}, 'zz')", f"variants.field(variants.field({DOC}, 'a'), 'b')", f"variants.index(variants.path({DOC}, '$.a.b'), 0)",
    f"variants.index(variants.path({DOC}, '$.a.b'), 5)", f"variants.index(variants.path({DOC}, '$.a.b'), -1)", f"variants.index({DOC}, 0)", f"variants.field(variants.path({DOC}, '$.s'), 'x')",
    f"variants.as(variants.path({DOC}, '$.s'), 'string')", f"variants.as(variants.path({DOC}, '$.s'), 'int')", f"variants.as(variants.path({DOC}, '$.d'), 'double')",
    f"variants.as(variants.path({DOC}, '$.t'), 'boolean')", f"variants.as(variants.path({DOC}, '$.a'), 'object')", f"variants.tryAs(variants.path({DOC}, '$.a'), 'object')",
    f"variants.as({DOC}, 'nonsense')", f"variants.tryAs({DOC}, 'nonsense')", f"variants.as({DOC}, 1)", f"variants.tryAs({DOC}, 1)", f"variants.isNull(variants.path({DOC}, '$.n'))",
    f"variants.isNull(variants.path({DOC}, '$.zz'))", f"variants.path({DOC}, '$.zz') == null", f"variants.path({DOC}, '$.n') == null", "variants.isNull(null)", "variants.isNull(1)",
    "variants.type(null)", "variants.type(1)", "variants.toJson(null)", "variants.path(null, '$')", "variants.path(null, 1)", "variants.field(null, 'a')", "variants.field(null, 1)",
    "variants.index(null, 0)", "variants.index(null, 1.0)", "variants.index(null, 1u)", "variants.as(null, 'int')", "variants.parseJson(1)", "variants.tryParseJson(1)",
    "variant(null)", "variant('x')", "variant(1)", "variant([1])", "variant({'metadata': b'\\x01\\x00\\x00', 'value': b'\\x0c\\x05'})", "variant({'value': b'\\x00'})", "variant({})",
    "variant(b'\\x0c\\x05', b'\\x01\\x00\\x00')", "variant(b'\\x0c\\x05', b'')", "variant(b'\\x0c\\x05', b'\\x02\\x00\\x00')", "variants.type(variant(b'', b'\\x01\\x00\\x00'))",
    "variants.parseJson('1') == variants.parseJson('1')", "variants.parseJson('1') == variants.parseJson('2')", "[variants.parseJson('1')] == [variants.parseJson('1')]",
]
# Each primitive by hand: the header, and what follows it.
M = "b'\\x01\\x00\\x00'"
PRIMITIVES = {
    "byte": "0c05", "short": "100100", "int": "1401000000", "long": "180100000000000000", "double": "1c000000000000f83f", "decimal4": "2002d2040000",
    "decimal8": "2402d204000000000000", "decimal16": "2802d2040000000000000000000000000000", "date": "2c01000000", "date low": "2cffffff7f", "timestamp": "3040e20100f5090600",
    "timestamp whole": "300000000000000000", "timestamp before": "30ffffffffffffffff", "timestamp far": "30ffffffffffffff7f", "ntz": "3440e20100f5090600", "float": "380000c03f", "float third": "38abaaaa3e",
    "binary": "3c03000000010203", "long string": "4002000000" + "6869", "time": "44e803000000000000", "time late": "44ffffffffffffff7f", "nanos": "4815cd5b0700000000", "nanos before": "48ffffffffffffffff",
    "nanos ntz": "4c15cd5b0700000000", "uuid": "50000102030405060708090a0b0c0d0e0f", "true": "04", "false": "08", "null": "00", "short string": "096869", "unknown": "54", "cut": "18",
    "bad decimal": "2028ffffff7f", "bad string": "400900000061", "bad utf8": "05ff", "array": "030200010204040805" , "bad array": "03ff", "float inf": "380000807f", "double nan": "1c000000000000f87f", "float big": "38ffff7f7f", "double big": "1c0000000000000044", "double small": "1c0000000000000034", "float neg zero": "3800000080",
}
for name, value in PRIMITIVES.items():
    literal = "b'" + "".join(f"\\x{value[i:i + 2]}" for i in range(0, len(value), 2)) + "'"
    v = f"variant({literal}, {M})"
    VARIANTS += [f"variants.type({v})", f"variants.toJson({v})", f"variants.isNull({v})"]
    for kind in ("string", "int", "double", "boolean", "decimal", "timestamp", "bytes"):
        VARIANTS.append(f"variants.tryAs({v}, '{kind}')")

# Where ours does otherwise, and why.
NOTES = {
    "timestamp(1700000000123456789, 9)": ("a timestamp here has nanoseconds, as in Java", {"$timestamp": "2023-11-14T22:13:20.123456789Z"}),
    "timestamp(9223372036854775807, 9)": ("a timestamp here has nanoseconds, as in Java",
                                          {"$timestamp": "2262-04-11T23:47:16.854775807Z"}),
    "'%s'.format([true])": ("Python's own word for it", "true"),
    "'%s'.format([null])": ("Python's own word for it", "null"),
    "'%s'.format([2.0])": ("as the extension of CEL has it", "2"),
    "'%s'.format([b'hi'])": ("as the extension of CEL has it", "hi"),
    "'%s'.format([[1, 'a']])": ("as the extension of CEL has it", "[1, a]"),
    "1 == 1.0": ("as CEL has it", True),
    "timestamp(-1, 9)": ("a timestamp here has nanoseconds, as in Java", {"$timestamp": "1969-12-31T23:59:59.999999999Z"}),
}

for name, value, instant in (("nanos", "4815cd5b0700000000", "1970-01-01T00:00:00.123456789Z"), ("before", "48ffffffffffffffff", "1969-12-31T23:59:59.999999999Z"),
                             ("local", "4c15cd5b0700000000", "1970-01-01T00:00:00.123456789Z")):
    literal = "b'" + "".join(f"\\x{value[i:i + 2]}" for i in range(0, len(value), 2)) + "'"
    NOTES[f"variants.tryAs(variant({literal}, {M}), 'timestamp')"] = ("a timestamp here has nanoseconds, as in Java", {"$timestamp": instant})


def tagged(value):
    if value is None:
        return None
    if isinstance(value, (bool, celtypes.BoolType)):
        return bool(value)
    if isinstance(value, decimal.Decimal):
        sign, digits, exponent = value.as_tuple()
        unscaled = int("".join(map(str, digits)))
        return {"$decimal": [str(-unscaled if sign else unscaled), -exponent]}
    if isinstance(value, Variant):
        return {"$variant": [value.standalone_value_bytes().hex(), value.metadata.hex()]}
    if isinstance(value, celtypes.TimestampType):
        return {"$timestamp": EXTRA_FUNCS["string"](value)}
    if isinstance(value, celtypes.DurationType):
        return {"$duration": str(value)}
    if isinstance(value, celtypes.UintType):
        return {"$uint": str(int(value))}
    if isinstance(value, (int, celtypes.IntType)):
        return {"$int": str(int(value))}
    if isinstance(value, float):
        return {"$double": repr(float(value))}
    if isinstance(value, bytes):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return [tagged(one) for one in value]
    if isinstance(value, dict):
        return {str(key): tagged(one) for key, one in value.items()}
    raise TypeError(type(value))


def vector(expr):
    try:
        result = ENV.program(ENV.compile(expr), functions=EXTRA_FUNCS).evaluate({})
        if isinstance(result, celpy.CELEvalError):
            raise result
        one = {"expr": expr, "result": tagged(result)}
    except (celpy.CELEvalError, celpy.CELParseError, ValueError, IndexError, KeyError, RecursionError, OverflowError, decimal.DecimalException, UnicodeDecodeError, TypeError) as error:
        one = {"expr": expr, "error": type(error).__name__}
    note = NOTES.get(expr)
    if note is not None:
        one["note"], one["portMust"] = note
    return one


groups = {"decimals": DECIMALS, "timestamps": TIMESTAMPS, "formats": FORMATS, "strings": STRINGS, "variants": VARIANTS}
cases = []
for name, expressions in groups.items():
    cases.append({"name": name, "vectors": [vector(expr) for expr in dict.fromkeys(expressions)]})
text = json.dumps({"cases": cases}, ensure_ascii=True)
# A line for each vector: a file that can be read, and compared.
sys.stdout.write(text.replace('{"name": ', '\n{"name": ').replace('{"expr": ', '\n{"expr": ') + "\n")

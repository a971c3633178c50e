"""Prints every public name of confluent-kafka-python's client as a JSON list: check_mapping.ts reads it.

A name is "Class", "Class.member", "Class.member(keyword)" or "config(key)", with its module in front unless that is
confluent_kafka itself. A class that wraps or mirrors another lists only what it adds.
"""

import ast
import enum
import importlib
import inspect
import json
import os
import typing

import confluent_kafka

SCHEMAS = "schema_registry."
FORMATS = {"avro.": "Avro", "json_schema.": "JSON", "protobuf.": "Protobuf"}
SCHEMA_MODULES = ["", *FORMATS, "rule_registry.", "serde.", "error.", "rules.cel.cel_executor.", "rules.cel.cel_field_executor."]
SCHEMA_MODULES += ["rules.jsonata.jsonata_executor.", "rules.dlq.dlq_action.", "rules.encryption.encrypt_executor."]
SCHEMA_MODULES += ["rules.encryption.kms_driver_registry.", "rules.encryption.dek_registry.dek_registry_client."]
MODULES = ["", "aio.", "error.", "serialization.", "admin.", "avro.", "kafkatest."]
MODULES += [f"{SCHEMAS}{module}" for module in SCHEMA_MODULES]

# Without a line of their own: the members of these are those of the class on the right.
MIRRORS = {
    "SerializingProducer": "Producer",
    "DeserializingConsumer": "Consumer",
    "DeserializingShareConsumer": "ShareConsumer",
    "aio.AIOProducer": "Producer",
    "aio.AIOConsumer": "Consumer",
    "aio.AsyncSerializingProducer": "Producer",
    "aio.AsyncDeserializingConsumer": "Consumer",
    f"{SCHEMAS}AsyncSchemaRegistryClient": f"{SCHEMAS}SchemaRegistryClient",
}

# Operators and protocols that somebody uses by other means than their name.
PROTOCOLS = {"__len__", "__enter__", "__aenter__", "__iter__", "__getitem__", "__hash__", "__lt__", "__int__"}

# The keys that the Python package takes out of the configuration itself.
CONFIG = [
    "error_cb",
    "stats_cb",
    "throttle_cb",
    "logger",
    "oauth_cb",
    "on_delivery",
    "on_commit",
    "default.topic.config",
    "delivery.report.only.error",
]
SERDE_CONFIG = ["key.serializer", "value.serializer", "key.deserializer", "value.deserializer"]


def stub_keywords():
    """The keywords of what is written in C, from the type stub beside it."""
    found = {}
    path = os.path.join(os.path.dirname(confluent_kafka.__file__), "cimpl.pyi")
    with open(path, encoding="utf-8") as stub:
        tree = ast.parse(stub.read())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = [argument.arg for argument in node.args.args]
        if not isinstance(node, ast.ClassDef):
            continue
        for method in node.body:
            if isinstance(method, ast.FunctionDef):
                name = node.name if method.name == "__init__" else f"{node.name}.{method.name}"
                arguments = [argument.arg for argument in method.args.args[1:] + method.args.kwonlyargs]
                found.setdefault(name, []).extend(a for a in arguments if a not in found.get(name, []))
    return found


STUB = stub_keywords()


def keywords(name, thing):
    if name in STUB:
        return STUB[name]
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return []
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return [name for name in named if name not in ("self", "cls") and not name.startswith("_")]


def members(kind):
    """What a class has of its own or from a class of the same package."""
    found = {}
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith(("confluent_kafka", "cimpl")):
            continue
        for name, thing in vars(base).items():
            if not name.startswith("_") or (name in PROTOCOLS and not issubclass(kind, (enum.Enum, Exception))):
                found[name] = thing
    return found


def names_of_class(name, kind):
    yield name
    if not issubclass(kind, (enum.Enum, BaseException)) or name in STUB:
        for keyword in keywords(name, kind):
            yield f"{name}({keyword})"
    for member, thing in members(kind).items():
        yield f"{name}.{member}"
        if callable(thing) and not member.startswith("_"):
            for keyword in keywords(f"{name}.{member}", thing):
                yield f"{name}.{member}({keyword})"


def public_names(prefix):
    module = importlib.import_module(f"confluent_kafka.{prefix}".rstrip("."))
    # The modules of the Schema Registry hand on what they are made of, and what the package itself has.
    home_prefix = SCHEMAS if prefix.startswith(SCHEMAS) and ".rules." not in prefix else prefix
    elsewhere = vars(importlib.import_module(f"confluent_kafka.{SCHEMAS}".rstrip("."))) if home_prefix != prefix else {}
    for name, thing in vars(module).items():
        if name in elsewhere:
            continue
        if name.startswith("_") or inspect.ismodule(thing) or isinstance(thing, typing.TypeVar):
            continue
        home = getattr(thing, "__module__", None) or "confluent_kafka"
        is_ours = home.startswith(f"confluent_kafka.{home_prefix}".rstrip(".")) or (prefix == "" and home == "cimpl")
        if not is_ours:
            continue
        if inspect.isclass(thing):
            yield from names_of_class(prefix + name, thing)
        else:
            yield prefix + name
            if callable(thing):
                yield from (f"{prefix}{name}({keyword})" for keyword in keywords(prefix + name, thing))


def config_names():
    """Each key is tried, with whatever value, so that one that the package no longer knows fails here."""
    for key in CONFIG:
        maker = confluent_kafka.Consumer if key == "on_commit" else confluent_kafka.Producer
        try:
            maker({"group.id": "x", key: 1} if key == "on_commit" else {key: 1})
        except (AttributeError, TypeError, ValueError, confluent_kafka.KafkaException) as error:
            if "No such configuration property" in str(error):
                raise SystemExit(f"confluent-kafka-python does not take the key {key}") from error
        yield f"config({key})"
    yield from (f"config({key})" for key in SERDE_CONFIG)


def serde_config_names():
    """The keys of the configuration that serializers and deserializers of each format take."""
    for prefix, kind in FORMATS.items():
        module = importlib.import_module(f"confluent_kafka.{SCHEMAS}{prefix}".rstrip("."))
        for name in (f"{kind}Serializer", f"{kind}Deserializer"):
            yield from (f"{SCHEMAS}{prefix}{name}(conf: {key})" for key in getattr(module, name)._default_conf)


def main():
    names = []
    for prefix in MODULES:
        try:
            names += list(public_names(prefix)) or [prefix.rstrip(".")]
        except ImportError:  # It needs packages that are not installed: its name stands for all of it.
            names.append(prefix.rstrip("."))
    for wrapper, base in MIRRORS.items():
        known = {name[len(base) :] for name in names if name.startswith(f"{base}.")}
        names = [name for name in names if not (name.startswith(wrapper) and name[len(wrapper) :] in known)]
    print(json.dumps(sorted({*names, *config_names(), *serde_config_names()})))


main()

"""Sends messages with confluent-kafka-python's AIOProducer, a future for each: the workload send-each of client.ts.

It takes the same name=value arguments, makes the same messages and checks every report as content.ts does. The producer
refuses headers, so there are none in any workload. One JSON line comes out.

Before the arguments comes the form: "callback" gives each future a callback, as client.ts does with its promises; "poll"
looks at the futures itself while it sends, which is the fastest form that was found and spares the event loop all work.
"""

import asyncio
import json
import platform
import re
import resource
import struct
import sys
import time
from collections import deque

import confluent_kafka
from confluent_kafka.aio import AIOProducer

MARK = 0x9E3779B1


class Ledger:
    """Takes note of every message, and raises at the first that is missing, damaged, doubled or out of order."""

    def __init__(self, messages, value_size, partitions):
        self.messages = messages
        self.seen = bytearray(messages)
        self.next_offset = [0] * partitions
        self.last_sequence = [-1] * partitions
        self.count = 0
        self.layout = struct.Struct(f"<II{value_size - 9}xB")
        self.template = struct.Struct(f"<II{value_size - 9}sB")
        self.filling = b"k" * (value_size - 9)

    def value(self, sequence):
        return self.template.pack(sequence, sequence * MARK & 0xFFFFFFFF, self.filling, sequence & 0xFF ^ 0x5A)

    def place(self, message):
        partition = message.partition()
        if message.offset() != self.next_offset[partition]:
            sys.exit(f"Gap in partition {partition}: {message.offset()}, expected {self.next_offset[partition]}")
        self.next_offset[partition] += 1
        return partition

    def enter(self, message):
        partition = self.place(message)
        sequence, mark, last = self.layout.unpack(message.value())
        if sequence >= self.messages or mark != sequence * MARK & 0xFFFFFFFF or last != sequence & 0xFF ^ 0x5A:
            sys.exit(f"Damaged value at offset {message.offset()} of partition {partition}")
        if self.seen[sequence]:
            sys.exit(f"Message {sequence} came twice")
        self.seen[sequence] = 1
        if sequence <= self.last_sequence[partition]:
            sys.exit(f"Message {sequence} is out of order")
        self.last_sequence[partition] = sequence
        self.count += 1


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_rss_bytes():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024


async def send_with_callbacks(send, flush, messages, window, ledger):
    for sequence in range(messages):
        (await send(sequence)).add_done_callback(lambda future: ledger.enter(future.result()))
        if sequence - ledger.count >= window:
            await flush()
    await flush()
    while ledger.count < messages:
        await asyncio.sleep(0)


async def send_and_poll(send, flush, messages, window, ledger):
    waiting = deque()
    for sequence in range(messages):
        waiting.append(await send(sequence))
        while waiting and waiting[0].done():
            ledger.enter(waiting.popleft().result())
        if len(waiting) >= window:
            await flush()
    await flush()
    for future in waiting:
        ledger.enter(await future)


async def main(form, arguments):
    topic, messages = arguments["bench.topic"], int(arguments["bench.messages"])
    partitions = int(arguments["bench.partitions"])
    ledger = Ledger(messages, int(arguments["bench.value.size"]), partitions)
    settings = {name: value for name, value in arguments.items() if not name.startswith(("bench.", "consumer."))}
    producer = AIOProducer({name.removeprefix("producer."): value for name, value in settings.items()})
    warm = [await producer.produce(topic, value=b"warm", partition=partition) for partition in range(partitions)]
    await producer.flush()
    for future in warm:
        ledger.place(await future)

    window = int(arguments["bench.window"])
    send_all = {"callback": send_with_callbacks, "poll": send_and_poll}[form]
    cpu, start = cpu_seconds(), time.perf_counter()
    await send_all(
        lambda sequence: producer.produce(topic, value=ledger.value(sequence)),
        producer.flush,
        messages,
        window,
        ledger,
    )
    seconds, cpu = time.perf_counter() - start, cpu_seconds() - cpu

    if ledger.count != messages:
        sys.exit(f"Only {ledger.count} of {messages} messages came")
    await producer.close()
    outcome = {
        "runtime": f"AIOProducer {confluent_kafka.version()} by {form} on Python {platform.python_version()}",
        "librdkafka": confluent_kafka.libversion()[0],
        "messages": messages,
        "counted": messages,
        "seconds": seconds,
        "cpuSeconds": cpu,
        "peakRssBytes": peak_rss_bytes(),
    }
    print(json.dumps(outcome))


asyncio.run(main(sys.argv[1], dict(argument.split("=", 1) for argument in sys.argv[2:])))

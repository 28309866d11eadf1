"""What each guest must put out for an input, computed in Python."""

import hashlib
import json
import struct
import zlib

from . import evm
from .secp256k1 import verify


def fibonacci(data):
    a, b = 0, 1
    for _ in range(struct.unpack("<I", data)[0]):
        a, b = b, (a + b) & 0xFFFFFFFF
    return struct.pack("<I", a)


def sha256(data):
    return hashlib.sha256(data).digest()


def random_numbers(data):
    """What the guest `random` makes of a seed."""
    mask = 2**32 - 1

    def numbers(state, *lengths):
        out = b""
        for length in lengths:
            piece = b""
            while len(piece) < length:
                state = state + 0x9E3779B9 & mask
                mixed = (state ^ state >> 16) * 0x21F0AAAD & mask
                mixed = (mixed ^ mixed >> 15) * 0x735A2D97 & mask
                piece += struct.pack("<I", mixed ^ mixed >> 15)
            out += piece[:length]
        return out

    return numbers(0, 5, 5, 5) + numbers(struct.unpack("<I", data)[0], 5)


def c_checksum(data):
    return struct.pack("<II", zlib.crc32(data), zlib.adler32(data))


def echo(data):
    return data


def bulk(data):
    size, data = struct.unpack("<I", data[:4])[0], data[4:]
    first = second = 0
    for (word,) in struct.iter_unpack("<I", data + bytes(-len(data) % 4)):
        first += word
        second += first
    first, second = first & 0xFFFFFFFF, second & 0xFFFFFFFF
    out = bytearray(struct.pack("<II", first, second))
    state = first ^ second
    while len(out) < 8 + size:
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out += struct.pack("<I", state)
    return bytes(out[: 8 + size])


def secp256k1(data):
    verdicts = []
    for at in range(4, len(data), 129):
        key, rest = data[at : at + 33], data[at + 33 : at + 129]
        verdicts.append(verify(key, rest[:32], rest[32:]))
    assert struct.unpack("<I", data[:4])[0] == len(verdicts)
    return struct.pack("<I", sum(verdicts)) + bytes(verdicts)


def json_summary(data):
    counts = dict.fromkeys(
        "objects arrays strings numbers booleans nulls keys depth sum".split(), 0
    )

    def add(value, depth):
        if isinstance(value, (dict, list)):
            counts["depth"] = max(counts["depth"], depth + 1)
        if isinstance(value, dict):
            counts["objects"] += 1
            counts["keys"] += len(value)
            value = list(value.values())
        elif isinstance(value, list):
            counts["arrays"] += 1
        elif isinstance(value, str):
            counts["strings"] += 1
        elif isinstance(value, bool):
            counts["booleans"] += 1
        elif value is None:
            counts["nulls"] += 1
        else:
            counts["numbers"] += 1
            if isinstance(value, int) and -(2**63) <= value < 2**64:
                counts["sum"] += value
        if isinstance(value, list):
            for item in value:
                add(item, depth + 1)

    add(json.loads(data), 0)
    *small, total = counts.values()
    return struct.pack("<8IQ", *small, total % 2**64)


def evm_call(data):
    gas_limit, rest = take_varint(data)
    code, rest = take_bytes(rest)
    calldata, rest = take_bytes(rest)
    count, rest = take_varint(rest)
    numbers = [int.from_bytes(rest[at : at + 32], "big") for at in range(0, 64 * count, 32)]
    storage = dict(zip(numbers[::2], numbers[1::2]))
    return evm_outcome(data, *evm.call(gas_limit, code, calldata, storage))


def evm_input(gas_limit, code, calldata, storage):
    """A call as the evm guest reads it."""
    out = varint(gas_limit) + varint(len(code)) + code + varint(len(calldata)) + calldata
    pairs = (evm.word(slot) + evm.word(value) for slot, value in storage.items())
    return out + varint(len(storage)) + b"".join(pairs)


def evm_outcome(data, status, gas_used, output, effects):
    """The outcome of the call `data` as the evm guest commits it."""
    out = evm.keccak256(data) + varint(status) + varint(gas_used) + varint(len(output)) + output
    return out + evm.keccak256(effects)


def take_varint(data):
    """An unsigned integer as postcard writes it, and what follows."""
    value = shift = at = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        if data[at] < 0x80:
            return value, data[at + 1 :]
        at, shift = at + 1, shift + 7


def take_bytes(data):
    size, data = take_varint(data)
    return data[:size], data[size:]


def varint(value):
    """An unsigned integer as postcard writes it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def zigzag(value):
    """A signed integer as postcard writes it."""
    return varint(value << 1 if value >= 0 else ~(value << 1))


def text(value):
    return varint(len(value.encode())) + value.encode()


def statement(name, balance, limit, bookings):
    """Input and output of the typed guest."""
    data = text(name) + zigzag(balance)
    data += b"\0" if limit is None else b"\1" + varint(limit)
    data += varint(len(bookings))
    lowest = balance
    for purpose, amount in bookings:
        data += text(purpose) + zigzag(amount)
        balance += amount
        lowest = min(lowest, balance)
    purposes = sorted(purpose for purpose, _ in bookings)
    out = text(name.upper()) + zigzag(balance) + zigzag(lowest)
    out += bytes([limit is not None and lowest < -limit])
    out += varint(len(purposes)) + b"".join(map(text, purposes))
    return data, out

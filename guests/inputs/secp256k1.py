"""ECDSA on secp256k1, for making and checking test inputs. Slow, and not for real keys."""

import hashlib

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(a, b):
    """The sum of two points; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    (xa, ya), (xb, yb) = a, b
    if xa == xb and (ya + yb) % P == 0:
        return None
    if a == b:
        slope = 3 * xa * xa * pow(2 * ya, -1, P) % P
    else:
        slope = (yb - ya) * pow(xb - xa, -1, P) % P
    x = (slope * slope - xa - xb) % P
    return x, (slope * (xa - x) - ya) % P


def multiply(k, point):
    total = None
    for bit in bin(k)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def compress(point):
    x, y = point
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")


def decompress(key):
    """The point of a compressed key, or None if there is none."""
    x = int.from_bytes(key[1:], "big")
    square = (x**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if key[0] not in (2, 3) or x >= P or y * y % P != square:
        return None
    return x, y if y % 2 == key[0] - 2 else P - y


def sign(secret, digest):
    """(r, s) with s in the lower half."""
    seed = secret.to_bytes(32, "big") + digest
    k = int.from_bytes(hashlib.sha512(seed).digest(), "big") % (N - 1) + 1
    r = multiply(k, G)[0] % N
    s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * secret) % N
    return r, min(s, N - s)


def verify(key, digest, signature):
    """Whether a signature is valid, with the rule that s is in the lower half."""
    point = decompress(key)
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if point is None or not 0 < r < N or not 0 < s <= N // 2:
        return False
    w = pow(s, -1, N)
    u, v = int.from_bytes(digest, "big") * w % N, r * w % N
    total = add(multiply(u, G) if u else None, multiply(v, point))
    return total is not None and total[0] % N == r

"""Points of edwards25519 (RFC 8032, section 5.1), as far as the checks of foreign keys need them.

Packages decide leniently, or not at all, which encodings and orders they accept; the specification does not (PRM-2, PRM-3,
PRM-5, PRM-6, PRM-7). Only public points pass through here: none of it is constant in time.
"""

from __future__ import annotations

from typing import NamedTuple

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    """Extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z."""

    X: int
    Y: int
    Z: int
    T: int


IDENTITY = Point(0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    """a + b (RFC 8032, section 5.1.4)."""
    A = (a.Y - a.X) * (b.Y - b.X) % P
    B = (a.Y + a.X) * (b.Y + b.X) % P
    C = 2 * a.T * b.T * D % P
    E = 2 * a.Z * b.Z % P
    return Point((B - A) * (E - C) % P, (E + C) * (B + A) % P, (E - C) * (E + C) % P, (B - A) * (B + A) % P)


def multiply(n: int, point: Point) -> Point:
    """n times the point."""
    result = IDENTITY
    for bit in bin(n)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def is_identity(point: Point) -> bool:
    """Whether it is the neutral element."""
    return point.X == 0 and point.Y == point.Z


def is_small(point: Point) -> bool:
    """Whether it has small order: 1, 2, 4 or 8."""
    return is_identity(multiply(8, point))


def is_prime_order(point: Point) -> bool:
    """Whether it has order L: neither small order nor a component of small order."""
    return not is_identity(point) and is_identity(multiply(L, point))


def x_of(y: int) -> int | None:
    """One of the two x with this y, or nothing if there is none (RFC 8032, section 5.1.3)."""
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == u:
        return x
    if v * x * x % P == -u % P:
        return x * SQRT_M1 % P
    return None


def from_ed25519(encoded: bytes) -> Point | None:
    """The point of its canonical encoding; nothing for any other 32 bytes (PRM-6)."""
    number = int.from_bytes(encoded, "little")
    y, sign = number % 2**255, number >> 255
    x = x_of(y)
    if y >= P or x is None or (x == 0 and sign == 1):
        return None
    if x % 2 != sign:
        x = P - x
    return Point(x, y, 1, x * y % P)


def from_x25519(u: int) -> Point | None:
    """A point of edwards25519 for this u of curve25519, up to its sign; nothing if u is not on the curve (PRM-3)."""
    if u == P - 1:
        return None
    y = (u - 1) * pow(u + 1, -1, P) % P
    x = x_of(y)
    return None if x is None else Point(x, y, 1, x * y % P)

"""Numbers as bits: Elias gamma codes and Rice codes.

Source: Elias, "Universal codeword sets and representations of the integers" (1975); Rice & Plaunt,
"Adaptive variable-length coding" (1971). The script reads them (`script/bits.js`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

_SMALL = 4096
# Quotients of a Rice code from this on are written as this many ones and a gamma code of the rest.
LONGEST_UNARY = 24


def _gamma(number: int) -> str:
    bits = f"{number:b}"
    return "0" * (len(bits) - 1) + bits


_GAMMAS = [_gamma(number) if number else "" for number in range(_SMALL)]


def gamma(number: int) -> str:
    """The gamma code of a number from 1 on.

    >>> gamma(1), gamma(5)
    ('1', '00101')
    """
    return _GAMMAS[number] if number < _SMALL else _gamma(number)


def plain(number: int, width: int) -> str:
    """A number in so many bits."""
    return f"{number:0{width}b}" if width else ""


def rice(number: int, parameter: int) -> str:
    """The Rice code of a number from 0 on.

    >>> rice(5, 2)
    '1001'
    """
    quotient = number >> parameter
    rest = plain(number & ((1 << parameter) - 1), parameter)
    if quotient < LONGEST_UNARY:
        return f"{'1' * quotient}0{rest}"
    return f"{'1' * LONGEST_UNARY}{gamma(quotient - LONGEST_UNARY + 1)}{rest}"


def rice_parameter(span: int, count: int) -> int:
    """The parameter for `count` gaps that add up to `span`: the power of two below 0.69 times the mean."""
    return max(0, (span * 11 // (count * 16)).bit_length() - 1)


def ascending(numbers: Iterable[int], count: int, span: int) -> str:
    """The codes of `count` ascending numbers below `span`: the gaps between them."""
    parameter = rice_parameter(span, count)
    return "".join(rice(number - before - 1, parameter) for before, number in pairwise(_with_start(numbers)))


def _with_start(numbers: Iterable[int]) -> Iterator[int]:
    yield -1
    yield from numbers


def packed(bits: str) -> bytes:
    """The bits as bytes, filled up with zeros."""
    if not bits:
        return b""
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


class BitReader:
    """Reads what the functions of this module wrote; the reference for the script."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._at = 0

    def plain(self, width: int) -> int:
        """A number of so many bits."""
        self._at += width
        return int(self._bits[self._at - width : self._at] or "0", 2)

    def gamma(self) -> int:
        """A gamma code."""
        zeros = self._bits.index("1", self._at) - self._at
        self._at += zeros
        return self.plain(zeros + 1)

    def rice(self, parameter: int) -> int:
        """A Rice code."""
        quotient = 0
        while quotient < LONGEST_UNARY and self.plain(1):
            quotient += 1
        if quotient == LONGEST_UNARY:
            quotient += self.gamma() - 1
        return quotient << parameter | self.plain(parameter)

    def ascending(self, count: int, span: int) -> list[int]:
        """Ascending numbers."""
        parameter = rice_parameter(span, count)
        found, last = [], -1
        for _ in range(count):
            last += self.rice(parameter) + 1
            found.append(last)
        return found

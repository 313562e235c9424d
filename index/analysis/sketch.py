"""Sketches: of each article, what tells whether another one is a copy of it, or an issue of the same series.

Two articles are copies if they share 70% of their shingles (the Jaccard index of the sets; Broder 1997). A
shingle is five adjacent letters or digits of title and text, folded, without white space and punctuation;
tags don't count. A sketch estimates that share, whatever the length of the texts (standard error .02):

    hash of the title     8 bytes
    keys                  4 bytes each: hashes of three minima each. Copies have one in common, nearly always
                          (99.7% at a share of 70%), other articles hardly ever: few have to be compared
    minima                4 bits each: the lowest ones of the least hash value of all shingles, under each of
                          512 permutations (b-bit minwise hashing, Li and König 2010)

All in network byte order. An article with hardly any text has no sketch: it is nobody's copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from struct import Struct
from typing import Any

from index.analysis.grams import BOUNDARY
from index.packages import has_numpy

# Share of common shingles from which on articles are copies; letters of a shingle.
RESEMBLANCE = 0.7
SHINGLE = 5
# Letters of a text, and of a title, below which it tells nothing.
LEAST_TEXT, _LEAST_TITLE = 12, 2
MINIMA, BITS = 512, 4
KEYS, OF_A_KEY = 14, 3
_SEED = 1
# Minima that may differ: two unrelated ones are equal with probability 1/16.
_MOST_DIFFERENT = int(MINIMA * (1 - RESEMBLANCE) * (1 - 2**-BITS))
_EACH = int.from_bytes(b"\x11" * (MINIMA * BITS // 8))
FORM = Struct(f">Q{KEYS}I")
# Multiplier of a hash (Knuth's golden ratio).
GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1
# Between two texts: a code point that no folded text has.
BETWEEN = "\uffff"


def keys_of(sketch: bytes) -> tuple[int, ...]:
    """The hash of the title, 0 for one that tells nothing, and the keys; nothing of an article without a
    sketch."""
    return FORM.unpack_from(sketch) if sketch else ()


def resemble(one: bytes, other: bytes) -> bool:
    """True if the articles with these sketches are copies."""
    bits = int.from_bytes(one[FORM.size :]) ^ int.from_bytes(other[FORM.size :])
    bits |= bits >> 1
    bits |= bits >> 2
    return (bits & _EACH).bit_count() <= _MOST_DIFFERENT


def letters(separated: str) -> str:
    """The text that shingles are made of, from one that `grams.separate` made."""
    return separated.replace(" ", "").replace(BOUNDARY, "").replace("\n", "")


def sketches_of(texts: Sequence[tuple[str, str]]) -> list[bytes]:
    """The sketches of articles, given by the `letters` of title and text; empty for one without a sketch."""
    if not has_numpy():
        return [sketch_of(title, text) for title, text in texts]
    from index.analysis.bulk_sketch import (
        bulk_sketches_of,  # numpy is slow to import, and queries don't need it
    )

    return bulk_sketches_of(texts)


def sketch_of(title: str, text: str) -> bytes:
    """The sketch of an article, in Python alone."""
    if len(text) < LEAST_TEXT:
        return b""
    hashes = shingle_hashes(title + text)
    (row,) = minima(hashes, [0, len(hashes)])
    pairs = zip(row[::2], row[1::2], strict=True)
    low = 2**BITS - 1
    bits = bytes((first & low) << BITS | second & low for first, second in pairs)
    return FORM.pack(title_key(title), *_keys(row)) + bits


def title_key(title: str) -> int:
    """The hash of a title; 0 for one that tells nothing."""
    if len(title) < _LEAST_TITLE:
        return 0
    return int.from_bytes(blake2b(title.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def minima(hashes: Iterable[int], offsets: Sequence[int]) -> list[list[int]]:
    """The least hash values of the shingles of each text. `offsets` are those behind the hashes of each text,
    after 0."""
    from rensa import RMinHash  # type: ignore[import-untyped]

    matrix: Any = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, MINIMA, _SEED)
    rows: list[list[int]] = matrix.to_rows()
    return rows


def shingle_hashes(text: str) -> list[int]:
    """The hashes of the shingles of a text."""
    codes = [ord(character) for character in text]
    hashes = codes[: len(codes) - SHINGLE + 1]
    for shift in range(1, SHINGLE):
        mixed = [(h * GOLDEN + code) & _MASK for h, code in zip(hashes, codes[shift:], strict=False)]
        hashes = [h ^ h >> 29 for h in mixed]
    return hashes


def _keys(row: Sequence[int]) -> list[int]:
    keys: list[int] = []
    for number in range(KEYS):
        key = number
        for minimum in row[number * OF_A_KEY : (number + 1) * OF_A_KEY]:
            key = (key ^ minimum) * GOLDEN & _MASK
            key ^= key >> 32
        keys.append(key & 0xFFFFFFFF)
    return keys

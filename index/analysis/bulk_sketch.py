"""Hashes of shingles, keys and bits of many sketches at once with numpy, for indexing.

`sketch.py` is the reference; tests compare the sketches.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.analysis.sketch import (
    BETWEEN,
    BITS,
    FORM,
    GOLDEN,
    KEYS,
    LEAST_TEXT,
    MINIMA,
    OF_A_KEY,
    SHINGLE,
    minima,
    title_key,
)

# Texts that fit into the processor's cache together.
_AT_ONCE = 32


def bulk_sketches_of(texts: Sequence[tuple[str, str]]) -> list[bytes]:
    """As `sketch.sketches_of`."""
    made = [b""] * len(texts)
    numbers = [number for number, (_, text) in enumerate(texts) if len(text) >= LEAST_TEXT]
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        rows = _minima(["".join(texts[number]) for number in part])
        for number, keys, bits in zip(part, _keys(rows), _lowest_bits(rows), strict=True):
            made[number] = FORM.pack(title_key(texts[number][0]), *keys.tolist()) + bits.tobytes()
    return made


def _minima(texts: Sequence[str]) -> NDArray[np.uint32]:
    """The least hash values of the shingles of each text, a row each."""
    hashes, offsets = _shingle_hashes(texts)
    found = minima(hashes, offsets)
    rows = b"".join(array("I", row).tobytes() for row in found)  # numpy takes twice as long
    return np.frombuffer(rows, np.uint32).reshape(-1, MINIMA)


def _shingle_hashes(texts: Sequence[str]) -> tuple[NDArray[np.uint64], list[int]]:
    """The hashes of the shingles of all texts, and the offset behind those of each, after 0."""
    joined = BETWEEN.join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, np.uint32).astype(np.uint64)
    count = len(codes) - SHINGLE + 1
    hashes = codes[:count].copy()
    for shift in range(1, SHINGLE):
        hashes *= np.uint64(GOLDEN)
        hashes += codes[shift : shift + count]
        hashes ^= hashes >> np.uint64(29)
    is_whole = np.ones(count, np.bool_)
    lengths = np.array([len(text) for text in texts])
    ends = (lengths + 1).cumsum()[:-1] - 1  # of all texts but the last, with what stands between
    for shift in range(SHINGLE):
        is_whole[ends - shift] = False
    return hashes[is_whole], [0, *(lengths - SHINGLE + 1).cumsum().tolist()]


def _keys(rows: NDArray[np.uint32]) -> NDArray[np.uint32]:
    parts = rows[:, : KEYS * OF_A_KEY].astype(np.uint64).reshape(len(rows), KEYS, OF_A_KEY)
    keys = np.broadcast_to(np.arange(KEYS, dtype=np.uint64), parts.shape[:2]).copy()
    for part in range(OF_A_KEY):
        keys ^= parts[:, :, part]
        keys *= np.uint64(GOLDEN)
        keys ^= keys >> np.uint64(32)
    return keys.astype(np.uint32)


def _lowest_bits(rows: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The lowest bits of each minimum, two minima a byte."""
    low = (rows & np.uint32(2**BITS - 1)).astype(np.uint8).reshape(len(rows), -1, 8 // BITS)
    packed: NDArray[np.uint8] = low[:, :, 0]
    for part in range(1, 8 // BITS):
        packed = packed << np.uint8(BITS) | low[:, :, part]
    return packed

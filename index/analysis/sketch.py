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

from array import array
from collections.abc import Sequence
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, Any

from index.analysis.grams import BOUNDARY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Share of common shingles from which on articles are copies; letters of a shingle.
RESEMBLANCE = 0.7
SHINGLE = 5
# Letters of a text, and of a title, below which it tells nothing.
_LEAST_TEXT, _LEAST_TITLE = 12, 2
_MINIMA, _BITS = 512, 4
_KEYS, _OF_A_KEY = 14, 3
_SEED = 1
# Minima that may differ: two unrelated ones are equal with probability 1/16.
_MOST_DIFFERENT = int(_MINIMA * (1 - RESEMBLANCE) * (1 - 2**-_BITS))
_EACH = int.from_bytes(b"\x11" * (_MINIMA * _BITS // 8))
_FORM = Struct(f">Q{_KEYS}I")
# Texts that fit into the processor's cache together.
_AT_ONCE = 32
# Multiplier of a hash (Knuth's golden ratio).
_GOLDEN = 0x9E3779B97F4A7C15
# Between two texts: a code point that no folded text has.
_BETWEEN = "\uffff"


def keys_of(sketch: bytes) -> tuple[int, ...]:
    """The hash of the title, 0 for one that tells nothing, and the keys; nothing of an article without a
    sketch."""
    return _FORM.unpack_from(sketch) if sketch else ()


def resemble(one: bytes, other: bytes) -> bool:
    """True if the articles with these sketches are copies."""
    bits = int.from_bytes(one[_FORM.size :]) ^ int.from_bytes(other[_FORM.size :])
    bits |= bits >> 1
    bits |= bits >> 2
    return (bits & _EACH).bit_count() <= _MOST_DIFFERENT


def letters(separated: str) -> str:
    """The text that shingles are made of, from one that `grams.separate` made."""
    return separated.replace(" ", "").replace(BOUNDARY, "").replace("\n", "")


def sketches_of(texts: Sequence[tuple[str, str]]) -> list[bytes]:
    """The sketches of articles, given by the `letters` of title and text; empty for one without a sketch."""
    made = [b""] * len(texts)
    numbers = [number for number, (_, text) in enumerate(texts) if len(text) >= _LEAST_TEXT]
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        rows = _minima(["".join(texts[number]) for number in part])
        for number, keys, bits in zip(part, _keys(rows), _lowest_bits(rows), strict=True):
            title = _title_key(texts[number][0])
            made[number] = _FORM.pack(title, *keys.tolist()) + bits.tobytes()
    return made


def _title_key(title: str) -> int:
    if len(title) < _LEAST_TITLE:
        return 0
    return int.from_bytes(blake2b(title.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _minima(texts: Sequence[str]) -> NDArray[np.uint32]:
    """The least hash values of the shingles of each text, a row each."""
    import numpy as np
    from rensa import RMinHash  # type: ignore[import-untyped]

    hashes, offsets = _shingle_hashes(texts)
    matrix: Any = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, _MINIMA, _SEED)
    rows = b"".join(array("I", row).tobytes() for row in matrix.to_rows())  # numpy takes twice as long
    return np.frombuffer(rows, np.uint32).reshape(-1, _MINIMA)


def _shingle_hashes(texts: Sequence[str]) -> tuple[NDArray[np.uint64], list[int]]:
    """The hashes of the shingles of all texts, and the offset behind those of each, after 0."""
    import numpy as np

    joined = _BETWEEN.join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, np.uint32).astype(np.uint64)
    count = len(codes) - SHINGLE + 1
    hashes = codes[:count].copy()
    for shift in range(1, SHINGLE):
        hashes *= np.uint64(_GOLDEN)
        hashes += codes[shift : shift + count]
        hashes ^= hashes >> np.uint64(29)
    is_whole = np.ones(count, np.bool_)
    lengths = np.array([len(text) for text in texts])
    ends = (lengths + 1).cumsum()[:-1] - 1  # of all texts but the last, with what stands between
    for shift in range(SHINGLE):
        is_whole[ends - shift] = False
    return hashes[is_whole], [0, *(lengths - SHINGLE + 1).cumsum().tolist()]


def _keys(rows: NDArray[np.uint32]) -> NDArray[np.uint32]:
    import numpy as np

    parts = rows[:, : _KEYS * _OF_A_KEY].astype(np.uint64).reshape(len(rows), _KEYS, _OF_A_KEY)
    keys = np.broadcast_to(np.arange(_KEYS, dtype=np.uint64), parts.shape[:2]).copy()
    for part in range(_OF_A_KEY):
        keys ^= parts[:, :, part]
        keys *= np.uint64(_GOLDEN)
        keys ^= keys >> np.uint64(32)
    return keys.astype(np.uint32)


def _lowest_bits(rows: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The lowest bits of each minimum, two minima a byte."""
    import numpy as np

    low = (rows & np.uint32(2**_BITS - 1)).astype(np.uint8).reshape(len(rows), -1, 8 // _BITS)
    packed: NDArray[np.uint8] = low[:, :, 0]
    for part in range(1, 8 // _BITS):
        packed = packed << np.uint8(_BITS) | low[:, :, part]
    return packed

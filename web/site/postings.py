"""Terms → blocks of bits, in the order of their keys.

A block is a run of terms. Each starts with its key:

    1 step-1                        as the key before, its last character `step` further (Rice, 6)
    0 shared length characters…     the part shared with the key before (gamma, + 1), the rest (gamma)

then `1` for a gram of bodies alone, or `0` and five flags: grams, titles, words, units, frequency. Then, as
far as there are any: the frequency of a word in the dictionary (gamma); the articles (their number, then
gaps); which of them have it in the title; how often each has it. Words of two characters are told by what
they lack of the grams.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.analysis.document import TITLE_WEIGHT
from index.analysis.grams import END
from web.site.bits import ascending, gamma, packed, plain, rice
from web.site.terms import Counts, Postings

KEY_STEP = 6
# Bits of a block, from which on it ends: what a query loads of each pair, at least.
_BLOCK = 12_000


@dataclass(frozen=True, slots=True)
class Block:
    """A run of terms, from the key `first` on."""

    first: str
    data: bytes


def sort_key(key: str) -> bytes:
    """The order of keys: that of JavaScript's strings."""
    return key.encode("utf-16-be", "surrogatepass")


def blocks(postings: Postings, frequencies: Mapping[str, int]) -> Iterator[Block]:
    """The blocks of a segment. `frequencies` are those of the words that the dictionary has."""
    parts: list[str] = []
    size, first, before = 0, "", ""
    for key in sorted(postings.keys() | frequencies.keys(), key=sort_key):
        if not parts:
            first, before = key, ""
        bits = _key(key, before) + _term(key, postings, frequencies.get(key, 0))
        parts.append(bits)
        size += len(bits)
        before = key
        if size >= _BLOCK:
            yield Block(first, packed("".join(parts)))
            parts, size = [], 0
    if parts:
        yield Block(first, packed("".join(parts)))


def _key(key: str, before: str) -> str:
    new, old = sort_key(key), sort_key(before)
    codes = [new[at] << 8 | new[at + 1] for at in range(0, len(new), 2)]
    last = [old[at] << 8 | old[at + 1] for at in range(0, len(old), 2)]
    if len(codes) == len(last) and codes[:-1] == last[:-1]:
        return f"1{rice(codes[-1] - last[-1] - 1, KEY_STEP)}"
    shared = 0
    while shared < min(len(codes), len(last)) and codes[shared] == last[shared]:
        shared += 1
    return "".join(("0", gamma(shared + 1), gamma(len(codes) - shared), *map(_character, codes[shared:])))


def _character(code: int) -> str:
    """A UTF-16 unit: seven bits for ASCII and the end of a unit, which most keys have."""
    if code == ord(END):
        return "0" * 8
    return f"0{plain(code, 7)}" if code < 0x80 else f"1{plain(code, 16)}"


def _term(key: str, postings: Postings, frequency: int) -> str:
    body, title = postings.body.get(key), postings.title.get(key)
    words, units = postings.words.get(key), postings.units.get(key)
    in_title = title or postings.title_units.get(key)
    total = postings.documents
    if body and not (title or words or units or frequency):
        return f"1{_counted(body, total)}"
    flags = "".join("01"[bool(each)] for each in (body or title, in_title, words, units, frequency))
    made = f"0{flags}{gamma(frequency) if frequency else ''}"
    if body or title:
        made += _gram(body, title, words, total) if title or words else _counted(body or (), total)
    elif units:
        made += gamma(len(units)) + ascending(units, len(units), total)
        if in_title:
            ranks = _ranks(units, set(in_title))
            made += gamma(len(ranks)) + ascending(ranks, len(ranks), len(units))
        if words:
            having = _pairs(words)
            made += "".join(gamma(having.get(number, 0) + 1) for number in units)
    elif words:
        made += _counted(words, total)
    return made


def _counted(counts: Counts[int] | Sequence[int], total: int) -> str:
    """Articles, and how often each has the term."""
    numbers = counts[::2]
    return gamma(len(numbers)) + ascending(numbers, len(numbers), total) + "".join(map(gamma, counts[1::2]))


def _gram(body: Counts[int] | None, title: Counts[int] | None, words: Counts[int] | None, total: int) -> str:
    """A gram that titles have, too, or that is a word."""
    in_body, in_title = _pairs(body), _pairs(title)
    numbers = sorted({*in_body, *in_title})
    made = [gamma(len(numbers)), ascending(numbers, len(numbers), total)]
    if in_title:
        ranks = _ranks(numbers, in_title)
        made += (gamma(len(ranks)), ascending(ranks, len(ranks), len(numbers)))
    for number in numbers:
        if number in in_title:
            made += (gamma(in_title[number]), gamma(in_body.get(number, 0) + 1))
        else:
            made.append(gamma(in_body[number]))
    if words:
        as_words = _pairs(words)
        lacking = [
            max(0, in_body.get(number, 0) + TITLE_WEIGHT * in_title.get(number, 0) - as_words.get(number, 0))
            for number in numbers
        ]
        made.append("01"[any(lacking)])
        if any(lacking):
            made += [gamma(each + 1) for each in lacking]
    return "".join(made)


def _ranks(numbers: Iterable[int], chosen: Container[int]) -> list[int]:
    """Which of the numbers are among the chosen ones, counted from 0."""
    return [rank for rank, number in enumerate(numbers) if number in chosen]


def _pairs(counts: Counts[int] | None) -> dict[int, int]:
    return dict(zip(counts[::2], counts[1::2], strict=True)) if counts else {}

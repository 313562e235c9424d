"""Grams and units of many texts at once with numpy, four times faster than `grams.py`, for indexing.

`separate`, `units` and `text_grams` there are the reference; tests compare the tokens. Here the texts are one
array of code points, and lookup tables, filled as characters are met, give the replacement of each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.analysis.grams import (
    BOUNDARY,
    DIGIT,
    END,
    JOINED,
    LETTER,
    SEPARATED,
    add_boundaries,
    text_grams,
    units,
)
from index.analysis.numbers import joined_numbers
from index.analysis.words import LONGEST

_Codes = NDArray[np.uint32]
_Offsets = NDArray[np.intp]

# Text length in characters below which plain Python is faster.
_FEW = 60
# Length in characters at which a long text is cut even within a sentence.
_MOST = 2_000_000
_CUT = re.compile("[\n。！？；：，、](?=[0-9A-Za-z\u4e00-\u9fff])")
# Separator of two texts: a code point that is no character. Inside a text it folds to nothing.
_BETWEEN = "\uffff"
_CODE_POINTS = 0x110000
_SPACE, _BOUNDARY, _END, _EDGE, _POINT, _X = map(ord, (" ", BOUNDARY, END, _BETWEEN, ".", "x"))
# Replacement of each code point. Two values above all code points mean: not met yet, and not one character.
_UNMET, _RESIZED = 0xFFFFFFFF, 0xFFFFFFFE
_separated: _Codes = np.full(_CODE_POINTS, _UNMET, np.uint32)
_separated[_EDGE] = _EDGE
# Kind of each code point of a separated text: nothing, a unit, or a part of a unit.
_NOTHING, _WHOLE, _LETTER, _NUMBER, _TIMES, _JOINED, _UNKNOWN = range(7)
_kinds: NDArray[np.uint8] = np.full(_CODE_POINTS, _UNKNOWN, np.uint8)
_is_letter, _is_digit, _is_joined = (re.compile(part).match for part in (LETTER, DIGIT, f"[{JOINED}]"))


@dataclass(frozen=True, slots=True)
class TextGrams:
    """A text as given by `grams.separate`, its grams in order and its distinct units, joined by spaces."""

    separated: str
    grams: str
    units: str


def text_grams_of(texts: Sequence[str], longest: int = LONGEST) -> list[TextGrams]:
    """Grams and units of texts to index.

    >>> text_grams_of(["放管服3.7。"])
    [TextGrams(separated='放管服3.7 | ', grams='放管 管服 服3.7· 3.7·|', units='放 服 管 3.7·')]
    """
    slices = [cut_long(text, longest) for text in texts]
    if all(len(parts) == 1 for parts in slices):
        return [made.grams for made in _made_of(texts)]
    return [_joined([_made_of([part])[0] for part in parts]) for parts in slices]


def cut_long(text: str, longest: int = LONGEST) -> list[str]:
    """Splits a text over twice `longest` characters into slices, each cut behind a boundary; a shorter
    text is one slice.

    This bounds memory (gigabytes otherwise) and the time per character. Where two million characters have
    no punctuation, a phrase across the cut is not found.
    """
    cuts = [0]
    while len(text) - cuts[-1] > 2 * longest:
        found = _CUT.search(text, cuts[-1] + longest, cuts[-1] + _MOST)
        cuts.append(found.end() if found else min(len(text), cuts[-1] + _MOST))
    return [text[start:end] for start, end in pairwise([*cuts, len(text)])]


@dataclass(frozen=True, slots=True)
class _Made:
    """Grams of a text, and the gram of the boundary before it."""

    before: str
    grams: TextGrams


def _joined(slices: list[_Made]) -> TextGrams:
    """Merges the grams of the slices of one text."""
    told = [made for made in slices if made.grams.grams]
    grams = [part for made in told for part in (made.before, made.grams.grams)]
    units = dict.fromkeys(unit for made in told for unit in made.grams.units.split(" "))
    if len(told) > 1:
        units[BOUNDARY] = None
    return TextGrams("".join(made.grams.separated for made in slices), " ".join(grams[1:]), " ".join(units))


def _made_of(texts: Sequence[str]) -> list[_Made]:
    raw = _BETWEEN.join(text.replace(_BETWEEN, "") for text in texts)
    translated = _separate(raw)
    separated = add_boundaries(translated).split(_BETWEEN)
    numbers = [joined_numbers(text) for text in translated.split(_BETWEEN)]
    trimmed = _BETWEEN.join(text.strip(f" {BOUNDARY}") for text in separated)
    codes = _encode(f"{_BETWEEN}{trimmed}{_BETWEEN}")
    kinds = _kinds_of(codes)
    if kinds.max() == _JOINED:  # kana and hangul are rare enough
        return list(map(_one_by_one, separated, numbers))
    if "×" in trimmed:
        codes = np.where(kinds == _TIMES, np.uint32(_X), codes)
    # A full stop before a letter is a sign by itself.
    kinds[:-1][(codes[:-1] == _POINT) & (kinds[1:] == _LETTER)] = _WHOLE
    # A run of letters, or a number, goes on where a code point is of the kind of the one before.
    in_run = kinds >= _LETTER
    continues = in_run.copy()
    continues[1:] &= kinds[1:] == kinds[:-1]
    starts = np.flatnonzero((kinds != _NOTHING) & ~continues)
    heads = codes[starts]
    is_run = in_run[starts]
    edges = np.flatnonzero(heads == _EDGE)
    pairs = _pairs(np.where(heads == _EDGE, np.uint32(_BOUNDARY), heads), is_run)
    runs = _runs(codes[in_run], continues[in_run])
    runs_before = np.append(0, is_run.cumsum())[edges].tolist()
    return [
        _made(text, pairs[3 * left : 3 * right - 1], runs[first:last], singles, more)
        for text, (left, right), (first, last), singles, more in zip(
            separated,
            pairwise(edges.tolist()),
            pairwise(runs_before),
            _distinct(np.where(is_run, np.uint32(_SPACE), heads), edges),
            numbers,
            strict=True,
        )
    ]


def _made(text: str, pairs: str, runs: list[str], singles: str, numbers: Sequence[str]) -> _Made:
    """Grams and units of one text. The pairs are its grams behind that of the boundary before; each run
    stands in them twice: as the second unit, and as the first."""
    if runs:
        parts = pairs.split(_BETWEEN)
        spelled = [""] * (4 * len(runs) + 1)
        spelled[::2] = parts
        spelled[1::4] = spelled[3::4] = runs
        pairs = "".join(spelled)
    before, _, grams = pairs.partition(" ")
    units = (singles + " ".join(dict.fromkeys([*runs, *numbers]))).rstrip()
    return _Made(before, TextGrams(text, grams, units))


def _one_by_one(separated: str, numbers: Sequence[str]) -> _Made:
    found = units(separated)
    before = BOUNDARY + found[0] if found else ""
    return _Made(before, TextGrams(separated, text_grams(found), " ".join(dict.fromkeys([*found, *numbers]))))


def _pairs(heads: _Codes, is_run: NDArray[np.bool_]) -> str:
    """Each unit with the next one, then a space; a run is one code point, `_BETWEEN`."""
    pairs = np.full((len(heads), 3), _SPACE, np.uint32)
    pairs[:, 0] = np.where(is_run, np.uint32(_EDGE), heads)
    pairs[:-1, 1] = pairs[1:, 0]
    return _decode(pairs)


def _runs(codes: _Codes, continues: NDArray[np.bool_]) -> list[str]:
    """Runs of letters and numbers, each with its end sign, of their code points one after the other."""
    text = _decode(codes)
    bounds = [*np.flatnonzero(~continues).tolist(), len(text)]
    return [text[start:end] + END for start, end in pairwise(bounds)]


def _distinct(units: _Codes, edges: _Offsets) -> list[str]:
    """Distinct units of each text that are not spaces, each followed by a space."""
    of_text = np.arange(len(edges) - 1, dtype=np.uint64).repeat(np.diff(edges))
    keys = (of_text << np.uint64(32)) | units[edges[0] : edges[-1]]
    keys.sort()
    keys = keys[np.append(True, keys[1:] != keys[:-1])]
    codes = keys.astype(np.uint32)
    wanted = (codes != _SPACE) & (codes != _EDGE)
    spaced = np.full((int(wanted.sum()), 2), _SPACE, np.uint32)
    spaced[:, 0] = codes[wanted]
    text = _decode(spaced)
    counts = np.bincount((keys[wanted] >> np.uint64(32)).astype(np.intp), minlength=len(edges) - 1)
    return [text[2 * start : 2 * stop] for start, stop in pairwise([0, *counts.cumsum().tolist()])]


def _separate(text: str) -> str:
    """Translates like `str.translate` with `grams.SEPARATED`, but keeps the separators of texts."""
    codes = _encode(text)
    made = _separated.take(codes)
    if made.max(initial=0) < _RESIZED:
        return _decode(made)
    for character in set(_decode(codes[made == _UNMET])):
        replacement = SEPARATED[ord(character)]
        _separated[ord(character)] = ord(replacement) if len(replacement) == 1 else _RESIZED
    made = _separated.take(codes)
    resized = made == _RESIZED
    # They stay for now: none of them stands in a text that is translated.
    text = _decode(np.where(resized, codes, made))
    for character in set(_decode(codes[resized])):
        text = text.replace(character, SEPARATED[ord(character)])
    return text


def accelerate_folding() -> None:
    """Switches `grams.SEPARATED` to numpy for the rest of the process, which speeds up highlighting."""
    SEPARATED.apply = _apply
    SEPARATED.apply_all = _apply_all


def _apply_all(texts: Sequence[str]) -> list[str]:
    joined = _BETWEEN.join(texts)
    if not texts or joined.count(_BETWEEN) >= len(texts):
        return list(map(_apply, texts))
    return _separate(joined).split(_BETWEEN)


def _apply(text: str) -> str:
    return text.translate(SEPARATED) if len(text) < _FEW or _BETWEEN in text else _separate(text)


def _kinds_of(codes: _Codes) -> NDArray[np.uint8]:
    kinds = _kinds.take(codes)
    if kinds.max(initial=0) == _UNKNOWN:
        for character in set(_decode(codes[kinds == _UNKNOWN])):
            _kinds[ord(character)] = _kind(character)
        kinds = _kinds.take(codes)
    return kinds


def _kind(character: str) -> int:
    if character == " ":
        return _NOTHING
    if character == "." or _is_digit(character):  # other full stops are boundaries by now
        return _NUMBER
    if _is_joined(character):
        return _JOINED
    if character == "×":
        return _TIMES
    return _LETTER if _is_letter(character) else _WHOLE


def _encode(text: str) -> _Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _decode(codes: _Codes) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")

"""Did you mean: corrections of a query that finds few articles or none.

Only the faulty texts are replaced. Operators, quotation marks, fields and exclusions stay as typed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from index.analysis.fold import fold
from index.store.reader import OpenIndex
from search.assist.budget import MeteredIndex
from search.assist.corrections import Candidate, corrections
from search.assist.notations import notations
from search.assist.pinyin import readings
from search.deadline import Deadline
from search.query.grammar import SEARCHED_FIELDS
from search.query.outline import Group, Leaf, Outline

# A text of a query that fewer articles have may have an error.
_FEW = 10
# Characters of a query over which, as with a quoted one, a single article that has all of it shows that it
# is as it was meant.
_LONG = 12
# Characters of a query over which one with results was pasted, and has no other notation either.
_PASTED = 24
# Texts of a query that are looked at, and corrections of one that are tried.
_MOST_TEXTS = 8
# Other notations that are counted for a query.
_MOST_NOTATIONS = 12
_TRIED = 3

# The score of another notation, which need not be in more articles than what was typed.
_NOTATION = math.inf

# How many articles have all that a query asks for and pass the named ones of the search's filters.
Count = Callable[[str, frozenset[str]], int]
NO_FILTERS: frozenset[str] = frozenset()
# The words of the index that letters stand for, the best first.
Spelt = Callable[[str], list[str]]
# Groups of digits, which may be a number.
_SPACED_NUMBER = re.compile(r"(?=(?: ?\d){7,20}\Z)\d+(?: \d+){1,5}")
_LETTERS = re.compile("[a-z]{3,40}")


@dataclass(frozen=True, slots=True)
class Correction:
    """A suggested query, and its number of full matches."""

    query: str
    total: int


@dataclass(frozen=True, slots=True)
class _Text:
    """A text in a logical field, with its offsets in the query, and the query for it alone."""

    field: str
    start: int
    end: int
    alone: str


def did_you_mean(
    typed: str,
    tree: Outline | None,
    index: OpenIndex,
    count: Count,
    spelt: Spelt,
    filters: frozenset[str],
    found: int,
    deadline: Deadline,
) -> tuple[Correction, ...]:
    """The likeliest corrections of a query with `found` full matches, the best first, at most three: those
    that are found before the deadline, which is checked between look-ups.

    A query that seems right (long or quoted, with results) gets only other notations, a pasted one nothing.
    """
    if found and len(typed) > _PASTED:
        return ()
    is_meant = found > 0 and (len(typed) > _LONG or _is_quoted(tree))
    made: dict[str, Correction] = {}
    if _SPACED_NUMBER.fullmatch(typed) and (total := count(joined := typed.replace(" ", ""), filters)):
        made[joined] = Correction(joined, total)
    metered = MeteredIndex(index, typed, deadline, is_found=found > 0)
    for attempt in _attempts(typed, tree, metered, count, spelt, is_meant=is_meant):
        corrected = typed
        for text, right in sorted(attempt, key=lambda one: -one[0].start):
            corrected = corrected[: text.start] + right.text + corrected[text.end :]
        least = 1 if all(right.score == _NOTATION for _, right in attempt) else found + 1
        if corrected not in made and (total := count(corrected, filters)) >= least:
            made[corrected] = Correction(corrected, total)
        if len(made) == _TRIED or deadline.is_over:
            break
    return tuple(made.values())


def _attempts(
    typed: str,
    tree: Outline | None,
    index: MeteredIndex,
    count: Count,
    spelt: Spelt,
    *,
    is_meant: bool,
) -> Iterator[list[tuple[_Text, Candidate]]]:
    """Corrections to try: of all faulty texts together, then of each one; of a single text, also the next
    best."""
    firsts: list[tuple[_Text, Candidate, Iterator[Candidate]]] = []  # and what comes after the first
    notations_left = _MOST_NOTATIONS
    for text in islice(_texts(typed, tree), _MOST_TEXTS):
        if index.is_spent:
            break
        if (there := count(text.alone, NO_FILTERS)) < _FEW:
            part = typed[text.start : text.end]
            alike = notations(part)[:notations_left]
            notations_left -= len(alike)
            found = chain(
                _other_notations(index, text, part, alike, there, count),
                () if is_meant else _candidates(index, text.field, part, there, spelt),
            )
            firsts += [(text, first, found) for first in islice(found, 1)]
    if firsts:
        yield [(text, first) for text, first, _ in firsts]
    if len(firsts) > 1:
        yield from ([(text, first)] for text, first, _ in firsts)
    elif firsts:
        ((text, _, others),) = firsts
        yield from ([(text, other)] for other in islice(others, _TRIED - 1))


def _candidates(index: MeteredIndex, field: str, text: str, there: int, spelt: Spelt) -> Iterator[Candidate]:
    """Words whose pinyin is a text of letters that no article has; then corrections."""
    letters = fold(text)
    if not there and _LETTERS.fullmatch(letters):
        yield from (Candidate(word, 0.0) for word in islice(spelt(letters), _TRIED))
    if not text.isascii():
        with index.deadline.paused():  # loading is no work of this query
            readings().load()
    yield from corrections(index, field, text, there)


def _other_notations(
    index: MeteredIndex, text: _Text, part: str, others: Iterable[str], there: int, count: Count
) -> Iterator[Candidate]:
    """Other notations of a text that more articles have, the most frequent first."""
    queries = {other: text.alone.replace(part, other) for other in others}
    counted = {other: count(alone, NO_FILTERS) for other, alone in queries.items() if not index.is_spent}
    for other in sorted(filter(counted.get, counted), key=lambda other: -counted[other]):
        if count(f"({text.alone}) OR ({queries[other]})", NO_FILTERS) > there:
            yield Candidate(other, _NOTATION)


def _is_quoted(tree: Outline | None) -> bool:
    return isinstance(tree, Leaf) and tree.kind == "phrase"


def _texts(typed: str, node: Outline | None) -> Iterator[_Text]:
    """Texts of the query that are not excluded, in the order typed."""
    match node:
        case Group():
            for child in node.children:
                yield from _texts(typed, child)
        case Leaf(kind="word" | "prefix" | "phrase", span=(start, end)) if node.field in SEARCHED_FIELDS:
            yield from _texts_of_leaf(typed, node, start, end)


def _texts_of_leaf(typed: str, leaf: Leaf, start: int, end: int) -> Iterator[_Text]:
    name, text = leaf.prefix, leaf.text
    if leaf.kind != "phrase":
        yield _Text(leaf.field, start, start + len(text), f"{name}{typed[start:end]}")
    elif not leaf.slop:
        yield _Text(leaf.field, start + 1, start + 1 + len(text), f'{name}"{text}"')
    else:
        for word in re.finditer(r"\S+", text):
            begin = start + 1
            yield _Text(leaf.field, begin + word.start(), begin + word.end(), f'{name}"{word[0]}"')

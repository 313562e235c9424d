"""Units → trees that an engine compiles: the documents with a sequence of units, and their combinations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, zip_longest

from whoosh import query

from index.analysis.grams import BOUNDARY, END, phrase_grams
from index.engines.nodes import GramPhrase, TermSet
from search.query.grammar import DEFAULT_FIELD

# The fields that a logical field stands for.
SEARCHED = {DEFAULT_FIELD: ("title", "body"), "title": ("title",), "body": ("body",)}

# Grams that the unfinished ones of one phrase may stand for: what OpenSearch lists of one shard. tantivy
# takes 16,384, for half a second.
_MAX_NEIGHBOURS = 1_000
# Terms of which any will do, from which on they are looked up at once.
_MANY_TERMS = 40

# `Engine.terms`: the tokens of a field that start so, with their document frequencies.
Expand = Callable[[str, str], list[tuple[str, int]]]


def match_units(name: str, units: Sequence[str]) -> query.Query:
    """The documents with these units, adjacent, in one of the fields that `name` stands for."""
    return any_of([units_in(field, units) for field in SEARCHED[name]])


def match_any(words: Iterable[tuple[str, tuple[str, ...]]]) -> list[query.Query]:
    """What together are the documents with at least one of these words, each with its logical field.

    Of many, those of one or two units are looked up at once: that is far cheaper than one by one.
    """
    parts = [
        part
        for name, units in dict.fromkeys(words)
        for part in (units_in(field, units) for field in SEARCHED[name])
    ]
    terms = [part for part in parts if isinstance(part, query.Term)]
    if len(terms) < _MANY_TERMS:
        return parts
    by_field: dict[str, list[str]] = {}
    for term in terms:
        by_field.setdefault(term.fieldname, []).append(term.text)
    looked_up = [TermSet(field, tuple(dict.fromkeys(texts))) for field, texts in by_field.items()]
    return [*looked_up, *(part for part in parts if isinstance(part, GramPhrase))]


def match_open(
    name: str, units: Sequence[str], terms: Expand, limit: int
) -> tuple[query.Query, dict[str, int]]:
    """The documents with these units, the last of which may be unfinished if it is of letters or digits.

    Where too many pairs of units start as the last two do, the last is one of the `limit` most frequent words
    that start so: all of them, with their frequencies, are the second of the pair.
    """
    if not units:
        return query.NullQuery, {}
    *head, last = units
    if not last.endswith(END):
        return match_units(name, units), {}
    stem = last.removesuffix(END)
    fields = SEARCHED[name]
    if not head:
        return any_of([query.Prefix(f"{field}_units", stem) for field in fields]), {}
    pair, offset = head[-1] + stem, len(head) - 1
    if offset == 0:
        return any_of([query.Prefix(f"{field}_grams", pair) for field in fields]), {}
    if all(len(terms(f"{field}_grams", pair)) <= _MAX_NEIGHBOURS for field in fields):
        grams = (*phrase_grams(head), (offset, pair))
        unfinished = frozenset([offset])
        return any_of([GramPhrase(f"{field}_grams", grams, unfinished=unfinished) for field in fields]), {}
    counts: Counter[str] = Counter()
    for field in fields:
        counts.update(dict(terms(f"{field}_units", stem)))
    return any_found([match_units(name, [*head, unit]) for unit, _ in counts.most_common(limit)]), counts


def units_in(field: str, units: Sequence[str]) -> query.Query:
    """The documents with these units, adjacent, in one field."""
    if len(units) == 1:
        return query.Term(f"{field}_units", units[0])
    if len(units) == 2:
        return query.Term(f"{field}_grams", units[0] + units[1])
    return GramPhrase(f"{field}_grams", phrase_grams(units))


def near(field: str, groups: list[list[str]], slop: int, terms: Expand) -> tuple[query.Query, bool]:
    """Each word, and each but the first at most `slop` units from where it would follow the one before.

    The distance is between the grams that the words start with. Where those of words of one unit are too
    many, it is not asked for: the second of the pair says whether it always is.
    """
    parts = [units_in(field, group) for group in groups]
    grams_field = f"{field}_grams"
    for left, right in pairwise(groups):
        words = {0: left, len(left): right}
        unfinished = frozenset(offset for offset, word in words.items() if len(word) == 1)
        if sum(len(terms(grams_field, words[offset][0])) for offset in unfinished) <= _MAX_NEIGHBOURS:
            grams = tuple((offset, "".join(word[:2])) for offset, word in words.items())
            parts.append(GramPhrase(grams_field, grams, slop=slop, unfinished=unfinished))
    return all_of(parts), len(parts) == 2 * len(groups) - 1


def text_of(units: Sequence[str], glue: str = " ") -> str:
    """Units as a person would write them, with `glue` between runs of letters, and between numbers."""
    text = ""
    for unit, following in zip_longest(units, units[1:], fillvalue=""):
        if unit == BOUNDARY:
            # A point between digits would make one number of them: 12:30 is not 12.30.
            text += ":" if text[-1:].isdecimal() and following[:1].isdecimal() else "."
            continue
        alike = str.isdecimal if unit[0].isdecimal() else str.isalpha
        if unit.endswith(END) and text[-1:].isascii() and alike(text[-1:]):
            text += glue
        text += unit.removesuffix(END)
    return text


def scored(match: query.Query, scores: Sequence[query.Query]) -> query.Query:
    """The documents of `match`, with the scores of `scores` and no others."""
    silent = query.ConstantScoreQuery(match, 0.0)
    return query.AndMaybe(silent, any_of(list(scores))) if scores else silent


def all_of(nodes: list[query.Query]) -> query.Query:
    return nodes[0] if len(nodes) == 1 and not isinstance(nodes[0], query.Not) else query.And(nodes)


def any_found(found: list[query.Query]) -> query.Query:
    """The documents of any of the nodes found; of none there are none (which is not nothing asked for)."""
    return any_of(found) if found else query.Not(query.Every())


def any_of(nodes: list[query.Query]) -> query.Query:
    if not nodes:
        return query.NullQuery
    return nodes[0] if len(nodes) == 1 else query.Or(nodes)

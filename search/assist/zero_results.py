"""Reasons why a search has no results: the number of articles for each part and filter, and for the query
without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.analysis import Analyzer
from index.analysis.grams import END
from search.assist.spelling import NO_FILTERS, Count
from search.query.outline import Excluded, Group, Leaf, Outline
from search.query.words import query_words

# A query of more parts is a sentence: no single one of its words is to blame.
_MOST_PARTS = 6
# Nor is one of a passage: what is counted are up to so many characters.
_MOST_CHARACTERS = 1500
_NOT = re.compile(r"(?:NOT(?:\s+|(?=[(\"]))|[-!－！])(?=\S)")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query: `kind` is `text`, `excluded`, or the name of a filter: `category`, `-category`, and
    so on, `date`.

    `total` counts the articles of the whole archive that match the part alone. `rest` is the query without
    it, and `rest_total` counts the articles that match all of the rest, filters included.
    """

    kind: str
    text: str
    total: int
    rest: str
    rest_total: int


@dataclass(frozen=True, slots=True)
class ZeroResults:
    """The parts of a search without results. `unfiltered` is its number of articles without filters."""

    parts: tuple[Part, ...]
    unfiltered: int


@dataclass(frozen=True, slots=True)
class _Conjunct:
    """A condition of a query, as `text`; `asked` is the part that is counted: of an exclusion, the
    excluded text."""

    text: str
    asked: str
    is_excluded: bool = False


def explain_zero_results(
    typed: str, tree: Outline | None, analyzer: Analyzer, count: Count, filters: dict[str, str]
) -> ZeroResults:
    """The parts of a query that no article matches. `filters` are the values of the active ones by name.

    At most 6 × 2 texts, 7 × 2 filters and 1 are counted; no texts of a query of hundreds of characters.
    """
    active = frozenset(filters)
    parts: list[Part] = []
    texts = _conjuncts(typed, tree, analyzer)
    if len(texts) > _MOST_PARTS or len(texts) * len(typed) > _MOST_CHARACTERS:
        texts = []
    for number, one in enumerate(texts):
        rest = " ".join(other.text for other in (*texts[:number], *texts[number + 1 :]))
        total = count(one.asked, NO_FILTERS)
        rest_total = count(rest, active) if rest or active else 0
        parts.append(Part("excluded" if one.is_excluded else "text", one.asked, total, rest, rest_total))
    for name, value in filters.items():
        total = count("", frozenset([name]))
        parts.append(Part(name, value, total, typed, count(typed, active - {name})))
    return ZeroResults(tuple(parts), count(typed, NO_FILTERS) if filters else 0)


def _conjuncts(typed: str, tree: Outline | None, analyzer: Analyzer) -> list[_Conjunct]:
    """The conditions of a query, each as it was typed; of one text without spaces, its words."""
    nodes = list(_operands(tree)) if tree is not None else []
    if len(nodes) == 1 and not isinstance(nodes[0], Excluded):
        return [_Conjunct(text, text) for text in _words(nodes[0], typed, analyzer)]
    spans = [node.span for node in nodes if node.span is not None]
    if not nodes or len(spans) < len(nodes):
        return []
    # What stands between two spans, as field names and parentheses do, belongs to one of them: spaces part
    # them.
    cuts = [0]
    for _, end in spans[:-1]:
        cuts.append(end + len(re.split(r"\s", typed[end:], maxsplit=1)[0]))
    ends = [*cuts[1:], len(typed)]
    parts = [
        re.sub(r"^AND(?:\s+|(?=[(\"]))", "", typed[a:b].strip()) for a, b in zip(cuts, ends, strict=True)
    ]
    if not all(map(_is_balanced, parts)):  # parentheses around several, with the field of all: title:(a b)
        parts = [_written(node, typed) for node in nodes]
    return [_conjunct(node, part, typed) for node, part in zip(nodes, parts, strict=True)]


def _conjunct(node: Outline, text: str, typed: str) -> _Conjunct:
    if not isinstance(node, Excluded):
        return _Conjunct(text, text)
    sign = _NOT.match(text)
    return _Conjunct(text, text[sign.end() :] if sign else _written(node.part, typed), is_excluded=True)


def _is_balanced(text: str) -> bool:
    outside = re.sub(r'"[^"]*"', "", text)
    return sum(map(outside.count, "(（")) == sum(map(outside.count, ")）"))


def _written(node: Outline, typed: str) -> str:
    """A part of the query, its leaves as they were typed."""
    match node:
        case Group():
            sign = " OR " if node.is_or else " "
            return f"({sign.join(_written(child, typed) for child in node.children)})"
        case Excluded():
            return f"-{_written(node.part, typed)}"
        case Leaf(field="date" | "added"):
            return f'{node.prefix}"{node.text}"' if " " in node.text else f"{node.prefix}{node.text}"
    start, end = node.span or (0, 0)
    return f"{node.prefix}{typed[start:end]}"


def _operands(node: Outline) -> Iterator[Outline]:
    if isinstance(node, Group) and not node.is_or and node.boost == 1.0:
        for child in node.children:
            yield from _operands(child)
    else:
        yield node


def _words(node: Outline, typed: str, analyzer: Analyzer) -> list[str]:
    if not (isinstance(node, Leaf) and node.kind == "word"):
        return [typed.strip()] if typed.strip() else []
    groups = dict.fromkeys(map(tuple, query_words(analyzer, node.text)))
    return [node.prefix + "".join(unit.removesuffix(END) for unit in group) for group in groups]

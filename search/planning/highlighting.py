"""Resolved tree → terms to highlight in the articles found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from index.analysis.grams import BOUNDARY, END
from search.planning.plan import HighlightTerm
from search.query import nodes
from search.query.nodes import UnitSequence


def highlight_terms(tree: nodes.Node) -> tuple[HighlightTerm, ...]:
    """Terms to highlight, each once. Excluded parts, dates, authors and categories have none."""
    return tuple(dict.fromkeys(_terms(tree)))


def _terms(node: nodes.Node) -> Iterator[HighlightTerm]:
    match node:
        case nodes.All() | nodes.AnyOf():
            for child in node.children:
                yield from _terms(child)
            if isinstance(node, nodes.All) and node.run:
                yield _whole(node.run.units, node.run.fields)
        case nodes.Text():
            if len(node.words) > 1 and BOUNDARY not in node.units:
                yield _whole(node.units, node.fields)
            yield from _words(node.words, node.fields)
            for alternatives in node.alternatives:
                yield from _words(alternatives.forms, node.fields)
        case nodes.Phrase() if node.words:
            for word in node.words:
                yield HighlightTerm(word, node.fields, float(len(word)))
        case nodes.Phrase():
            yield _whole(node.units, node.fields)
        case nodes.Prefix():
            yield HighlightTerm(node.units, node.fields, float(len(node.units)), is_prefix=True)
        case nodes.Pattern():
            for unit in node.units:
                yield HighlightTerm((unit,), node.fields, float(len(unit)))


def _whole(units: UnitSequence, fields: tuple[str, ...]) -> HighlightTerm:
    """Several words as one term, with more weight than each of them."""
    return HighlightTerm(units, fields, 2.0 * len(units))


def _words(words: Sequence[UnitSequence], fields: tuple[str, ...]) -> Iterator[HighlightTerm]:
    """Words; single characters only if there is nothing longer: 的 is everywhere."""
    longer = [word for word in words if len(word) > 1 or word[0].endswith(END)]
    for word in longer or words:
        yield HighlightTerm(word, fields, float(len(word)))

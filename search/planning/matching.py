"""Resolved tree → matching documents: full matches, and partial ones.

Grams decide what matches: any substring is found, whether or not the dictionary knows it. The trees made
here are what engines compile (`whoosh.query` and `index/engines/nodes.py`), and give no scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeGuard

from whoosh import query

from index.analysis import Analyzer
from index.analysis.grams import END, phrase_grams
from index.engines.nodes import GramPhrase, TermSet
from search.query import nodes
from search.query.grammar import SEARCHED_FIELDS
from search.query.words import is_compound, partial_words

# Terms of which any will do, from which on they are looked up at once.
_MANY_TERMS = 40


def strict(node: nodes.Node) -> query.Query:
    """Full matches: documents with everything that was asked for."""
    match node:
        case nodes.All():
            return all_of(_distinct(map(strict, node.children)))
        case nodes.AnyOf():
            return any_of(_distinct(map(strict, node.children)))
        case nodes.Not():
            return query.Not(strict(node.node))
        case nodes.Text():
            return all_of(_distinct(match_alternatives(node.field, each) for each in node.alternatives))
        case nodes.Phrase() if node.words:
            return any_of([_near(field, node) for field in node.fields])
        case nodes.Phrase():
            return match_units(node.field, node.units)
        case nodes.Prefix():
            return match_prefix(node.field, node.units, node.endings)
        case nodes.Pattern():
            return any_of([TermSet(f"{field}_units", node.units) for field in node.fields])
        case nodes.FieldValue():
            return (query.Prefix if node.is_prefix else query.Term)(node.field, node.key)
        case nodes.Dates():
            return query.NumericRange("date", node.start, node.end, endexcl=True)
        case nodes.CameIn():
            some = TermSet("id", node.ids)
            return query.And([query.Every(), query.Not(some)]) if node.is_rest else some


def relaxed(tree: nodes.Node, analyzer: Analyzer) -> query.Query | None:
    """Partial matches: documents with at least one of the words; None where there is only one word.

    All other conditions must match as in `strict`: quoted and excluded parts, and those joined by AND.
    """
    parts = _parts(tree)
    texts = [part for part in parts if isinstance(part, nodes.Text)]
    synonymous = [part for part in parts if _is_optional(part) and not isinstance(part, nodes.Text)]
    alternatives = [each for text in texts for each in text.alternatives]
    if sum(1 + is_compound(word) for each in alternatives for word in each.words) + len(synonymous) < 2:
        return None
    words = [
        (text.field, tuple(word))
        for text in texts
        for word in (
            *partial_words(analyzer, text.text),
            *(form for each in text.alternatives for form in each.forms),
        )
    ]
    required = [strict(part) for part in parts if not _is_optional(part)]
    return all_of([any_of([*match_any(words), *map(strict, synonymous)]), *required])


def optional_parts(tree: nodes.Node) -> list[nodes.Text | nodes.AnyOf]:
    """Parts of a tree that a partial match may lack, wholly or partly."""
    return [part for part in _parts(tree) if _is_optional(part)]


def _parts(tree: nodes.Node) -> tuple[nodes.Node, ...]:
    return tree.children if isinstance(tree, nodes.All) and tree.is_relaxable else (tree,)


def _is_optional(part: nodes.Node) -> TypeGuard[nodes.Text | nodes.AnyOf]:
    return isinstance(part, nodes.Text) or (isinstance(part, nodes.AnyOf) and part.is_synonymous)


def match_units(name: str, units: Sequence[str]) -> query.Query:
    """Documents with these units, adjacent, in one of the fields that `name` stands for."""
    return any_of([units_in(field, units) for field in SEARCHED_FIELDS[name]])


def match_any(
    words: Iterable[tuple[str, tuple[str, ...]]], many_terms: int = _MANY_TERMS
) -> list[query.Query]:
    """Nodes that together match the documents with at least one of these words, each with its logical field.

    Many words of one or two units are looked up as one TermSet, which is far cheaper than one by one.
    """
    parts = [
        part
        for name, units in dict.fromkeys(words)
        for part in (units_in(field, units) for field in SEARCHED_FIELDS[name])
    ]
    terms = [part for part in parts if isinstance(part, query.Term)]
    if len(terms) < many_terms:
        return parts
    by_field: dict[str, list[str]] = {}
    for term in terms:
        by_field.setdefault(term.fieldname, []).append(term.text)
    looked_up = [TermSet(field, tuple(dict.fromkeys(texts))) for field, texts in by_field.items()]
    return [*looked_up, *(part for part in parts if isinstance(part, GramPhrase))]


def match_prefix(name: str, units: Sequence[str], endings: Iterable[str] | None) -> query.Query:
    """Documents with these adjacent units, the last of which may be unfinished if it is of letters or
    digits: one of `endings`; any, where these are None (see `common_endings`)."""
    *head, last = units
    if endings is not None:
        found = [match_units(name, [*head, unit]) for unit in endings]
        return any_of(found) if found else query.Not(query.Every())
    if not last.endswith(END):
        return match_units(name, units)
    fields = SEARCHED_FIELDS[name]
    stem = last.removesuffix(END)
    if not head:
        return any_of([query.Prefix(f"{field}_units", stem) for field in fields])
    offset = len(head) - 1
    gram = (offset, head[-1] + stem)
    if offset == 0:
        return any_of([query.Prefix(f"{field}_grams", gram[1]) for field in fields])
    grams = (*phrase_grams(head), gram)
    return any_of([GramPhrase(f"{field}_grams", grams, unfinished=frozenset([offset])) for field in fields])


def units_in(field: str, units: Sequence[str]) -> query.Query:
    """Documents with these adjacent units in one field."""
    if len(units) == 1:
        return query.Term(f"{field}_units", units[0])
    if len(units) == 2:
        return query.Term(f"{field}_grams", units[0] + units[1])
    return GramPhrase(f"{field}_grams", phrase_grams(units))


def match_alternatives(name: str, alternatives: nodes.Alternatives) -> query.Query:
    """Documents with these words, or with one of their synonyms."""
    words = all_of([match_units(name, word) for word in alternatives.words])
    return any_of([words, *(match_units(name, form) for form in alternatives.forms)])


def _near(field: str, phrase: nodes.Phrase) -> query.Query:
    """Documents with each word of a phrase in a field, within its distance. Distances are measured between
    the first grams of words."""
    parts = [units_in(field, word) for word in phrase.words]
    for number, (left, right) in enumerate(pairwise(phrase.words)):
        if (field, number) not in phrase.any_distance:
            words = {0: left, len(left): right}
            grams = tuple((offset, "".join(word[:2])) for offset, word in words.items())
            unfinished = frozenset(offset for offset, word in words.items() if len(word) == 1)
            parts.append(GramPhrase(f"{field}_grams", grams, slop=phrase.slop, unfinished=unfinished))
    return all_of(parts)


def scored(match: query.Query, scores: Sequence[query.Query]) -> query.Query:
    """Documents of `match`, scored by `scores` alone."""
    silent = query.ConstantScoreQuery(match, 0.0)
    return query.AndMaybe(silent, any_of(list(scores))) if scores else silent


def all_of(nodes: list[query.Query]) -> query.Query:
    """AND of the nodes, at least one."""
    return nodes[0] if len(nodes) == 1 and not isinstance(nodes[0], query.Not) else query.And(nodes)


def any_of(nodes: list[query.Query]) -> query.Query:
    """OR of the nodes. An empty list gives NullQuery, which matches nothing."""
    if not nodes:
        return query.NullQuery
    return nodes[0] if len(nodes) == 1 else query.Or(nodes)


def _distinct(nodes: Iterable[query.Query]) -> list[query.Query]:
    """The nodes without duplicates: a repeated word is looked up once."""
    found = list(nodes)
    return found if len(found) == 1 else list(dict.fromkeys(found))

"""Compiles query trees to the query language of OpenSearch; `index/engines/base.py` defines the nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from whoosh import query

from index.analysis.document import SCORED_FIELDS
from index.engines.bm25 import K1
from index.engines.nodes import GramPhrase, TermSet
from index.engines.opensearch.mapping import GAP, NOTHING, OR, PHRASE
from index.errors import EngineError

# Lucene leaves the factor k1 + 1 out of BM25, which changes no order among terms, but does beside constants.
_BM25_FACTOR = 1 + K1
# From so many alternatives on, most documents are likely to match.
_MANY_WAYS = 8
# The terms of a `terms` query that OpenSearch takes (index.max_terms_count).
_MOST_TERMS = 65_536

Clause = dict[str, Any]
# The grams of a field that start so.
Starting = Callable[[str, str], Sequence[str]]


def compile_tree(node: query.Query, starting: Starting) -> Clause:
    """The clause for a tree. Raises EngineError for a node that no engine knows."""
    match node:
        case query.Term() if node.fieldname in SCORED_FIELDS:
            return {"term": {node.fieldname: {"value": node.text, "boost": node.boost * _BM25_FACTOR}}}
        case query.Term():
            return _constant({"term": {node.fieldname: node.text}})
        case GramPhrase():
            return _phrase(node, starting)
        case query.Prefix():
            return _constant(_prefix(node.fieldname, node.text))
        case TermSet() if not node.texts:
            return {"match_none": {}}
        case TermSet():
            parts = [
                {"terms": {node.fieldname: list(node.texts[start : start + _MOST_TERMS])}}
                for start in range(0, len(node.texts), _MOST_TERMS)
            ]
            return _constant(parts[0] if len(parts) == 1 else {"bool": {"should": parts}})
        case query.NumericRange():
            bounds = {
                "gt" if node.startexcl else "gte": node.start,
                "lt" if node.endexcl else "lte": node.end,
            }
            found = {name: bound for name, bound in bounds.items() if bound is not None}
            return _constant({"range": {node.fieldname: found}})
        case query.Every():
            return {"match_all": {}}
        case query.And():
            return _all([*node.subqueries], starting)
        case query.Or():
            return {"bool": {"should": [compile_tree(child, starting) for child in node.subqueries]}}
        case query.Not():
            return _all([node], starting)
        case query.AndMaybe():
            parts = [compile_tree(child, starting) for child in (node.a, node.b)]
            return {"bool": {"must": [parts[0]], "should": [parts[1]]}}
        case query.ConstantScoreQuery():
            return _constant(compile_tree(node.child, starting), node.score)
        case query.NullQuery:
            return {"match_none": {}}
    raise EngineError("{engine}: unknown query node {node!r}", engine="opensearch", node=node)


def compile_best(node: query.AndMaybe, starting: Starting) -> Clause | None:
    """A clause for the documents of a tree that have a score, in which Lucene can skip those that can't be
    among the best; None where skipping saves nothing.

    Skipping pays where most documents match: in a disjunction of many clauses.
    """
    silent, scores = node.a, node.b
    if not isinstance(silent, query.ConstantScoreQuery) or silent.score or not _is_broad(silent.child):
        return None
    parts = scores.subqueries if isinstance(scores, query.Or) else [scores]
    return {
        "bool": {
            "filter": [compile_tree(silent.child, starting)],
            "should": [compile_tree(part, starting) for part in parts],
            "minimum_should_match": 1,
        }
    }


def _is_broad(node: query.Query) -> bool:
    """True if most documents are likely to match."""
    if isinstance(node, query.And):
        return all(_is_broad(child) for child in node.subqueries if not isinstance(child, query.Not))
    return isinstance(node, query.Or) and len(node.subqueries) >= _MANY_WAYS


def _prefix(field: str, text: str) -> Clause:
    found: Clause = {"prefix": {field: {"value": text}}}
    if text:
        return found
    return {"bool": {"must": [found], "must_not": [{"term": {field: NOTHING}}]}}


def _constant(clause: Clause, score: float = 1.0) -> Clause:
    return {"constant_score": {"filter": clause, "boost": score}}


def _all(children: Sequence[query.Query], starting: Starting) -> Clause:
    without = [compile_tree(child.query, starting) for child in children if isinstance(child, query.Not)]
    wanted = [compile_tree(child, starting) for child in children if not isinstance(child, query.Not)]
    return {"bool": {"must": wanted or [{"match_all": {}}], "must_not": without}}


def _phrase(node: GramPhrase, starting: Starting) -> Clause:
    parts: list[str] = []
    positions: list[Sequence[str]] = []
    for offset, gram in node.grams:
        found = starting(node.fieldname, gram) if offset in node.unfinished else (gram,)
        if not found:
            return {"match_none": {}}
        positions.append(found)
        parts += [GAP] * (offset - len(parts))
        parts.append(OR.join(found))
    asked = {"query": " ".join(parts), "analyzer": PHRASE, "slop": node.slop}
    if not node.slop:
        return {"match_phrase": {node.fieldname: asked | {"boost": node.boost * _BM25_FACTOR}}}
    near: Clause = {"match_phrase": {node.fieldname: asked}}
    # Lucene lets no gram stand for two of a phrase, however near they may be.
    both = sorted({*positions[0]} & {*positions[1]}) if node.grams[1][0] <= node.slop else []
    if both:
        near = {"bool": {"should": [near, {"terms": {node.fieldname: both}}]}}
    return _constant(near, node.boost)

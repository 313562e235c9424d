"""The best hits of a long list, without a score for each of its documents.

tantivy scores every document of a list whose matches are one query and whose scores are another. A plain
union of terms it can prune instead: block-max WAND (Ding and Suel 2011) passes over whatever can't be among
the best. So the best documents of the union are candidates, with all those that have a phrase of the query,
and only candidates are scored in full. A document that is none has at most the score of the last one of
the union: if the hits wanted have higher ones, they are exactly the best of all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tantivy
from tantivy import Occur, Query
from whoosh import query

from index.analysis.document import SCORED_FIELDS
from index.engines.base import Hits
from index.engines.nodes import TermSet
from index.engines.tantivy.compiler import scored

# Documents with a phrase, at most.
_PHRASES = 40
# Scores of the same document differ by so much, since floats are added in another order.
_ROUNDING = 1.0001

Compile = Callable[[query.Query], Query]
# Hits of a compiled query by score, with ties in order: offset, limit → hits.
Ranked = Callable[[Query, int, int], Hits]


def best_hits(
    searcher: tantivy.Searcher,
    match: Query,
    scores: query.Query,
    compile_node: Compile,
    ranked: Ranked,
    offset: int,
    limit: int,
    candidates: int,
) -> Hits | None:
    """The hits of `match` by `scores` from `offset` on; the total is that of candidates. None where every
    document has to be scored, since so many `candidates` of the union are not enough."""
    end = offset + limit
    parts = scores.subqueries if isinstance(scores, query.Or) else [scores]
    terms = [part for part in parts if _is_scored_term(part)]
    if end > candidates or not terms:
        return None
    union = Query.boolean_query([(Occur.Should, compile_node(term)) for term in terms])
    best = searcher.search(union, candidates, count=False).hits
    addresses = [address for _, address in best]
    others = [compile_node(part) for part in parts if not _is_scored_term(part)]
    if others:
        either = Query.boolean_query([(Occur.Should, other) for other in others])
        having = searcher.search(_both(match, either), _PHRASES)
        if having.count > _PHRASES:  # type: ignore[attr-defined]  # missing from tantivy's stubs
            return None
        addresses += [address for _, address in having.hits]
    among = _one_of(searcher, addresses, compile_node)
    found = ranked(scored(_both(match, among), compile_node(scores)), offset, limit)
    if len(best) < candidates:  # all documents with a score
        return found if found.total >= end else None
    last = best[-1][0]
    is_certain = len(found.hits) == limit and found.hits[-1].score > last * _ROUNDING
    return found if is_certain else None


def _is_scored_term(node: query.Query) -> bool:
    return isinstance(node, query.Term) and node.fieldname in SCORED_FIELDS


def _both(match: Query, other: Query) -> Query:
    """The documents of both, with score 0."""
    return Query.const_score_query(Query.boolean_query([(Occur.Must, match), (Occur.Must, other)]), 0.0)


def _one_of(
    searcher: tantivy.Searcher, addresses: Sequence[tantivy.DocAddress], compile_node: Compile
) -> Query:
    """The documents at these addresses."""
    ids = dict.fromkeys(searcher.doc(address)["id"][0] for address in addresses)
    return compile_node(TermSet("id", tuple(ids)))

"""Trees of `whoosh.query` → queries of tantivy. `index/engines/base.py` defines the nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import tantivy
from tantivy import Occur, Query
from whoosh import query

from index.analysis.document import SCORED_FIELDS
from index.engines.nodes import GramPhrase, TermSet
from index.errors import EngineError

# Characters of a gram that are looked at where another of its phrase is unfinished.
_MAX_PATTERN = 100
# Terms of a set up to which it is a union of them.
_FEW_TERMS = 200
# The bounds of an integer field stand for no bound: no date comes near them.
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**63 - 1

# The terms of a field that start so.
Starting = Callable[[str, str], list[str]]


def compile_tree(node: query.Query, schema: tantivy.Schema, starting: Starting) -> Query:
    """The tantivy query for a tree. Raises EngineError for a node that no engine knows."""
    match node:
        case query.Term():
            made = Query.term_query(schema, node.fieldname, node.text, "freq")
            if node.fieldname not in SCORED_FIELDS:
                return _constant(made)
            return _boosted(made, node.boost)
        case GramPhrase() if node.slop:
            return Query.const_score_query(_phrase(node, schema), node.boost)
        case GramPhrase():
            return _boosted(_phrase(node, schema), node.boost)
        case query.Prefix() if len(node.text) <= _MAX_PATTERN:
            pattern = _pattern(node.text, is_unfinished=True)
            return _constant(Query.regex_query(schema, node.fieldname, pattern))
        case query.Prefix():  # too long for one
            terms = starting(node.fieldname, node.text)
            return _constant(Query.term_set_query(schema, node.fieldname, terms))
        case TermSet() if 0 < len(node.texts) <= _FEW_TERMS:  # in half of the time that a set takes
            terms = [query.Term(node.fieldname, text) for text in node.texts]
            return _constant(
                Query.boolean_query([(Occur.Should, compile_tree(n, schema, starting)) for n in terms])
            )
        case TermSet():
            return _constant(Query.term_set_query(schema, node.fieldname, list(node.texts)))
        case query.NumericRange():
            made = Query.range_query(
                schema,
                node.fieldname,
                tantivy.FieldType.Integer,
                lower_bound=_MIN_INTEGER if node.start is None else node.start,
                upper_bound=_MAX_INTEGER if node.end is None else node.end,
                include_lower=not node.startexcl,
                include_upper=not node.endexcl,
            )
            return _constant(made)
        case query.Every():
            return _constant(Query.all_query())
        case query.And():
            return _all_of(node.subqueries, schema, starting)
        case query.Or():
            return Query.boolean_query(
                [(Occur.Should, compile_tree(n, schema, starting)) for n in node.subqueries]
            )
        case query.Not():
            return _all_of([node], schema, starting)
        case query.AndMaybe():
            return scored(compile_tree(node.a, schema, starting), compile_tree(node.b, schema, starting))
        case query.ConstantScoreQuery():
            return Query.const_score_query(compile_tree(node.child, schema, starting), node.score)
        case query.NullQuery:
            return Query.empty_query()
    raise EngineError("{engine}: unknown query node {node!r}", engine="tantivy", node=node)


def _phrase(node: GramPhrase, schema: tantivy.Schema) -> Query:
    if not node.unfinished:
        return Query.phrase_query(schema, node.fieldname, list(node.grams), node.slop)
    patterns: list[str | tuple[int, str]] = [
        (offset, _pattern(gram, offset in node.unfinished)) for offset, gram in node.grams
    ]
    return Query.regex_phrase_query(schema, node.fieldname, patterns, node.slop)


def _all_of(nodes: Sequence[query.Query], schema: tantivy.Schema, starting: Starting) -> Query:
    clauses: list[tuple[Occur, Query]] = []
    for child in nodes:
        if isinstance(child, query.Not):
            clauses.append((Occur.MustNot, compile_tree(child.query, schema, starting)))
        else:
            clauses.append((Occur.Must, compile_tree(child, schema, starting)))
    if all(occur is Occur.MustNot for occur, _ in clauses):
        clauses.append((Occur.Must, _constant(Query.all_query())))
    return Query.boolean_query(clauses)


def scored(match: Query, scores: Query) -> Query:
    """Documents of `match`; those that `scores` matches, too, get its score added."""
    return Query.boolean_query([(Occur.Must, match), (Occur.Should, scores)])


def _boosted(made: Query, boost: float) -> Query:
    return made if boost == 1.0 else Query.boost_query(made, boost)


def _constant(made: Query) -> Query:
    """A query with score 1. Explicit even where that is tantivy's default: of several queries that match
    all documents, tantivy counts only one."""
    return Query.const_score_query(made, 1.0)


def _pattern(gram: str, is_unfinished: bool) -> str:
    r"""A gram as a regular expression of the `tantivy-fst` crate.

    It may have no more than 1,000 states, so a long gram is cut. Some characters can't be escaped: `\<`
    has a meaning of its own.
    """
    escaped = re.sub(r"[\\.+*?()|\[\]{}^$]", lambda found: "\\" + found[0], gram[:_MAX_PATTERN])
    return escaped + ".*" if is_unfinished or len(gram) > _MAX_PATTERN else escaped

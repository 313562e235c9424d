"""Random corpora and trees, which every engine must answer as Whoosh does, the reference; and phrases, which
must be found by their definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from engines import BOUNDARY, LIMITATIONS, REFERENCE, document, found_ids, temporary_engine
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from properties import examples
from whoosh import query

from index.analysis.document import SCORED_FIELDS, Document
from index.engines.base import ENGINES, Engine, Hits, Sort
from index.engines.nodes import GramPhrase, TermSet

pytestmark = pytest.mark.slow

# Each example makes an index on the cluster, which takes longer than all that is asked of it.
CLUSTER = settings(max_examples=6, phases=[Phase.explicit, Phase.reuse, Phase.generate])

UNITS = "甲乙丙丁"
WORDS = ["甲", "乙", "甲乙", "乙丙", "丙丁甲", BOUNDARY]
NAMES = ["张三", "李四"]
DATES = [None, -1, 0, 1, 10**9]

texts = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
documents_of: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    title=texts,
    body=texts,
    author=st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
    date=st.sampled_from(DATES),
)
corpora = st.lists(documents_of, min_size=1, max_size=12).map(
    lambda found: [document(f"{i:02d}", **fields) for i, fields in enumerate(found)]
)
boosts = st.sampled_from([0.5, 1.0, 3.0])
grams = st.tuples(st.sampled_from(UNITS + BOUNDARY), st.sampled_from(UNITS + BOUNDARY)).map("".join)
gram_fields = st.sampled_from(["title_grams", "body_grams"])


@st.composite
def phrases(draw: st.DrawFn) -> GramPhrase:
    steps = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    offsets = [0]
    for step in steps:
        offsets.append(offsets[-1] + step)
    return GramPhrase(draw(gram_fields), tuple((o, draw(grams)) for o in offsets), 0, draw(boosts))


def opened(phrase: GramPhrase, offsets: Sequence[int]) -> GramPhrase:
    """The phrase with only the first unit of the grams at these of its offsets."""
    unfinished = frozenset(o for o, _ in phrase.grams if o in offsets)
    cut = tuple((o, gram[0] if o in unfinished else gram) for o, gram in phrase.grams)
    return GramPhrase(phrase.fieldname, cut, phrase.slop, phrase.boost, unfinished)


open_phrases = st.builds(opened, phrases(), st.lists(st.integers(0, 9)))


leaves = st.one_of(
    st.builds(query.Term, st.sampled_from(["words"]), st.sampled_from(WORDS[:-1]), boosts),
    st.builds(query.Term, gram_fields, grams, boosts),
    st.builds(query.Term, st.sampled_from(["title_units", "body_units"]), st.sampled_from(UNITS)),
    st.builds(query.Term, st.just("author"), st.sampled_from(NAMES)),
    phrases(),
    st.builds(TermSet, st.sampled_from(["body_units", "words"]), st.lists(st.sampled_from(WORDS)).map(tuple)),
    st.builds(query.Prefix, st.sampled_from(["words", "body_grams"]), st.sampled_from(UNITS)),
    st.builds(
        query.NumericRange,
        st.just("date"),
        st.sampled_from(DATES),
        st.sampled_from(DATES),
        startexcl=st.booleans(),
        endexcl=st.booleans(),
    ),
    st.just(query.Every()),
    st.just(query.NullQuery),
)


def groups(children: st.SearchStrategy[query.Query]) -> st.SearchStrategy[query.Query]:
    several = st.lists(children, min_size=1, max_size=4)
    return st.one_of(
        several.map(query.And),
        several.map(query.Or),
        children.map(query.Not),
        st.builds(query.AndMaybe, children, children),
        st.builds(query.ConstantScoreQuery, children, st.sampled_from([0.0, 2.0])),
    )


trees = st.recursive(leaves, groups, max_leaves=8)


def all_hits(engine: Engine, node: query.Query) -> Hits:
    return engine.search(node, sort=Sort.RELEVANCE, offset=0, limit=100)


def without_limits(name: str, corpus: list[Document]) -> list[Document]:
    """The corpus without what an engine is known to count otherwise."""
    if "empty texts" not in LIMITATIONS[name]:
        return corpus
    return [replace(each, **{f: getattr(each, f) or "戊戊" for f in SCORED_FIELDS}) for each in corpus]


def check_agreement(other: str, corpus: list[Document], nodes: list[query.Query]) -> None:
    corpus = without_limits(other, corpus)
    with temporary_engine(REFERENCE, corpus) as reference, temporary_engine(other, corpus) as tested:
        for node in nodes:
            wanted, found = all_hits(reference, node), all_hits(tested, node)
            assert found.total == wanted.total == len(found.hits), node
            wanted_scores = {hit.id: hit.score for hit in wanted.hits}
            scores = {hit.id: hit.score for hit in found.hits}
            assert scores == pytest.approx(wanted_scores, rel=1e-3, abs=1e-5), node
            # In the order of the one, the scores of the other never rise by more than rounding.
            for a, b in pairwise(found.hits[:10]):
                assert wanted_scores[a.id] >= wanted_scores[b.id] * (1 - 1e-3) - 1e-5, node
            for sort in (Sort.NEWEST, Sort.OLDEST):
                assert found_ids(tested, node, sort) == found_ids(reference, node, sort), node


@settings(max_examples=examples(25))
@given(corpus=corpora, nodes=st.lists(trees, min_size=8, max_size=12))
def test_tantivy_agrees(corpus: list[Document], nodes: list[query.Query]) -> None:
    check_agreement("tantivy", corpus, nodes)


@CLUSTER
@given(corpus=corpora, nodes=st.lists(trees, min_size=20, max_size=30))
def test_opensearch_agrees(corpus: list[Document], nodes: list[query.Query]) -> None:
    check_agreement("opensearch", corpus, nodes)


near_phrases = st.builds(
    lambda field, a, b, distance, slop, unfinished: opened(
        GramPhrase(field, ((0, a), (distance, b)), slop), unfinished
    ),
    gram_fields,
    grams,
    grams,
    st.integers(1, 3),
    st.integers(1, 4),
    st.lists(st.integers(0, 3), max_size=2),
)


@settings(max_examples=examples(15))
@given(corpus=corpora, nodes=st.lists(near_phrases, min_size=10, max_size=20))
def test_tantivy_agrees_on_what_is_near(corpus: list[Document], nodes: list[GramPhrase]) -> None:
    check_nearness("tantivy", corpus, nodes)


@CLUSTER
@given(corpus=corpora, nodes=st.lists(near_phrases, min_size=20, max_size=30))
def test_opensearch_agrees_on_what_is_near(corpus: list[Document], nodes: list[GramPhrase]) -> None:
    check_nearness("opensearch", corpus, nodes)


def check_nearness(other: str, corpus: list[Document], nodes: list[GramPhrase]) -> None:
    with temporary_engine(REFERENCE, corpus) as reference, temporary_engine(other, corpus) as tested:
        for node in nodes:
            assert found_ids(tested, node) == found_ids(reference, node), node


def matches_by_definition(node: query.Query) -> Callable[[Document], bool]:
    """Whether a phrase occurs in a document, worked out on its list of grams."""
    assert isinstance(node, GramPhrase)

    def is_at(found: list[str], position: int, gram: str, offset: int) -> bool:
        if position >= len(found):
            return False
        return found[position].startswith(gram) if offset in node.unfinished else found[position] == gram

    def matches(candidate: Document) -> bool:
        found = getattr(candidate, node.fieldname).split()
        return any(
            all(is_at(found, start + offset, gram, offset) for offset, gram in node.grams)
            for start in range(len(found))
        )

    return matches


@pytest.mark.parametrize("name", [name for name in ENGINES if name != "opensearch"])
@settings(max_examples=examples(15))
@given(corpus=corpora, nodes=st.lists(phrases() | open_phrases, min_size=10, max_size=20))
def test_phrases_match_by_their_definition(
    name: str, corpus: list[Document], nodes: list[GramPhrase]
) -> None:
    check_definition(name, corpus, nodes)


@CLUSTER
@given(corpus=corpora, nodes=st.lists(phrases() | open_phrases, min_size=20, max_size=30))
def test_opensearch_matches_phrases_by_their_definition(
    corpus: list[Document], nodes: list[GramPhrase]
) -> None:
    check_definition("opensearch", corpus, nodes)


def check_definition(name: str, corpus: list[Document], nodes: list[GramPhrase]) -> None:
    with temporary_engine(name, corpus) as engine:
        for node in nodes:
            wanted = {d.id for d in corpus if matches_by_definition(node)(d)}
            assert set(found_ids(engine, node)) == wanted, node

"""The best hits of long lists, of which tantivy scores candidates alone: the same as if it scored all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing

import pytest
from engines import document, write
from hypothesis import given
from hypothesis import strategies as st
from whoosh import query

from index.engines.base import Sort
from index.engines.nodes import GramPhrase
from index.engines.tantivy.engine import TantivyEngine
from search.planning.matching import scored

UNITS = "甲乙丙丁戊己"
FACETS = ("author_facet",)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TantivyEngine]:
    """300 documents in two segments, some of them equal."""
    chooser = random.Random(3)
    made = [
        document(
            f"{number:03}",
            body=" ".join(chooser.choices(UNITS, weights=(30, 20, 10, 5, 2, 1), k=chooser.randint(1, 20))),
            date=number % 7,
            author_facet=("作者",),
        )
        for number in range(300)
    ]
    with closing(TantivyEngine.create(tmp_path_factory.mktemp("pruning") / "engine")) as engine:
        write(engine, made[:200])
        write(engine, made[200:])
        yield engine


units = st.sampled_from(UNITS)
grams = st.tuples(units, units).map("".join)
boosts = st.sampled_from([0.3, 1.0, 2.5])
term_scores = st.builds(lambda gram, boost: query.Term("body_grams", gram, boost=boost), grams, boosts)
word_scores = st.builds(lambda word, boost: query.Term("words", word, boost=boost), units, boosts)
phrase_scores = st.lists(units, min_size=3, max_size=3).map(
    lambda three: GramPhrase("body_grams", ((0, three[0] + three[1]), (1, three[1] + three[2])))
)
matches = st.one_of(
    st.just(query.Every()),
    units.map(lambda unit: query.Term("body_units", unit)),
    st.lists(units, min_size=2, max_size=3).map(
        lambda some: query.Or([query.Term("body_units", unit) for unit in some])
    ),
    units.map(lambda unit: query.And([query.Every(), query.Not(query.Term("body_units", unit))])),
)


@given(
    match=matches,
    scores=st.lists(st.one_of(term_scores, word_scores, phrase_scores), min_size=1, max_size=5),
    candidates=st.sampled_from([1, 10, 60, 400]),
    offset=st.sampled_from([0, 5, 40]),
    limit=st.sampled_from([1, 10, 30]),
)
def test_candidates_give_the_hits_that_all_would(
    engine: TantivyEngine,
    match: query.Query,
    scores: list[query.Query],
    candidates: int,
    offset: int,
    limit: int,
) -> None:
    tree = scored(match, scores)
    engine.long, engine.candidates = 1_000_000, candidates
    whole = engine.search(tree, sort=Sort.RELEVANCE, offset=offset, limit=limit, facets=FACETS)
    assert whole.total == engine.count(match)
    engine.long = 1
    for pruned in (
        engine.search(tree, sort=Sort.RELEVANCE, offset=offset, limit=limit, facets=FACETS),
        engine.search(tree, sort=Sort.RELEVANCE, offset=offset, limit=limit, count_to=30),
    ):
        assert [hit.id for hit in pruned.hits] == [hit.id for hit in whole.hits]
        assert [hit.score for hit in pruned.hits] == pytest.approx([hit.score for hit in whole.hits])
        assert min(pruned.total, 30) == min(whole.total, 30)


def test_some_lists_are_pruned(engine: TantivyEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.engines.tantivy import engine as module

    asked = []
    plain = module.best_hits

    def best_hits(*arguments: object) -> object:
        asked.append(plain(*arguments))  # type: ignore[arg-type]
        return asked[-1]

    monkeypatch.setattr(module, "best_hits", best_hits)
    engine.long, engine.candidates = 1, 60
    tree = scored(query.Every(), [query.Term("words", "己"), query.Term("words", "戊")])
    engine.search(tree, sort=Sort.RELEVANCE, offset=0, limit=5, facets=FACETS)
    assert asked[0] is not None

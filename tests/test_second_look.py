"""The second look at the best hits: passages, and lists that stay one list whatever pages are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis.grams import SEPARATED
from index.article import Article
from index.engines.base import Hit, Hits
from search.planning.plan import PassageWord
from search.second_look import LOOKED_AT, look_again, passage_points

FILLER = "春天来了河水流过村庄老人坐在门前看着远山孩子们在田里跑来跑去" * 10
WORDS = (PassageWord(("地铁",), 1.0), PassageWord(("票价",), 1.0))


def article(text: str, title: str = "", name: str = "a") -> Article:
    return Article(id=name, path=name, title=title, text=text)


def points(text: str, title: str = "", words: Sequence[PassageWord] = WORDS) -> float:
    return passage_points(SEPARATED.apply(title), SEPARATED.apply(text), words)


def test_words_together_have_more_points_than_words_apart() -> None:
    assert points(f"地铁票价{FILLER}") > points(f"地铁{FILLER}票价") == points(f"{FILLER}地铁")


def test_the_best_passage_counts_wherever_it_is() -> None:
    assert points(f"地铁{FILLER}地铁的票价{FILLER}票价") == points("地铁的票价")


def test_the_title_belongs_to_every_passage() -> None:
    assert points(f"{FILLER}票价", "临江地铁") == points(f"地铁票价{FILLER}")


def test_text_is_folded_as_it_is_indexed() -> None:
    assert points("地鐵的票價") == points("地铁的票价")


@pytest.mark.parametrize(
    ("text", "has_it"), [("go语言", True), ("用Ｇｏ写", True), ("google", False), ("cargo", False)]
)
def test_letters_are_whole_words(text: str, has_it: bool) -> None:
    assert (points(text, words=(PassageWord(("go",), 1.0),)) > 0) == has_it


def test_what_stands_in_place_of_a_word_counts_as_it_does() -> None:
    words = (PassageWord(("地铁", "轨道交通"), 1.0), PassageWord(("票价",), 1.0))
    assert points("轨道交通票价", words=words) == points("地铁票价")


@given(
    scores=st.lists(st.integers(0, 20).map(float), max_size=LOOKED_AT + 20),
    texts=st.lists(st.sampled_from(["地铁票价", "地铁", FILLER]), min_size=1),
    size=st.integers(1, 40),
)
def test_pages_of_any_size_are_one_list(scores: list[float], texts: list[str], size: int) -> None:
    listed = [Hit(f"{number}", score) for number, score in enumerate(sorted(scores, reverse=True))]
    articles = {hit.id: article(texts[int(hit.id) % len(texts)], name=hit.id) for hit in listed}

    def search(offset: int, limit: int) -> Hits:
        return Hits(tuple(listed[offset : offset + limit]), len(listed))

    def read(ids: Sequence[str]) -> dict[str, Article]:
        return {each: articles[each] for each in ids}

    def page(offset: int, limit: int) -> tuple[Hit, ...]:
        return look_again(search, read, WORDS, offset, limit).hits

    whole = page(0, 100)
    paged = [hit for offset in range(0, len(listed), size) for hit in page(offset, size)]
    assert paged == list(whole)
    assert {hit.id for hit in whole} == {hit.id for hit in listed}
    assert all(left.score >= right.score for left, right in pairwise(whole))
    assert [hit.id for hit in whole[LOOKED_AT:]] == [hit.id for hit in listed[LOOKED_AT:]]


def test_without_words_nothing_is_read() -> None:
    def read(ids: Sequence[str]) -> dict[str, Article]:
        raise AssertionError(ids)

    hit = Hit("a", 1.0)
    found = look_again(lambda offset, limit: Hits((hit,), 1), read, (), 0, 10)
    assert found.hits == (hit,)

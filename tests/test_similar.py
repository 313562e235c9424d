"""Similar articles share the topic; an article's copies are no news to its reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from search.searcher import Searcher
from search.settings import SearchSettings
from search.similar import content_words, resembles, shingles

CASES = json.loads((Path(__file__).parent / "cases" / "copies.json").read_text(encoding="utf-8"))
METRO = (
    "临江地铁三号线今天开通，沿线居民乘坐地铁上班更方便，票价与公交车一样，换乘公交车还有优惠。首班车早上六点发车，"
    "末班车晚上十一点发车，高峰时每三分钟一班。全线共有二十四座车站，其中五座可以换乘其他线路。建设者花了六年时间，"
    "在江底挖通了隧道，没有影响江上的航运。"
)
METRO_AGAIN = "地铁四号线明年开通，乘坐地铁和公交车都有优惠，票价不变，沿线居民很期待。"
OTHERS = {
    "soup": "立夏要吃豌豆饭，也要喝鲜笋汤，做法并不难，先把鲜笋切成薄片，再用小火慢慢炖。",
    "code": "用正则表达式可以在文本里查找和替换，注意转义字符，也要注意贪婪匹配。",
    "star": "今晚可以看到木星合月，天气晴朗的地方用肉眼就能看见，不需要望远镜。",
}


@pytest.fixture
def searcher(any_archive: Archive) -> Iterator[Searcher]:
    """Articles on several topics; of the one on the metro there are copies."""
    texts = {
        "metro": METRO,
        "again": METRO_AGAIN,
        "same": METRO,
        "edited": METRO.replace("今天", "今日") + "（完）",
        "script": METRO.replace("线", "線").replace("车", "車").replace("，", " "),
        "again-copy": METRO_AGAIN + "。",
        **OTHERS,
    }
    any_archive.lines("a.jsonl", texts)
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings())) as made:
        yield made


def ids(searcher: Searcher, article_id: str, limit: int = 10) -> list[str]:
    return [hit.article.id for hit in searcher.similar(article_id, limit)]


def test_the_closest_come_first_without_copies(searcher: Searcher) -> None:
    found = ids(searcher, "metro")
    assert found[0] in {"again", "again-copy"}
    assert set(found) <= {"again", "again-copy", *OTHERS}
    assert len({"again", "again-copy"} & set(found)) == 1  # of copies, one is enough
    assert ids(searcher, "metro", 1) == found[:1]
    # Whichever copy is asked about.
    for copy in ("same", "edited", "script"):
        assert ids(searcher, copy)[0] == found[0]


def test_many_copies_leave_room_for_others(any_archive: Archive) -> None:
    any_archive.lines("a.jsonl", {f"copy{n}": METRO for n in range(60)} | {"again": METRO_AGAIN})
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings())) as searcher:
        assert ids(searcher, "copy7", 2) == ["again"]


def test_articles_without_words_have_none(any_archive: Archive) -> None:
    any_archive.write(
        "a.jsonl", '{"id": "a", "title": "", "text": "。"}\n{"id": "b", "title": "", "text": ""}\n'
    )
    any_archive.sync()
    with closing(Searcher(any_archive.directory, SearchSettings())) as searcher:
        assert ids(searcher, "a") == ids(searcher, "b") == []


def test_telling_words_are_those_that_few_articles_have(any_archive: Archive) -> None:
    any_archive.lines("a.jsonl", {"metro": METRO, "again": METRO_AGAIN, **OTHERS} | {"x": "今天 今天 公告"})
    any_archive.sync()
    with closing(any_archive.open()) as index:
        article = index.articles.article("metro")
        assert article is not None
        words = content_words(index, article)
    weights = dict(words)
    assert [weight for _, weight in words] == sorted(weights.values(), reverse=True)
    assert max(weights.values()) == 1
    assert weights["临江"] > weights["今天"]
    assert "与" not in weights


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_what_is_a_copy(case: dict[str, str]) -> None:
    one, other = (
        shingles(Article(id="a", path="a", title=case[f"title{n}"], text=case[f"text{n}"])) for n in (1, 2)
    )
    assert resembles(one, other) == resembles(other, one) == (case["copy"] == "yes"), case["comment"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_to_resemble_is_mutual_and_everything_resembles_itself(one: str, other: str) -> None:
    first, second = (shingles(Article(id="a", path="a", title="", text=text)) for text in (one, other))
    assert resembles(first, first)
    assert resembles(first, second) == resembles(second, first)

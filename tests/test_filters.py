"""Filters, facets and orders of searches over the example archive, with each engine."""

from __future__ import annotations

from collections import Counter

import opencc
import pytest
from searching import exact, ids, search

from index.analysis import Analyzer
from index.analysis.document import author_keys, category_paths, month_of
from index.analysis.fold import fold_key
from index.article import Article
from index.settings import zone
from index.sources.dates import parse_date
from search.searcher import Searcher

ANALYZER = Analyzer()
TO_TRADITIONAL = opencc.OpenCC("s2t")
ZONE = zone("Asia/Shanghai")


@pytest.mark.parametrize("text", ["", "临江", "的", "NOT 临江"])
@pytest.mark.parametrize(
    "category",
    [
        "金融",
        "金融/临江财经",
        "金融/临江财经/国内",
        "临江财经",
        "国内",
        "編程",
        "编程/青岚技术周刊",
        "没有",
        "金融/没有",
    ],
)
def test_a_category_at_any_level(
    searcher: Searcher, articles: dict[str, Article], text: str, category: str
) -> None:
    every = articles if not text else set(exact(search(searcher, text)))
    wanted = {
        i
        for i in every
        if fold_key(category)
        in map(fold_key, (*category_paths(articles[i].categories), *articles[i].categories))
    }
    assert set(exact(search(searcher, text, category=category))) == wanted
    if not text:
        assert set(ids(search(searcher, f"category:{category}"))) == wanted


def test_an_author(searcher: Searcher, articles: dict[str, Article]) -> None:
    names = {name for a in articles.values() for name in author_keys(a.author)}
    assert len(names) > 5
    for name in names:
        wanted = {i for i, a in articles.items() if name in author_keys(a.author)}
        assert set(ids(search(searcher, "", author=name))) == wanted
        assert set(ids(search(searcher, "", author=TO_TRADITIONAL.convert(name)))) == wanted
        assert set(ids(search(searcher, f'author:"{name}"'))) == wanted
    assert ids(search(searcher, "", author="没有这个人")) == []


@pytest.mark.parametrize(
    ("start", "end", "low", "high"),
    [
        ("2022", "", "2022-01-01", "9999-12-31"),
        ("", "2022", "0001-01-02", "2023-01-01"),
        ("2022", "2022", "2022-01-01", "2023-01-01"),
        ("2021-06", "2023-05", "2021-06-01", "2023-06-01"),
        ("2023-05-06", "2023-05-06", "2023-05-06", "2023-05-07"),
        ("2022年6月", "2022/12/31", "2022-06-01", "2023-01-01"),
        ("0001", "9999-12-31", "0001-01-02", "9999-12-31"),
        ("2023", "2022", "2023-01-01", "2023-01-01"),
    ],
)
def test_dates_from_and_to(
    searcher: Searcher, articles: dict[str, Article], start: str, end: str, low: str, high: str
) -> None:
    first, after = parse_date(low, ZONE).seconds, parse_date(high, ZONE).seconds
    wanted = {i for i, a in articles.items() if a.date is not None and first <= a.date < after}
    assert set(ids(search(searcher, "", start=start, end=end))) == wanted
    assert {a.date is None for a in articles.values()} == {True, False}


def test_a_range_of_dates_that_ends_before_it_starts_is_said(searcher: Searcher) -> None:
    assert [str(note) for note in search(searcher, "临江", start="2023", end="2022-05").notes] == [
        "The range from 2023 to 2022-05 ends before it starts, so nothing matches."
    ]
    assert not search(searcher, "临江", start="2022", end="2022").notes


def test_filters_together(searcher: Searcher, articles: dict[str, Article]) -> None:
    wanted = {
        i
        for i, a in articles.items()
        if a.categories[:1] == ("新闻",)
        and a.author == "青岚发布"
        and a.date
        and month_of(a.date, ZONE) >= "2023"
    }
    assert wanted
    assert set(ids(search(searcher, "", category="新闻", author="青岚发布", start="2023"))) == wanted
    assert set(ids(search(searcher, "category:新闻 author:青岚发布 date:>=2023"))) == wanted


def test_a_filter_is_never_left_aside_for_partial_matches(
    searcher: Searcher, articles: dict[str, Article]
) -> None:
    found = search(searcher, "临江 地铁 马拉松 图书馆 夜市", category="金融")
    assert found.partial
    assert all(articles[i].categories[0] == "金融" for i in ids(found))
    assert sum(value.count for value in found.facets["category"] if "/" not in value.value) == found.total


@pytest.mark.parametrize(
    "text", ["", "临江", "NOT 临江", "青岚 OR 临江", "临江 地铁", "category:编程", "date:2023"]
)
def test_facets_count_all_that_was_found(searcher: Searcher, articles: dict[str, Article], text: str) -> None:
    results = search(searcher, text, start="" if text else "0001")
    found = [articles[hit.article.id] for hit in results.full]
    assert len(found) == results.total > 1
    counts = {
        "category": Counter(path for a in found for path in category_paths(a.categories)),
        "author": Counter(a.author for a in found if a.author),
        "month": Counter(month_of(a.date, ZONE) for a in found if a.date is not None),
    }
    for name, wanted in counts.items():
        values = results.facets[name]
        assert {fold_key(value.value): value.count for value in values} == {
            fold_key(value): count for value, count in wanted.items()
        }
        if name == "month":
            assert [value.value for value in values] == sorted(wanted)
        else:
            assert [value.count for value in values] == sorted(wanted.values(), reverse=True)


def test_facets_are_those_of_the_list_and_not_of_the_page(searcher: Searcher) -> None:
    whole = search(searcher, "临江")
    for page in (1, 2, 99):
        part = search(searcher, "临江", page=page, size=3)
        assert part.total == whole.total
        assert part.facets == whole.facets


def test_sorted_by_date(searcher: Searcher, articles: dict[str, Article]) -> None:
    for text in ("临江", "NOT 没有", "青岚 OR 临江"):
        newest = [articles[i].date for i in ids(search(searcher, text, sort="newest"))]
        oldest = [articles[i].date for i in ids(search(searcher, text, sort="oldest"))]
        dates = sorted(date for date in newest if date is not None)
        missing = [None] * (len(newest) - len(dates))
        assert newest == [*reversed(dates), *missing]
        assert oldest == [*dates, *missing]
        assert set(ids(search(searcher, text, sort="newest"))) == set(ids(search(searcher, text)))


def test_what_has_no_scores_is_sorted_by_date(searcher: Searcher) -> None:
    for text in ("category:编程", "NOT 临江", "date:2022..2023"):
        assert ids(search(searcher, text)) == ids(search(searcher, text, sort="newest"))


def test_scores_fall(searcher: Searcher) -> None:
    for text in ("临江", "青岚 OR 临江", "图书馆"):
        scores = [hit.score for hit in search(searcher, text).hits]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] > 0

"""Searches over the example archive, with each engine: what is found, filtered, counted and paged."""

from __future__ import annotations

import json
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import opencc
import pytest
from whoosh import query

from index.analysis import Analyzer
from index.analysis.fold import fold, fold_key
from index.article import Article
from index.dates import parse_date
from index.document import author_keys, category_paths, month_of
from index.engine import Engine, Hits
from index.errors import EngineError, IndexDamagedError, IndexMissingError, NotFoundError, QueryError
from index.settings import Settings, zone
from index.sync import Request, sync
from search.request import SearchRequest
from search.searcher import Results, Searcher

TESTS = Path(__file__).parent
QUERIES = [
    json.loads(line)
    for line in (TESTS / "cases" / "example_queries.jsonl").read_text(encoding="utf-8").splitlines()
]
FLOOR = json.loads((TESTS / "quality_floor.json").read_text(encoding="utf-8"))
ANALYZER = Analyzer()
ZONE = zone("Asia/Shanghai")


def search(
    searcher: Searcher,
    text: str,
    *,
    page: int = 1,
    size: int = 100,
    sort: str = "relevance",
    category: str = "",
    author: str = "",
    start: str = "",
    end: str = "",
) -> Results:
    return searcher.search(SearchRequest(text, page, size, sort, category, author, start, end))


def ids(results: Results) -> list[str]:
    return [hit.article.id for hit in results.hits]


def exact(results: Results) -> list[str]:
    """The ids of those that match as asked for."""
    return ids(results)[: results.relaxed_from]


@pytest.fixture(scope="module")
def articles(searcher: Searcher) -> dict[str, Article]:
    """All articles of the archive, by id."""
    with searcher.reader.acquire() as index:
        return {article.id: article for article in index.articles.all_articles()}


# What is found


def occurs(part: list[str], whole: list[str]) -> bool:
    return any(whole[i : i + len(part)] == part for i in range(len(whole)))


def samples(articles: dict[str, Article], count: int) -> Iterator[tuple[str, str]]:
    """Parts of articles of two to ten words of letters, numbers or single characters: (id, part)."""
    chance = random.Random(20220104)
    pieces = {
        each.id: re.findall(r"[^\W\d_\u2e80-\U0010ffff]+|\d+(?:\.\d+)*|[^\"]", f"{each.title}\n{each.text}")
        for each in articles.values()
    }
    while count:
        article_id, found = chance.choice(sorted(pieces.items()))
        start = chance.randrange(max(1, len(found) - 1))
        part = "".join(found[start : start + chance.randint(2, 10)])
        if len(ANALYZER.units(part)) >= 2 and "\n" not in part:
            count -= 1
            yield article_id, part


def test_every_part_of_an_article_finds_it_and_nothing_else(
    searcher: Searcher, articles: dict[str, Article]
) -> None:
    units = {i: (ANALYZER.units(a.title), ANALYZER.units(a.text)) for i, a in articles.items()}
    for article_id, part in samples(articles, 200):
        found = set(ids(search(searcher, f'"{part}"')))
        searched = ANALYZER.units(part)
        assert article_id in found, part
        assert found == {i for i, fields in units.items() if any(occurs(searched, f) for f in fields)}, part


def test_parts_of_chinese_text_alone_are_found_by_plain_comparison(
    searcher: Searcher, articles: dict[str, Article]
) -> None:
    """As above, without the analysis that the index was made with."""
    runs = {
        i: [run for field in (a.title, a.text) for run in re.findall("[\u4e00-\u9fff]+", fold(field))]
        for i, a in articles.items()
    }
    chance = random.Random(7)
    for _ in range(150):
        run = chance.choice(chance.choice([found for found in runs.values() if found]))
        start = chance.randrange(len(run))
        part = run[start : start + chance.randint(1, 6)]
        found = set(ids(search(searcher, f"“{part}”")))
        assert found >= {i for i, others in runs.items() if any(part in other for other in others)}, part


def test_single_characters_are_found(searcher: Searcher, articles: dict[str, Article]) -> None:
    for character in "的鱼𠮷0我臺Ａ":
        wanted = {i for i, a in articles.items() if occurs(ANALYZER.units(character), ANALYZER.units(a.text))}
        wanted |= {
            i for i, a in articles.items() if occurs(ANALYZER.units(character), ANALYZER.units(a.title))
        }
        assert set(ids(search(searcher, character))) == wanted
        assert set(ids(search(searcher, f'"{character}"'))) == wanted


def test_titles_find_their_articles_first(searcher: Searcher, articles: dict[str, Article]) -> None:
    for article in articles.values():
        first = search(searcher, f'"{article.title.replace(chr(34), "")}"', size=1).hits[0].article
        assert first.title == article.title


TO_TRADITIONAL = opencc.OpenCC("s2t")


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)


VARIANTS: dict[str, Callable[[str], str]] = {
    "traditional": TO_TRADITIONAL.convert,
    "full width": full_width,
    "upper case": str.upper,
    "lower case": str.lower,
    "ideographic space": lambda text: text.replace(" ", "\u3000"),
}


def test_variants_of_a_query_find_the_same_in_the_same_order(searcher: Searcher) -> None:
    different = Counter[str]()
    for text in (record["query"] for record in QUERIES):
        wanted = search(searcher, text)
        for name, variant in VARIANTS.items():
            if (varied := variant(text)) != text:
                different[name] += 1
                found = search(searcher, varied)
                assert ids(found) == ids(wanted), varied
                assert (found.total, found.relaxed_from) == (wanted.total, wanted.relaxed_from), varied
    assert all(different[name] >= 5 for name in VARIANTS), different


def test_an_article_is_found_in_either_script(searcher: Searcher) -> None:
    found = [hit.article.title for hit in search(searcher, "漂浮图书馆", size=10).hits]
    assert any("漂浮图书馆" in title for title in found)
    assert any("漂浮圖書館" in title for title in found)


def test_the_examples_are_found_as_well_as_they_were(
    searcher: Searcher, articles: dict[str, Article]
) -> None:
    names = {i: a.path.partition("/")[2] for i, a in articles.items()}
    # Line by line, articles of a .jsonl file have one path.
    names |= {i: f"{name}#{i}" for i, name in names.items() if name.endswith(".jsonl")}
    reciprocals: list[float] = []
    for record in QUERIES:
        assert set(record["relevant"]) <= set(names.values()), record
        found = [names[i] for i in ids(search(searcher, record["query"], size=10))]
        ranks = [rank for rank, name in enumerate(found, start=1) if name in record["relevant"]]
        reciprocals.append(1 / ranks[0] if ranks else 0.0)
    mean = sum(reciprocals) / len(reciprocals)
    assert mean >= FLOOR["examples_mrr_at_10"]


# Filters, facets, sorts


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
    first, after = parse_date(low, ZONE), parse_date(high, ZONE)
    wanted = {i for i, a in articles.items() if a.date is not None and first <= a.date < after}
    assert set(ids(search(searcher, "", start=start, end=end))) == wanted
    assert {a.date is None for a in articles.values()} == {True, False}


def test_a_range_of_dates_that_ends_before_it_starts_is_said(searcher: Searcher) -> None:
    assert [str(note) for note in search(searcher, "临江", start="2023", end="2022-05").notes] == [
        "Nothing is from 2023 to 2022-05: the range ends before it starts."
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
    assert found.relaxed_from is not None
    assert found.total > found.relaxed_from
    assert all(articles[i].categories[0] == "金融" for i in ids(found))
    assert {value.value.split("/")[0] for value in found.facets["category"]} == {"金融"}


@pytest.mark.parametrize(
    "text", ["", "临江", "NOT 临江", "青岚 OR 临江", "临江 地铁 图书馆", "category:编程", "date:2023"]
)
def test_facets_count_all_that_was_found(searcher: Searcher, articles: dict[str, Article], text: str) -> None:
    results = search(searcher, text, start="" if text else "0001")
    found = [articles[i] for i in ids(results)]
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


# Pages


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
@pytest.mark.parametrize(
    "text",
    [
        "临江",
        "NOT 没有",
        "临江 地铁",
        "漂浮图书馆 地铁 的",
        "树莓派 浇花 图书馆",
        "放管服 李墨轩",
        "没有 地铁",
        "category:新闻",
    ],
)
def test_pages_have_no_repeats_and_no_gaps(searcher: Searcher, text: str, sort: str) -> None:
    for size in (1, 3, 10, 100):
        first = search(searcher, text, size=size, sort=sort)
        found: list[str] = []
        for page in range(1, (first.total + size - 1) // size + 1):
            results = search(searcher, text, page=page, size=size, sort=sort)
            assert (results.total, results.relaxed_from) == (first.total, first.relaxed_from)
            assert len(results.hits) == min(size, first.total - len(found))
            found += ids(results)
        assert len(found) == len(set(found)) == first.total
        if first.relaxed_from is not None:
            assert first.relaxed_from < min(size, first.total)
        beyond = search(searcher, text, page=first.total // size + 2, size=size, sort=sort)
        assert beyond.hits == ()
        assert beyond.total == first.total


def test_some_of_these_lists_go_on_with_partial_matches(searcher: Searcher) -> None:
    results = search(searcher, "临江 地铁", size=100)
    assert results.relaxed_from is not None
    assert 0 < results.relaxed_from < results.total
    strict = set(ids(search(searcher, "临江 AND 地铁")))
    assert set(exact(results)) == strict
    none = search(searcher, "放管服 李墨轩")
    assert none.relaxed_from == 0
    assert none.total > 0


def test_a_full_first_page_has_no_partial_matches(searcher: Searcher) -> None:
    strict = len(ids(search(searcher, "临江 AND 地铁")))
    assert search(searcher, "临江 地铁", size=strict).relaxed_from is None
    assert search(searcher, "临江 地铁", size=strict).total == strict
    assert search(searcher, "临江 地铁", size=strict + 1).relaxed_from == strict


def test_the_same_search_gives_the_same_answer(searcher: Searcher) -> None:
    for record in QUERIES[::10]:
        a, b = search(searcher, record["query"]), search(searcher, record["query"])
        assert a.took_ms >= 0
        assert (a.hits, a.facets, a.total, a.understood) == (b.hits, b.facets, b.total, b.understood)


# Parameters


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"page": 0}, "page: 0 .*first is 1"),
        ({"page": -1}, "page: -1 .*first is 1"),
        ({"page": 10**12}, r"page: 1000000000000 .*10,000th.*last page is 100; .*souwen export"),
        ({"page": 1001, "size": 10}, "last page is 1000"),
        ({"page": 101, "size": 100}, "last page is 100"),
        ({"page": 10_001, "size": 1}, "last page is 10000"),
        ({"size": 0}, "size: 0 .*1 and 100"),
        ({"size": -5}, "size: -5 .*1 and 100"),
        ({"size": 101}, "size: 101 .*1 and 100"),
        ({"size": 10**9}, "size: 1000000000 .*1 and 100"),
        ({"sort": "best"}, "sort: 'best' .*relevance, newest, oldest"),
        ({"sort": ""}, "sort: '' .*relevance, newest, oldest"),
        ({"start": "yesterday"}, "from: 'yesterday' .*2022-01-04"),
        ({"end": "2022-02-30"}, "to: '2022-02-30' .*2022-01-04"),
        ({"start": ">=2022"}, "from: '>=2022'"),
        ({"end": "2022..2023"}, "to: '2022..2023'"),
        ({"text": "公" * 1001}, "1,001 characters.*1,000.*max_query_length"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_an_error_that_says_what_does(
    searcher: Searcher, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        search(searcher, **{"text": "临江", **parameters})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "parameters", [{"page": 1000, "size": 10}, {"page": 100, "size": 100}, {"page": 10_000, "size": 1}]
)
def test_the_last_page_that_is_allowed(searcher: Searcher, parameters: dict[str, int]) -> None:
    results = search(searcher, "临江", **parameters)  # type: ignore[arg-type]
    assert results.hits == ()
    assert results.total > 0


@pytest.mark.parametrize("text", ["", "  ", "？！", "()"])
def test_an_empty_query_finds_nothing_and_says_so(searcher: Searcher, text: str) -> None:
    results = search(searcher, text)
    assert results.hits == ()
    assert results.total == 0
    assert all(not values for values in results.facets.values())
    assert [str(note) for note in results.notes] == ["There is nothing to search for."]


def test_an_empty_query_with_a_filter_finds_all_that_pass(searcher: Searcher) -> None:
    results = search(searcher, " ", category="编程")
    assert results.total > 0
    assert results.notes == ()
    assert ids(results) == ids(search(searcher, "category:编程", sort="newest"))
    assert all(hit.snippets or not hit.article.text for hit in results.hits)


def test_notes_of_all_parts_are_there(searcher: Searcher) -> None:
    results = search(searcher, 'date:昨天 editor:我 "')
    assert len(results.notes) == 3


def test_hits_show_what_was_searched_for(searcher: Searcher) -> None:
    for hit in search(searcher, "漂浮图书馆", size=3).hits:
        shown = hit.title.to_html() + "".join(s.to_html() for s in hit.snippets)
        assert "<mark>" in shown
        assert hit.title.text == hit.article.title


def test_an_article_by_its_id(searcher: Searcher, articles: dict[str, Article]) -> None:
    for article_id in articles:
        assert searcher.article(article_id) == articles[article_id]
    with pytest.raises(NotFoundError, match="'nowhere'"):
        searcher.article("nowhere")


# Trouble


def test_no_index_is_an_error(tmp_path: Path) -> None:
    with (
        closing(Searcher(tmp_path, Settings())) as searcher,
        pytest.raises(IndexMissingError, match="souwen index"),
    ):
        search(searcher, "临江")


def test_an_engine_that_is_gone_is_an_error_and_no_empty_list(example_index: Path, tmp_path: Path) -> None:
    shutil.copytree(example_index, tmp_path / "index")
    for engine in (tmp_path / "index").glob("gen-*/engine"):
        shutil.rmtree(engine)
    with closing(Searcher(tmp_path / "index", Settings())) as searcher, pytest.raises(IndexDamagedError):
        search(searcher, "临江")


@pytest.mark.parametrize("method", ["search", "facets"])
def test_an_engine_that_fails_is_an_error_and_no_empty_list(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def fail(*_: object, **__: object) -> Hits:
        raise EngineError("the disk is gone")

    with searcher.reader.acquire() as index:
        engine: type[Engine] = type(index.engine)
    monkeypatch.setattr(engine, method, fail)
    with pytest.raises(EngineError, match="the disk is gone"):
        search(searcher, "临江")


def test_eight_threads_get_what_one_gets(searcher: Searcher) -> None:
    texts = [record["query"] for record in QUERIES[:24]]
    alone = [ids(search(searcher, text, size=10)) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: ids(search(searcher, text, size=10)), texts * 3))
    assert together == alone * 3


def test_a_search_sees_what_was_added_changed_and_removed(example_index: Path, tmp_path: Path) -> None:
    engine = json.loads(next(example_index.glob("gen-*/meta.json")).read_text(encoding="utf-8"))["engine"]
    posts = tmp_path / "posts"
    posts.mkdir()
    directory = tmp_path / "index"

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (posts / f"{name}.txt").write_text(text, encoding="utf-8")
        sync(directory, Request([posts], engine=engine), Settings())

    def await_titles(searcher: Searcher, wanted: set[str]) -> None:
        deadline = time.monotonic() + 60
        while (found := {hit.article.title for hit in search(searcher, "飞鱼").hits}) != wanted:
            assert time.monotonic() < deadline, found
            time.sleep(0.05)

    write(a="甲\n\n飞鱼飞过。", b="乙\n\n没有。")
    with closing(Searcher(directory, Settings())) as searcher:
        await_titles(searcher, {"甲"})
        write(b="乙\n\n也有飞鱼，飞得更远。", c="丙\n\n飞鱼与海。")
        await_titles(searcher, {"甲", "乙", "丙"})
        (posts / "a.txt").unlink()
        write(b="乙\n\n又没有了，一点也没有。")
        await_titles(searcher, {"丙"})
        sync(directory, Request([posts], rebuild=True), Settings())
        write(d="丁\n\n飞鱼。")
        await_titles(searcher, {"丙", "丁"})
        with searcher.reader.acquire() as index:
            assert index.engine.count(query.Every()) == 3

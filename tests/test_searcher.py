"""Searches over the example archive, with each engine: what is found and paged."""

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
from properties import examples
from searching import exact, ids, search
from whoosh import query

from index.analysis import Analyzer
from index.analysis.fold import fold
from index.article import Article
from index.engines.base import Engine, Hits
from index.errors import EngineError, IndexDamagedError, IndexMissingError, NotFoundError, QueryError
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings, zone
from search.searcher import Searcher
from search.settings import SearchSettings

TESTS = Path(__file__).parent
QUERIES = [
    json.loads(line)
    for line in (TESTS / "cases" / "example_queries.jsonl").read_text(encoding="utf-8").splitlines()
]
FLOOR = json.loads((TESTS / "quality_floor.json").read_text(encoding="utf-8"))
ANALYZER = Analyzer()
ZONE = zone("Asia/Shanghai")


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
    for article_id, part in samples(articles, examples(200)):
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
    for _ in range(examples(150)):
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


@pytest.mark.slow
def test_variants_of_a_query_find_the_same_in_the_same_order(searcher: Searcher) -> None:
    different = Counter[str]()
    for text in (record["query"] for record in QUERIES):
        wanted = search(searcher, text)
        for name, variant in VARIANTS.items():
            if (varied := variant(text)) != text:
                different[name] += 1
                found = search(searcher, varied)
                assert ids(found) == ids(wanted), varied
                assert (found.total, found.partial) == (wanted.total, wanted.partial), varied
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


# Pages


@pytest.mark.slow
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
        listed = first.total + first.partial
        for page in range(1, (listed + size - 1) // size + 1):
            results = search(searcher, text, page=page, size=size, sort=sort)
            assert (results.total, results.partial) == (first.total, first.partial)
            assert len(results.hits) == min(size, listed - len(found))
            found += ids(results)
        assert len(found) == len(set(found)) == listed
        assert not first.partial or first.total < size
        beyond = search(searcher, text, page=listed // size + 2, size=size, sort=sort)
        assert beyond.hits == ()
        assert beyond.total == first.total


def test_some_of_these_lists_go_on_with_partial_matches(searcher: Searcher) -> None:
    results = search(searcher, "临江 地铁", size=100)
    assert 0 < results.total < len(results.hits) == results.total + results.partial
    assert all(set(hit.missing) <= {"临江", "地铁"} for hit in results.hits)
    assert sum(value.count for value in results.facets["month"]) <= results.total
    strict = set(ids(search(searcher, "临江 AND 地铁")))
    assert set(exact(results)) == strict
    none = search(searcher, "放管服 李墨轩")
    assert none.total == 0
    assert none.partial == len(none.hits) > 0
    assert none.facets["month"] == ()


@pytest.mark.parametrize("word", ["2021-2023", "td-lte", "gpt4o-mini"])
def test_a_missing_word_is_written_as_it_was_understood(searcher: Searcher, word: str) -> None:
    results = search(searcher, f"临江 {word}", size=100)
    assert {text for hit in results.hits for text in hit.missing} - {"临江"} == {word}
    assert results.understood == f"临江 {word}"


def test_a_full_first_page_has_no_partial_matches(searcher: Searcher) -> None:
    strict = len(ids(search(searcher, "临江 AND 地铁")))
    assert search(searcher, "临江 地铁", size=strict).partial == 0
    assert search(searcher, "临江 地铁", size=strict).total == strict
    assert search(searcher, "临江 地铁", size=strict + 1).partial > 0


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
        ({"start": "sometime"}, "from: 'sometime' .*2022-01-04"),
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
    results = search(searcher, 'date:明天 editor:我 "')
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
        closing(Searcher(tmp_path, SearchSettings())) as searcher,
        pytest.raises(IndexMissingError, match="souwen index"),
    ):
        search(searcher, "临江")


def test_an_engine_that_is_gone_is_an_error_and_no_empty_list(example_index: Path, tmp_path: Path) -> None:
    shutil.copytree(example_index, tmp_path / "index")
    for engine in (tmp_path / "index").glob("gen-*/engine"):
        shutil.rmtree(engine)
    with (
        closing(Searcher(tmp_path / "index", SearchSettings())) as searcher,
        pytest.raises(IndexDamagedError),
    ):
        search(searcher, "临江")


def test_an_engine_that_fails_is_an_error_and_no_empty_list(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Hits:
        raise EngineError("the disk is gone")

    with searcher.reader.acquire() as index:
        engine: type[Engine] = type(index.engine)
    monkeypatch.setattr(engine, "search", fail)
    with pytest.raises(EngineError, match="the disk is gone"):
        search(searcher, "临江")


@pytest.mark.slow
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
        sync(directory, IngestRequest([posts], engine=engine), Settings())

    def await_titles(searcher: Searcher, wanted: set[str]) -> None:
        deadline = time.monotonic() + 60
        while (found := {hit.article.title for hit in search(searcher, "飞鱼").hits}) != wanted:
            assert time.monotonic() < deadline, found
            time.sleep(0.05)

    write(a="甲\n\n飞鱼飞过。", b="乙\n\n没有。")
    with closing(Searcher(directory, SearchSettings())) as searcher:
        await_titles(searcher, {"甲"})
        write(b="乙\n\n也有飞鱼，飞得更远。", c="丙\n\n飞鱼与海。")
        await_titles(searcher, {"甲", "乙", "丙"})
        (posts / "a.txt").unlink()
        write(b="乙\n\n又没有了，一点也没有。")
        await_titles(searcher, {"丙"})
        sync(directory, IngestRequest([posts], rebuild=True), Settings())
        write(d="丁\n\n飞鱼。")
        await_titles(searcher, {"丙", "丁"})
        with searcher.reader.acquire() as index:
            assert index.engine.count(query.Every()) == 3

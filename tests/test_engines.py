"""What every engine must do: one suite for all. Golden cases are in cases/engines.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from engines import document, found_ids, temporary_engine, tree, write
from whoosh import query

from index.analysis.document import FACET_FIELDS, UNIT_FIELDS, WORD_FIELDS
from index.engines import bm25
from index.engines.base import Engine, Hit, Hits, Sort, engine_class
from index.engines.nodes import GramPhrase
from index.errors import EngineError, IndexDamagedError

GOLDEN = json.loads((Path(__file__).parent / "cases" / "engines.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def golden(name: str) -> Iterator[Engine]:
    """The documents of the golden cases. Not to be written to."""
    documents = [document(d.pop("id"), **d) for d in map(dict, GOLDEN["documents"])]
    with temporary_engine(name, documents) as made:
        yield made


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["comment"])
def test_golden_case(golden: Engine, case: dict[str, Any]) -> None:
    node = tree(case["tree"])
    found = golden.search(
        node,
        sort=Sort(case.get("sort", "relevance")),
        offset=case.get("offset", 0),
        limit=case.get("limit", 100),
    )
    ids = [hit.id for hit in found.hits]
    if "ids" in case:
        assert ids == case["ids"]
    else:
        assert sorted(ids) == case["set"]
    total = case.get("total", len(ids))
    assert found.total == total
    assert golden.count(node) == total
    scores = {hit.id: hit.score for hit in found.hits}
    for document_id, score in case.get("scores", {}).items():
        assert scores[document_id] == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("case", GOLDEN["facets"], ids=lambda case: case["comment"])
def test_golden_facets(golden: Engine, case: dict[str, Any]) -> None:
    wanted = case["facets"]
    node = tree(case["tree"])
    found = golden.facets(node, list(wanted))
    assert {field: dict(values) for field, values in found.items()} == wanted
    some = query.AndMaybe(query.ConstantScoreQuery(node, 0.0), query.Term("words", "改革"))
    for asked in (node, some):  # what only scores is not counted
        for sort in Sort:
            page = golden.search(asked, sort=sort, offset=1, limit=1, facets=list(wanted))
            assert {field: dict(values) for field, values in page.facets.items()} == wanted


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("scores", [["改革"], ["改革", "公安", "没有的"], ["没有的"]])
def test_many_ways_to_match_are_matched_as_few_are(golden: Engine, scores: list[str], limit: int) -> None:
    """Where most documents match, an engine may look for the best apart from counting them all, or count no
    further than it is asked to."""
    words = ["改革", "公安", "新规", "交管", "零点", "随笔", "未来", "远古", "前夜"]
    ways = [query.Term(field, word) for word in words for field in ("title_grams", "words")]
    several = query.Or([query.Or(ways[:9]), query.Or(ways[9:])])
    wanted = golden.search(_scored(several, scores), sort=Sort.RELEVANCE, offset=0, limit=100)
    assert wanted.total == golden.count(several) > 5
    found: list[Hit] = []
    for offset in range(0, wanted.total + 1, limit):
        page = golden.search(
            _scored(query.Or(ways), scores),
            sort=Sort.RELEVANCE,
            offset=offset,
            limit=limit,
            facets=["month_facet"],
        )
        assert (page.total, page.facets) == (wanted.total, golden.facets(several, ["month_facet"]))
        found += page.hits
        for most in (2, 100):
            bare = golden.search(
                _scored(query.Or(ways), scores),
                sort=Sort.RELEVANCE,
                offset=offset,
                limit=limit,
                count_to=most,
            )
            assert bare.hits == page.hits
            assert min(bare.total, most) == min(wanted.total, most)
    assert [hit.id for hit in found] == [hit.id for hit in wanted.hits]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted.hits])


def _scored(match: query.Query, words: list[str]) -> query.Query:
    scores = [query.Term("words", word) for word in words]
    return query.AndMaybe(query.ConstantScoreQuery(match, 0.0), query.Or(scores))


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_together_are_the_list(golden: Engine, sort: Sort, limit: int) -> None:
    for case in GOLDEN["cases"]:
        node = tree(case["tree"])
        whole = golden.search(node, sort=sort, offset=0, limit=100)
        pages: list[str] = []
        for offset in range(0, whole.total + 1, limit):
            page = golden.search(node, sort=sort, offset=offset, limit=limit)
            assert page.total == whole.total
            pages += [hit.id for hit in page.hits]
        assert pages == [hit.id for hit in whole.hits], case["comment"]


@pytest.mark.parametrize("sort", Sort)
def test_more_ties_than_fit_a_page_are_ordered_across_pages(engine: Engine, sort: Sort) -> None:
    # Ids and dates are in no order in which they are added, and lie in two segments.
    documents = [document(f"{i * 37 % 150:03d}", body="改革", date=i * 53 % 7 or None) for i in range(150)]
    write(engine, documents[:80])
    write(engine, documents[80:])
    keys = {d.id: d.date for d in documents}
    if sort is Sort.OLDEST:
        wanted = sorted(keys, key=lambda i: (keys[i] is None, keys[i] or 0, i))
    else:
        wanted = sorted(keys, key=lambda i: (keys[i] is None, -(keys[i] or 0), i))
    node = query.ConstantScoreQuery(query.Term("words", "改革"), 1.0)
    whole = found_ids(engine, node, sort)
    if sort is Sort.NEWEST:  # within a date by id from the end, see Document.newest_key
        assert [keys[i] for i in whole] == [keys[i] for i in wanted]
    else:
        assert whole == wanted
    for offset in (0, 1, 31, 32, 80, 149, 150):
        page = engine.search(node, sort=sort, offset=offset, limit=1)
        assert [hit.id for hit in page.hits] == whole[offset : offset + 1]
    for limit in (9, 32, 33, 149, 150, 151):
        pages = [engine.search(node, sort=sort, offset=o, limit=limit).hits for o in range(0, 151, limit)]
        assert [hit.id for page in pages for hit in page] == whole


def test_scores_fall_from_page_to_page(engine: Engine) -> None:
    write(engine, [document(f"{i:02d}", body="改革 " * (i % 9 + 1) + "部门 " * 9) for i in range(60)])
    node = query.Term("words", "改革")
    pages = [
        hit.score
        for offset in range(0, 60, 7)
        for hit in engine.search(node, sort=Sort.RELEVANCE, offset=offset, limit=7).hits
    ]
    assert len(pages) == 60
    assert pages == sorted(pages, reverse=True)
    assert len(set(pages)) == 9


def test_terms_and_phrases_are_scored_by_bm25(engine: Engine) -> None:
    bodies = {
        "one": "甲乙丙丁" + "戊" * 20,
        "three": "甲乙丙甲乙丙甲乙丙",
        "long": "甲乙丙" * 4 + "戊" * 90,
        "none": "乙丙甲" + "戊" * 30,
    }
    write(engine, [document(i, body=body) for i, body in bodies.items()])
    lengths = {i: len(body) for i, body in bodies.items()}
    average = sum(lengths.values()) / len(lengths)

    def check(node: query.Query, idf: float, frequencies: dict[str, int]) -> None:
        hits = engine.search(node, sort=Sort.RELEVANCE, offset=0, limit=10).hits
        wanted = {
            i: 2 * bm25.score(idf, frequency, bm25.stored_length(lengths[i]), average)
            for i, frequency in frequencies.items()
        }
        assert {hit.id: hit.score for hit in hits} == pytest.approx(wanted, rel=1e-3)

    check(query.Term("body_grams", "甲乙", boost=2.0), bm25.idf(4, 3), {"one": 1, "three": 3, "long": 4})
    idf = bm25.idf(4, 3) + bm25.idf(4, 4)
    phrase = GramPhrase("body_grams", ((0, "甲乙"), (1, "乙丙")), boost=2.0)
    check(phrase, idf, {"one": 1, "three": 3, "long": 4})


def test_an_empty_index_has_nothing(engine: Engine) -> None:
    for case in GOLDEN["cases"]:
        for sort in Sort:
            found = engine.search(tree(case["tree"]), sort=sort, offset=case.get("offset", 0), limit=10)
            assert found == Hits((), 0), case["comment"]
    assert engine.count(query.Every()) == 0
    assert engine.facets(query.Every(), FACET_FIELDS) == {field: [] for field in FACET_FIELDS}
    assert engine.ids() == set()
    assert engine.terms("words", "") == []


def test_what_is_not_committed_is_not_seen(engine: Engine) -> None:
    write(engine, [document("old", body="改革")])
    with engine.writer() as writer:
        writer.add(document("new", body="改革"))
        writer.delete("old")
        engine.refresh()
        assert engine.ids() == {"old"}
        assert found_ids(engine, query.Term("words", "改革")) == ["old"]
        writer.commit()
        engine.refresh()
        assert engine.ids() == {"new"}
        assert found_ids(engine, query.Term("words", "改革")) == ["new"]


def test_several_commits_of_one_writer(engine: Engine) -> None:
    with engine.writer() as writer:
        for number in range(3):
            writer.add(document(str(number), body="改革"))
            writer.commit()
            engine.refresh()
            assert engine.count(query.Every()) == number + 1


def test_another_reader_sees_a_commit_after_refresh(name: str, engine: Engine, tmp_path: Path) -> None:
    write(engine, [document("a", body="改革")])
    with closing(engine_class(name).open(tmp_path / "engine")) as other:
        assert other.ids() == {"a"}
        write(engine, [document("b", body="改革")], deleted=["a"])
        other.refresh()
        assert other.ids() == {"b"}
        assert other.count(query.Term("words", "改革")) == 1


def test_what_a_writer_did_not_commit_is_dropped(name: str, engine: Engine, tmp_path: Path) -> None:
    write(engine, [document("kept", body="改革")])
    with engine.writer() as writer:
        writer.add(document("dropped", body="改革"))
        writer.delete("kept")
    engine.refresh()
    assert engine.ids() == {"kept"}
    with pytest.raises(ZeroDivisionError), engine.writer() as writer:
        writer.add(document("dropped", body="改革"))
        raise ZeroDivisionError
    write(engine, [document("next", body="改革")])  # the way is free for another writer
    assert engine.ids() == {"kept", "next"}
    with closing(engine_class(name).open(tmp_path / "engine")) as other:
        assert other.ids() == {"kept", "next"}


def test_delete(engine: Engine) -> None:
    write(engine, [document("a", body="改革", month_facet=["2022-01"]), document("b", body="改革")])
    write(engine, deleted=["a", "never there"])
    assert found_ids(engine, query.Term("words", "改革")) == ["b"]
    assert engine.count(query.Every()) == 1
    assert engine.ids() == {"b"}
    assert engine.count(query.Not(query.Term("id", "b"))) == 0
    assert engine.facets(query.Every(), ["month_facet"]) == {"month_facet": []}


def test_delete_takes_whole_ids_only(engine: Engine) -> None:
    ids = ["a", "a/b", "a b", "A", "文章/一.md#1", "·|*"]
    write(engine, [document(i, body="改革") for i in ids])
    write(engine, deleted=["a"])
    assert engine.ids() == set(ids) - {"a"}
    write(engine, deleted=["文章/一.md#1", "·|*"])
    assert engine.ids() == {"a/b", "a b", "A"}


def test_replace(engine: Engine) -> None:
    write(engine, [document("a", title="旧", body="旧 文", author=["张三"], date=1)])
    write(engine, [document("a", title="新", body="新 文", date=2)], deleted=["a"])
    assert engine.count(query.Every()) == 1
    assert found_ids(engine, query.Term("words", "新")) == ["a"]
    assert found_ids(engine, query.Term("words", "旧")) == []
    assert found_ids(engine, query.Term("author", "张三")) == []
    assert found_ids(engine, query.NumericRange("date", 2, 2)) == ["a"]


def test_changes_of_one_commit_are_made_in_their_order(engine: Engine) -> None:
    write(engine, [document("known", body="零")])
    with engine.writer() as writer:
        writer.add(document("gone", body="一"))
        writer.delete("gone")
        for text in "一二三":
            writer.delete("again")
            writer.add(document("again", body=text))
            writer.delete("known")
            writer.add(document("known", body=text))
        writer.commit()
    engine.refresh()
    assert engine.ids() == {"again", "known"}
    assert engine.count(query.Every()) == 2
    assert engine.count(query.Term("words", "三")) == 2
    assert engine.count(query.Prefix("words", "")) == 2


def test_what_was_committed_is_there_when_it_is_opened_again(
    name: str, engine: Engine, tmp_path: Path
) -> None:
    write(engine, [document("a", body="公安 部门", date=5, month_facet=["1970-01"])])
    with closing(engine_class(name).open(tmp_path / "engine")) as engine:
        assert found_ids(engine, GramPhrase("body_grams", ((0, "公安"), (2, "部门")))) == ["a"]
        assert engine.facets(query.Every(), ["month_facet"]) == {"month_facet": [("1970-01", 1)]}
        write(engine, [document("b", body="公安")])
        assert engine.ids() == {"a", "b"}


def test_terms_and_their_document_frequencies(golden: Engine) -> None:
    assert sorted(golden.terms("title_grams", "改")) == [("改革", 3)]
    assert len(golden.terms("title_grams", "")) == 22
    assert sorted(golden.terms("words", "公")) == [("公安", 3)]
    assert sorted(golden.terms("body_grams", "新")) == [("新规", 2)]
    assert golden.terms("body_units", "改") == [("改", 7)]
    assert golden.terms("words", "没") == []


def test_document_frequencies_of_tokens_that_are_named(golden: Engine) -> None:
    """Of what only starts others, or is not there, none."""
    assert golden.frequencies("title_grams", ["改革", "改", "没有", "公安"]) == {"改革": 3, "公安": 1}
    assert golden.frequencies("body_grams", ["新规", "新"]) == {"新规": 2}
    assert golden.frequencies("body_units", []) == {}
    for field in (*WORD_FIELDS, *UNIT_FIELDS):
        listed = dict(golden.terms(field, ""))
        assert golden.frequencies(field, [*listed, "没有的"]) == listed


def test_ids(golden: Engine) -> None:
    assert golden.ids() == set("abcdefghij")


def test_a_node_that_no_engine_knows_is_an_error(golden: Engine) -> None:
    for node in (query.Wildcard("words", "改*"), query.And([query.FuzzyTerm("words", "改")])):
        with pytest.raises(EngineError):
            golden.search(node, sort=Sort.RELEVANCE, offset=0, limit=10)
        with pytest.raises(EngineError):
            golden.count(node)
        with pytest.raises(EngineError):
            golden.facets(node, FACET_FIELDS)


def test_searches_from_several_threads_while_documents_are_written(engine: Engine) -> None:
    write(engine, [document(f"{i:03d}", body="改革 部门") for i in range(40)])
    node = GramPhrase("body_grams", ((0, "改革"), (2, "部门")))

    def search(_: int) -> int:
        engine.refresh()
        found = engine.search(node, sort=Sort.RELEVANCE, offset=0, limit=100)
        assert len(found.hits) == found.total
        assert len({hit.id for hit in found.hits}) == found.total
        return found.total

    with ThreadPoolExecutor(8) as pool:
        totals = pool.map(search, range(80))
        for i in range(5):
            with engine.writer() as writer:
                writer.delete(f"{i:03d}")
                writer.commit()
        assert set(totals) <= set(range(35, 41))
    engine.refresh()
    assert search(0) == 35


def test_open_says_what_is_damaged(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(IndexDamagedError, match="empty"):
        engine_class(name).open(tmp_path / "empty")
    with pytest.raises(IndexDamagedError, match="nowhere"):
        engine_class(name).open(tmp_path / "nowhere")


def test_an_unknown_engine_is_an_error_that_names_those_known() -> None:
    with pytest.raises(EngineError, match=r"'lucene'.*tantivy, whoosh"):
        engine_class("lucene")

"""Copies and series are folded below the best of them: nothing is lost, and every page agrees."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from archive import Archive
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pages import one, page_at

from index.analysis.sketch import keys_of, letters, resemble, sketches_of
from index.article import Article
from index.engines.base import Hit, Hits
from index.errors import QueryError
from search.folding import WINDOWS, Listed, fold, list_hits
from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher
from search.second_look import Page
from web.app import create_app
from web.display import headline
from web.settings import WebSettings

_NOTICE = "临江大桥今日起实行单双号限行，公交车与救护车不受影响，限行时间为每日七时至二十时。"
_ISSUES = (
    "城北湿地的白鹭比去年多了三成，园方在东岸加设观鸟台，周末限行车辆绕行南门。",
    "老城区供水管道昨夜抢修完毕，今晨六时恢复供水，施工路段限行两日后解除。",
    "少年宫航模队在省赛中夺得两金一银，教练说下个月还要参加全国比赛，返程车辆遇限行。",
)
# Copies by their number; an article of another text; stubs of ten characters that fold nothing.
_COPIES = 12


def write_notices(archive: Archive) -> None:
    """Copies of a notice, a series, two stubs and an article of its own; all have 限行."""
    for number in range(_COPIES):
        archive.post(f"copy{number:02}.md", f"{_NOTICE}（{number}）", "临江大桥限行通告")
    for number, text in enumerate(_ISSUES):
        archive.post(f"issue{number}.md", text, "临江快讯")
    for number in range(2):
        archive.post(f"stub{number}.md", "限行快讯查看原文", "限行")
    archive.post(
        "other.md",
        "关于限行措施的评论：限行能否缓解拥堵，要看公共交通是否跟得上，也要看停车是否收费。",
        "评论",
    )


@pytest.fixture
def notices(any_archive: Archive) -> Archive:
    write_notices(any_archive)
    any_archive.sync()
    return any_archive


def _search(archive: Archive, text: str = "限行", **parameters: Any) -> Results:
    with closing(Searcher(archive.directory, archive.settings)) as searcher:
        return searcher.search(SearchRequest(text, **parameters))


def _names(results: Results) -> list[str]:
    return [Path(hit.article.path).stem for hit in results.hits]


def _groups(results: Results) -> dict[str, tuple[int, int]]:
    """The number of copies, and of others of the title, below each hit with any."""
    return {
        hit.article.title: (len(hit.folded.copies), len(hit.folded.series))
        for hit in results.hits
        if hit.folded.ids
    }


def test_copies_and_series_stand_below_the_best(notices: Archive) -> None:
    folded, each = _search(notices, size=100), _search(notices, size=100, fold="off")
    assert _groups(folded) == {"临江大桥限行通告": (_COPIES - 1, 0), "临江快讯": (0, len(_ISSUES) - 1)}
    assert (folded.total, folded.facets) == (each.total, each.facets)
    assert each.total == len(each.hits) == _COPIES + len(_ISSUES) + 3
    assert folded.folded == each.total - len(folded.hits) == _COPIES + len(_ISSUES) - 2
    order = [hit.article.id for hit in each.hits]
    listed = [hit.article.id for hit in folded.hits]
    below = [article_id for hit in folded.hits for article_id in hit.folded.ids]
    assert sorted(listed + below) == sorted(order)
    assert listed == [article_id for article_id in order if article_id in set(listed)]
    for hit in folded.hits:
        group = (hit.article.id, *hit.folded.ids)
        assert list(group) == [article_id for article_id in order if article_id in group]
    assert not each.folded
    assert not any(hit.folded.ids for hit in each.hits)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_sorted_by_date_all_are_listed(notices: Archive, sort: str) -> None:
    assert len(_search(notices, size=100, sort=sort).hits) == _COPIES + len(_ISSUES) + 3


def test_pages_are_parts_of_the_folded_list(notices: Archive) -> None:
    whole = _names(_search(notices, size=100))
    for size in (1, 2, 3):
        pages = [_search(notices, size=size, page=page) for page in range(1, len(whole) + 2)]
        assert [name for page in pages for name in _names(page)] == whole
        assert {page.listed for page in pages} == {len(whole)}


def test_what_is_folded_is_a_search_of_its_own(notices: Archive) -> None:
    best = _search(notices).hits[0]
    if not best.folded.ids:
        best = next(hit for hit in _search(notices).hits if hit.folded.ids)
    group = {best.article.id, *best.folded.ids}
    for asked in group:  # also by an article that is folded
        found = _search(notices, like=asked, size=100)
        assert {hit.article.id for hit in found.hits} == group
        assert (found.total, found.folded) == (len(group), 0)
    assert [hit.article.id for hit in _search(notices, like="nobody").hits] == []
    newest = _search(notices, like=best.article.id, sort="newest", size=2)
    assert (newest.total, len(newest.hits)) == (len(group), 2)


def test_added_one_by_one_is_as_rebuilt(notices: Archive) -> None:
    rebuilt = _groups(_search(notices, size=100))
    for name in ("copy03.md", "issue1.md"):
        text = (notices.folder / name).read_text("utf-8")
        (notices.folder / name).unlink()
        notices.sync()
        assert _groups(_search(notices, size=100)) != rebuilt
        notices.write(name, text)
        notices.sync()
        assert _groups(_search(notices, size=100)) == rebuilt


def test_partial_matches_are_folded_too(notices: Archive) -> None:
    found = _search(notices, "限行 评论 停车", size=20)
    assert (found.total, found.folded, found.partial) == (1, 0, 1 + 1 + 2)  # copies, series, stubs
    assert _names(found)[0] == "other"
    assert _groups(found)["临江大桥限行通告"] == (_COPIES - 1, 0)
    assert len(found.hits) == found.listed
    second = _search(notices, "限行 评论 停车", size=2, page=2)
    assert _names(second) == _names(found)[2:4]


def test_more_copies_than_a_window_are_folded_where_the_page_has_room(archive: Archive) -> None:
    count = WINDOWS[0] + 7
    archive.lines("all.jsonl", {f"{number:03}": f"{_NOTICE}{number}" for number in range(count)})
    archive.sync()
    found = _search(archive, size=5)
    assert (found.total, found.folded, found.listed, len(found.hits)) == (count, count - 1, 1, 1)


def test_behind_the_last_window_hits_stand_as_they_are() -> None:
    hits = tuple(Hit(f"{number:03}", 1.0) for number in range(WINDOWS[0] + 7))
    (sketch,) = sketches_of([("临江大桥", _NOTICE)])

    def ranked(offset: int, limit: int) -> Page:
        part = hits[offset : offset + limit]
        return Page(part, Hits(part, len(hits)))

    def listed(offset: int) -> Listed:
        sketches = dict.fromkeys((hit.id for hit in hits), sketch)
        return list_hits(ranked, lambda _: sketches, offset, 5, folds=True, most=WINDOWS[0])

    first, last = listed(0), listed(5)
    assert first.folded == last.folded == WINDOWS[0] - 1
    shown = [entry.hit.id for entry in (*first.entries, *last.entries)]
    assert shown == ["000", *(hit.id for hit in hits[WINDOWS[0] :])]


def test_another_value_is_refused(archive: Archive) -> None:
    archive.post("a.md", _NOTICE)
    archive.sync()
    with pytest.raises(QueryError, match="fold: 'maybe' is not one of on, off"):
        _search(archive, fold="maybe")


def test_machines_that_share_an_index_fold_alike(machine: Callable[[str], Archive], archive: Archive) -> None:
    shared = machine("first")
    for each in (shared, archive):
        write_notices(each)
        each.sync()
    there, here = _search(shared, size=100), _search(archive, size=100)
    assert _groups(there) == _groups(here)
    assert (there.total, there.folded) == (here.total, here.folded)


_PARTS = [f"{chr(0x4E00 + 40 * number)}" * 3 + _NOTICE[number : number + 25] for number in range(6)]
_texts = st.lists(st.lists(st.sampled_from(_PARTS), min_size=0, max_size=6).map("".join), max_size=30)


@given(_texts, st.lists(st.sampled_from(["", "快讯", "通告"]), min_size=30, max_size=30))
def test_each_hit_stands_once(texts: list[str], titles: list[str]) -> None:
    kept = sketches_of([(title, letters(text)) for title, text in zip(titles, texts, strict=False)])
    sketches = {str(number): sketch for number, sketch in enumerate(kept)}
    hits = [Hit(name, 1.0) for name in sketches]
    entries = fold(hits, lambda ids: {name: sketches[name] for name in ids})
    assert entries == fold(hits, lambda ids: sketches)
    assert sorted(i for entry in entries for i in (entry.hit.id, *entry.folded.ids)) == sorted(sketches)
    for entry in entries:
        best = sketches[entry.hit.id]
        for article_id in entry.folded.ids:
            other = sketches[article_id]
            assert int(article_id) > int(entry.hit.id)
            assert resemble(best, other) is (article_id in entry.folded.copies)
            assert article_id in entry.folded.copies or keys_of(best)[0] == keys_of(other)[0] != 0


@pytest.fixture
def notice_client(archive: Archive) -> FlaskClient:
    write_notices(archive)
    archive.sync()
    return create_app(WebSettings(index=str(archive.directory))).test_client()


def test_the_interface_tells_what_is_folded(notice_client: FlaskClient) -> None:
    found = notice_client.get("/api/search", query_string={"q": "限行"}).get_json()
    folded = {hit["title"]: hit["folded"] for hit in found["hits"]}
    assert set(folded["临江大桥限行通告"]) == {"count", "ids"}
    assert folded["临江大桥限行通告"]["count"] == len(folded["临江大桥限行通告"]["ids"]) == _COPIES - 1
    assert folded["临江快讯"]["series"] == folded["临江快讯"]["count"] == len(_ISSUES) - 1
    assert folded["评论"] == {"count": 0, "ids": []}
    assert found["total"] - found["folded"] == len(found["hits"])
    each = notice_client.get("/api/search", query_string={"q": "限行", "fold": "off", "size": 100}).get_json()
    assert len(each["hits"]) == each["total"] == found["total"]
    refused = notice_client.get("/api/search", query_string={"q": "限行", "fold": "maybe"})
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (400, "bad_query")


@pytest.mark.parametrize("path", ["/search.csv", "/search.jsonl", "/feed.atom"])
def test_downloads_and_feeds_have_all(notice_client: FlaskClient, path: str) -> None:
    answer = notice_client.get(path, query_string={"q": "限行", "size": 100})
    assert answer.text.count("临江大桥限行通告") >= _COPIES


def test_the_page_opens_copies_in_place_and_as_a_search(notice_client: FlaskClient) -> None:
    page = page_at(notice_client, "/search", q="限行", lang="zh-Hans")
    summaries = [summary.get_text() for summary in page.select("details.folded > summary")]
    assert sorted(summaries) == [f"临江快讯：还有 {len(_ISSUES) - 1} 期", f"另有 {_COPIES - 1} 篇相似"]
    copies = page.find("summary", string=f"另有 {_COPIES - 1} 篇相似").parent
    links = [link["href"] for link in copies.select("a")]
    assert len(links) == 11  # ten articles, and the search
    listing = page_at(notice_client, links[-1])
    assert len(listing.select(".hit")) == 10
    assert f"{_COPIES}" in one(listing, ".summary strong").get_text()
    assert listing.select_one(".chips").get_text(strip=True).startswith("相似于")
    assert page.select_one(".summary a[href*='fold=off']") is not None
    each = page_at(notice_client, "/search", q="限行", fold="off")
    assert not each.select("details.folded")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("快讯\n本报讯（记者站）：\n渡口通车\n别的", "渡口通车"),
        ("渡口通车：三座桥\n别的", "渡口通车：三座桥"),
        ("本报讯：", "快讯"),
        ("", "快讯"),
    ],
)
def test_an_article_of_a_series_has_a_headline_of_its_own(text: str, wanted: str) -> None:
    assert headline(Article(id="a", path="a", title="快讯", text=text)) == wanted

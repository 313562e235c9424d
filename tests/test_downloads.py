"""A result list as a file: what the page lists, all of it, safe to open."""

from __future__ import annotations

import csv
import io
import json
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from archive import Archive
from flask import Flask
from flask.testing import FlaskClient

from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher
from web.app import create_app
from web.downloads import COLUMNS
from web.pool import SECONDS, SLOTS, SLOTS_OF_ADDRESS, DownloadTooSlowError, Pool
from web.settings import WebSettings


def _rows(client: FlaskClient, **arguments: Any) -> list[dict[str, str]]:
    answer = client.get("/search.csv", query_string=arguments)
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufefftitle,")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def _lines(client: FlaskClient, **arguments: Any) -> list[dict[str, Any]]:
    answer = client.get("/search.jsonl", query_string=arguments)
    assert answer.status_code == 200
    assert answer.content_type == "application/x-ndjson"
    return [json.loads(line) for line in answer.data.decode().splitlines()]


def _hits(client: FlaskClient, **arguments: Any) -> list[dict[str, Any]]:
    """The full matches of all pages of the API."""
    found: list[dict[str, Any]] = []
    for page in range(1, 100):
        part = json.loads(client.get("/api/search", query_string=arguments | {"page": page}).data)["hits"]
        if not part:
            return found
        found += [hit for hit in part if not hit["missing"]]
    raise AssertionError("endless")


@pytest.mark.parametrize(
    "arguments",
    [
        {"q": "临江"},
        {"q": "临江 地铁"},  # partial matches follow on the pages
        {"q": "的", "sort": "oldest"},
        {"q": "临江", "category": "金融", "from": "2022", "to": "2023", "sort": "newest"},
        {"author": "临江财经"},
        {"q": "临江 经济", "size": 30},
        {"q": '"绝无此句"'},
    ],
)
def test_a_file_has_what_the_pages_have(client: FlaskClient, arguments: dict[str, Any]) -> None:
    expected = _hits(client, **arguments)
    assert _lines(client, **arguments) == expected
    assert [row["id"] for row in _rows(client, **arguments)] == [hit["id"] for hit in expected]
    assert _lines(client, **arguments, page=3) == expected


def test_a_row_is_for_people(client: FlaskClient) -> None:
    [row] = _rows(client, q='title:"临江地铁"', to="2022-02", sort="oldest")[:1]
    assert tuple(row) == COLUMNS
    assert row["url"].startswith("http://localhost/article/")
    assert client.get(row["url"]).status_code == 200
    assert "<mark>" not in row["snippets"]
    [hit] = _lines(client, q='title:"临江地铁"', to="2022-02", sort="oldest")[:1]
    assert hit["date"] != row["date"][:10]
    assert len(row["date"]) == len("2022-01-04 14:00:06")


def test_a_file_is_named_for_its_query(client: FlaskClient) -> None:
    said = client.get("/search.csv", query_string={"q": '临江 "../a\r\nb"'}).headers["Content-Disposition"]
    assert said.startswith("attachment;")
    assert said.endswith("souwen-%E4%B8%B4%E6%B1%9F_a_b.csv")


def test_what_is_wrong_is_said_before_a_file_begins(client: FlaskClient) -> None:
    assert client.get("/search.csv?q=a&sort=best").status_code == 400
    assert client.get("/search.jsonl?q=" + "长" * 1001).status_code == 400


FORMULAS = ['=HYPERLINK("http://evil.example")', "+1+1", "-2+3", "@SUM(1)", "\t=1", "＝1+1"]
SIGNS = "=+-@﹢﹣﹦﹫＋－＝＠"
UNSEEN = "\u00ad\u034f\u061c\u180e\ufe0f\u200b\ufeff\u2066"
FORMULAS += [f"{sign}1" for sign in SIGNS] + [f"{unseen}=1" for unseen in UNSEEN]


def test_no_cell_is_a_formula(archive: Archive) -> None:
    lines = [
        {"id": f"{number}", "title": f"{text} 公式", "author": text, "text": "公式"}
        for number, text in enumerate(FORMULAS)
    ]
    archive.write("a.jsonl", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    archive.sync()
    app = create_app(WebSettings(index=str(archive.directory)))
    rows = _rows(app.test_client(), q="公式")
    assert len(rows) == len(FORMULAS)
    assert not [
        cell for row in rows for cell in row.values() if cell.lstrip(f" \t{UNSEEN}")[:1] in tuple(SIGNS)
    ]
    seen = str.maketrans("", "", UNSEEN)
    authors = [row["author"].translate(seen) for row in rows]
    assert sorted(authors) == sorted(f"'{text.translate(seen).strip()}" for text in FORMULAS)
    app.extensions["souwen"].close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An archive of six hundred articles."""
    folder = tmp_path_factory.mktemp("many")
    archive = Archive(folder / "posts", folder / "index")
    archive.lines("many.jsonl", {f"{number:04}": "正文 " + "很长" * 200 for number in range(600)})
    archive.sync()
    return create_app(WebSettings(index=str(archive.directory), max_hits=550))


def test_a_file_ends_at_the_last_hit_that_the_settings_allow(many: Flask) -> None:
    found = _lines(many.test_client(), q="正文")
    assert len({hit["id"] for hit in found}) == len(found) == 550


@pytest.mark.slow
def test_memory_does_not_grow_with_a_file(many: Flask) -> None:
    client = many.test_client()

    def peak(to_read: int) -> int:
        tracemalloc.start()
        answer = client.get("/search.jsonl?q=正文", buffered=False)
        parts = iter(answer.response)
        assert sum(len(next(parts)) for _ in range(to_read)) > 0
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        answer.close()
        return found

    peak(2)
    assert peak(6) < 1.5 * peak(2)


def test_a_file_is_sent_as_it_is_found(many: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[int] = []
    search = Searcher.search

    def counted(searcher: Searcher, request: SearchRequest, *, advise: bool) -> Results:
        assert not advise  # nobody reads it there
        searches.append(request.page)
        return search(searcher, request, advise=advise)

    monkeypatch.setattr(Searcher, "search", counted)
    with many.test_client().get("/search.jsonl?q=正文", buffered=False) as answer:
        assert answer.content_length is None
        assert next(iter(answer.response))
        assert len(searches) < 4


def test_downloads_leave_threads_for_searches(many: Flask) -> None:
    """Clients that don't read on keep a thread each; when they leave, others may download."""
    client = many.test_client()
    with ExitStack() as unread:
        answers = []
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::2", "192.0.2.9"):
            told = {"X-Forwarded-For": address}
            answers.append(client.get("/search.jsonl?q=正文", headers=told, buffered=False))
            unread.callback(answers[-1].close)
        assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200, 503]
        assert answers[-1].headers["Retry-After"] == "60"
        assert answers[-1].json == {
            "error": {
                "code": "service_unavailable",
                "message": "too many downloads are in progress. Try again in a minute.",
            }
        }
        assert client.get("/api/search?q=正文").status_code == 200
    assert client.get("/search.jsonl?q=正文").status_code == 200
    assert client.head("/search.csv?q=正文").status_code == 200


def test_a_download_has_so_long_as_a_whole() -> None:
    now = 0.0
    pool = Pool(lambda: now)
    lines = pool.send(pool.enter("192.0.2.1"), ["a", "b", "c"])
    assert [next(lines), next(lines)] == ["a", "b"]
    now += SECONDS + 1
    with pytest.raises(DownloadTooSlowError):
        next(lines)
    for _ in range(SLOTS_OF_ADDRESS):  # its slot is free again
        pool.enter("192.0.2.1")


def test_downloads_work_in_turn() -> None:
    pool = Pool()
    working = 0
    seen = set()

    def work() -> Iterator[str]:
        nonlocal working
        for _ in range(20):
            working += 1
            time.sleep(0.001)
            seen.add(working)
            working -= 1
            yield "a"

    with ThreadPoolExecutor() as threads:
        done = [
            threads.submit(list, pool.send(pool.enter(f"192.0.2.{number}"), work()))
            for number in range(SLOTS)
        ]
        assert [len(each.result()) for each in done] == [20] * SLOTS
    assert seen == {1}

"""The query log: what is counted, for how long, by several at once; what is made of it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive
from click.testing import CliRunner
from flask import Flask

from cli.main import souwen
from index.errors import SettingsError
from search.assist.query_log import LivePastQueries, LoggedQuery, QueryLog, read_queries
from search.searcher import Searcher
from web.app import create_app
from web.settings import WebSettings

DAYS = 90


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "queries.sqlite"


def _logged(file: Path, *searches: tuple[str, int]) -> None:
    with closing(QueryLog(file, DAYS)) as log:
        for query, articles in searches:
            log.record(query, articles)


def test_searches_are_counted(file: Path) -> None:
    _logged(file, ("地铁", 3), ("彗星", 0), ("地铁", 3), ("  地铁\t 票价 ", 1))
    _logged(file, ("地铁", 4), ("彗星", 0))
    assert read_queries(file, DAYS, 10) == [
        LoggedQuery("地铁", 3, 4), LoggedQuery("彗星", 2, 0), LoggedQuery("地铁 票价", 1, 1)
    ]  # fmt: skip
    assert [logged.query for logged in read_queries(file, DAYS, 1)] == ["地铁"]
    assert [logged.query for logged in read_queries(file, DAYS, 10, found=False)] == ["彗星"]
    assert [logged.query for logged in read_queries(file, DAYS, 10, least=2, found=True)] == ["地铁"]


def test_it_forgets(file: Path) -> None:
    _logged(file, ("地铁", 3))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO queries VALUES ('2020-01-01', '旧', 5, 1)")
    assert [logged.query for logged in read_queries(file, 100_000, 10)] == ["旧", "地铁"]
    assert [logged.query for logged in read_queries(file, DAYS, 10)] == ["地铁"]
    _logged(file)
    assert [logged.query for logged in read_queries(file, 100_000, 10)] == ["地铁"]


def test_several_write_and_nothing_is_lost(file: Path) -> None:
    logs = [QueryLog(file, DAYS) for _ in range(4)]
    for number in range(400):
        logs[number % 4].record(f"地铁{number % 10}", number)
    for log in logs:
        log.close()
    assert sum(logged.searches for logged in read_queries(file, DAYS, 100)) == 400


def test_what_cant_be_written_yet_waits(file: Path) -> None:
    with closing(QueryLog(file, DAYS, timeout=0)) as log, closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        log.record("地铁", 1)
        log.write()
        other.rollback()
        log.record("地铁", 2)
    assert read_queries(file, DAYS, 10) == [LoggedQuery("地铁", 2, 2)]


def test_what_waits_has_a_limit(file: Path) -> None:
    """Also what comes while a file can't be written."""
    log = QueryLog(file, DAYS, most_waiting=3, timeout=0)
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(5):
            log.record(f"甲{number}", 1)
        log.write()
        for number in range(5):
            log.record(f"乙{number}", 1)
        other.rollback()
    log.close()
    assert {logged.query for logged in read_queries(file, DAYS, 10)} == {"甲0", "甲1", "甲2"}


def test_a_file_that_cant_be_used_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("no database" * 100)
    for path in (tmp_path / "none" / "q.sqlite", other):
        with pytest.raises(SettingsError, match=r"query_log: .*Name a file"):
            QueryLog(path, DAYS)
        with pytest.raises(SettingsError, match="query_log"):
            read_queries(path, DAYS, 10)


@pytest.fixture
def app(example_index: Path, file: Path) -> Iterator[Flask]:
    made = create_app(WebSettings(index=str(example_index), query_log=str(file)))
    with closing(made.extensions["souwen"]):
        yield made


def test_only_what_somebody_searched_for_is_logged(app: Flask, file: Path) -> None:
    client = app.test_client()
    for path in (
        "/search?q=临江",
        "/api/search?q=临江&size=5",
        "/search?q=不在此处&sort=newest",
        "/search?q=",
    ):
        assert client.get(path).status_code == 200
    for path in ("/search?q=页&page=2", "/search?q=类&category=金融", "/feed.atom?q=源", "/search.csv?q=表"):
        assert client.get(path, buffered=True).status_code == 200
    assert client.get("/search?q=打字", headers={"X-Typing": "1"}).status_code == 200
    app.extensions["souwen"].query_log.write()
    logged = read_queries(file, DAYS, 10)
    assert [(query.query, query.searches, query.articles > 0) for query in logged] == [
        ("临江", 2, True), ("不在此处", 1, False)
    ]  # fmt: skip
    with closing(sqlite3.connect(file)) as connection:
        (schema,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'queries'").fetchone()
    assert "address" not in schema


def test_the_command_lists_them(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUWEN_QUERY_LOG", str(file))
    _logged(file, ("地铁", 3), ("地铁", 3), ("彗\x1b[31m星", 0))
    printed = CliRunner().invoke(souwen, ["queries"], catch_exceptions=False).output
    assert "       2         3  地铁" in printed
    assert printed.index("Without hits:") < printed.rindex("彗\\x1b[31m星")
    listed = json.loads(CliRunner().invoke(souwen, ["queries", "--json", "-n", "1"]).output)
    assert listed["top"] == [{"query": "地铁", "searches": 2, "articles": 3}]
    assert [query["articles"] for query in listed["without_hits"]] == [0]


def test_without_a_log_the_command_says_how_to_have_one() -> None:
    result = CliRunner().invoke(souwen, ["queries"])
    assert isinstance(result.exception, SettingsError)
    assert "SOUWEN_QUERY_LOG=queries.sqlite souwen serve" in str(result.exception)


def test_what_others_searched_for_is_suggested(any_archive: Archive, file: Path) -> None:
    """By its start, pinyin and initials; not what was rare, or found nothing, or is there no more."""
    any_archive.lines("a.jsonl", {"a": "地铁票价 地铁线路图 彗星"})
    any_archive.sync()
    often = [("地铁 票价", 1), ("地铁线路", 1), ("彗星", 0), ("地铁图书馆", 9)]
    _logged(file, *often * 3, ("地铁票价", 1))
    settings = WebSettings(index=str(any_archive.directory), query_log=str(file))
    with closing(Searcher(any_archive.directory, settings)) as searcher:

        def past(typed: str) -> list[str]:
            return [one.text for one in searcher.suggest(typed) if one.kind == "query"]

        assert set(past("地")) == {"地铁 票价", "地铁线路"}
        assert past("地铁 票") == ["地铁 票价"]
        assert past("dtx") == past("ditiexian") == past("地t") == ["地铁线路"]
        assert past("彗") == past("d") == past("") == []
        assert [one.kind for one in searcher.suggest("地铁")] == ["query", "query"]


def test_the_log_is_read_again_meanwhile(file: Path) -> None:
    _logged(file, *[("地铁", 1)] * 3)
    past = LivePastQueries(str(file), DAYS, look_every=0.001)
    assert past.current().starting("彗") == []
    _logged(file, *[("彗星", 1)] * 3)
    for _ in range(1000):
        if past.current().starting("彗"):
            break
        time.sleep(0.01)  # a thread reads the log
    assert past.current().sounding("hx") == ["彗星"]

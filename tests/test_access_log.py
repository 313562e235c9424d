"""The access log: one line of JSON a request, whatever was asked."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from index.errors import SettingsError
from web.app import create_app
from web.settings import WebSettings


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def logged(example_index: Path, log: Path) -> Any:
    app = create_app(WebSettings(index=str(example_index), access_log=str(log)))
    with closing(app.extensions["souwen"]):
        yield app.test_client()


def test_each_request_is_a_line(logged: FlaskClient, log: Path) -> None:
    sizes = [
        len(logged.get(path, headers={"User-Agent": "a\u2028b"}, buffered=True).data)
        for path in ("/search?q=%E4%B8%B4%E6%B1%9F", "/nothing/%0A%22here", "/api/search?size=x", "/help")
    ]
    lines = _lines(log)
    assert [(line["status"], line["path"], line["query"]) for line in lines] == [
        (200, "/search", "q=%E4%B8%B4%E6%B1%9F"),
        (404, '/nothing/\n"here', ""),
        (400, "/api/search", "size=x"),
        (200, "/help", ""),
    ]
    assert [line["bytes"] for line in lines] == sizes
    assert all(line["method"] == "GET" and line["address"] == "127.0.0.1" for line in lines)
    assert all(line["ms"] > 0 for line in lines)


def test_what_is_sent_as_it_is_made_is_logged_at_its_end(logged: FlaskClient, log: Path) -> None:
    with logged.get("/search.jsonl?q=临江", buffered=False) as answer:
        assert log.read_text() == ""
        assert len(answer.data.splitlines()) > 1
    assert [(line["path"], line["bytes"]) for line in _lines(log)] == [("/search.jsonl", None)]


def test_a_log_that_is_moved_away_is_made_anew(logged: FlaskClient, log: Path) -> None:
    logged.get("/help", buffered=True)
    log.rename(log.with_suffix(".1"))
    logged.get("/about", buffered=True)
    assert [line["path"] for line in _lines(log.with_suffix(".1"))] == ["/help"]
    assert [line["path"] for line in _lines(log)] == ["/about"]


@pytest.mark.parametrize(("proxy", "address"), [("127.0.0.1", "203.0.113.9"), ("10.0.0.1", "127.0.0.1")])
def test_the_address_is_what_the_trusted_proxy_says(
    example_index: Path, log: Path, proxy: str, address: str
) -> None:
    app = create_app(WebSettings(index=str(example_index), access_log=str(log), trusted_proxy=proxy))
    with closing(app.extensions["souwen"]):
        app.test_client().get(
            "/help", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}, buffered=True
        )
    assert [line["address"] for line in _lines(log)] == [address]


def test_a_log_that_cant_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"access_log: .*: No such file or directory"):
        create_app(WebSettings(access_log=str(tmp_path / "none" / "access.log")))

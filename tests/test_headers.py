"""What answers say to browsers, caches, crawlers, other sites and proxies."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from index.errors import SettingsError
from index.settings import load_settings
from web.app import create_app
from web.settings import WebSettings

TEXTS = ["/", "/search?q=临江", "/article/radio-001", "/help", "/about", "/api/search?q=临江", "/feed.atom"]
FROM_PROXY = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "archive.example",
    "X-Forwarded-Prefix": "/archive",
}


def _client(index: Path, **settings: str) -> FlaskClient:
    return create_app(WebSettings(index=str(index), **settings)).test_client()  # type: ignore[arg-type]


# Compression


@pytest.mark.parametrize("path", TEXTS)
def test_texts_are_compressed_for_who_understands(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    zipped = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert int(zipped.headers["Content-Length"]) == len(zipped.data) < len(plain.data) / 2
    if "search" not in path:  # it says how long it took
        assert gzip.decompress(zipped.data) == plain.data
    assert client.get(path, headers={"Accept-Encoding": "gzip, br"}).headers["Content-Encoding"] == "br"


@pytest.mark.parametrize("path", [*TEXTS, "/static/souwen.css", "/static/souwen.js"])
@pytest.mark.parametrize("encoding", ["", "gzip", "br", "zstd"])
def test_a_compressed_answer_is_not_sent_twice(client: FlaskClient, path: str, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding}
    with client.get(path, headers=headers) as first:
        assert first.headers.get("Content-Encoding", "") == encoding
        tag = first.headers["ETag"]
    with client.get(path, headers=headers | {"If-None-Match": tag}) as again:
        assert again.status_code == 304
        assert not again.data
        assert again.headers["ETag"] == tag
    with client.head(path, headers=headers) as head:
        assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)


def test_static_files_are_whole_when_compressed(client: FlaskClient) -> None:
    with (
        client.get("/static/souwen.css") as plain,
        client.get("/static/souwen.css", headers={"Accept-Encoding": "br"}) as packed,
    ):
        assert brotli.decompress(packed.data) == plain.data


# Crawlers


def test_crawlers_are_kept_from_results(client: FlaskClient) -> None:
    rules = client.get("/robots.txt")
    assert rules.content_type == "text/plain; charset=utf-8"
    assert rules.text.splitlines()[:2] == ["User-agent: *", "Disallow: /search"]
    for path in ("/search?q=临江", "/?q=临江", "/article/radio-001?q=a", "/api/stats", "/search.csv?q=临江"):
        with client.get(path) as answer:
            assert answer.headers["X-Robots-Tag"] == "noindex", path
    for path in ("/", "/article/radio-001", "/help", "/about", "/robots.txt", "/static/souwen.css?v=1"):
        with client.get(path) as answer:
            assert "X-Robots-Tag" not in answer.headers, path


def test_crawlers_can_be_kept_from_all(example_index: Path) -> None:
    client = _client(example_index, robots="none")
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert client.get("/article/radio-001").headers["X-Robots-Tag"] == "noindex"


def test_a_wrong_value_of_robots_is_an_error() -> None:
    with pytest.raises(SettingsError, match="robots must be one of articles, none, not 'maybe'"):
        load_settings(WebSettings, {"SOUWEN_ROBOTS": "maybe"})


# Other sites


def test_no_other_site_may_read_the_api(client: FlaskClient) -> None:
    answer = client.get("/api/stats", headers={"Origin": "https://a.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_the_sites_that_are_named_may(example_index: Path) -> None:
    client = _client(example_index, cors="https://a.example https://b.example")
    for path, status in (("/api/stats", 200), ("/api/article/nope", 404), ("/api/nope", 404)):
        answer = client.get(path, headers={"Origin": "https://b.example"})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == "https://b.example"
        assert "Origin" in answer.vary
        other = client.get(path, headers={"Origin": "https://c.example"})
        assert "Access-Control-Allow-Origin" not in other.headers
        assert "Origin" in other.vary
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    preflight = client.options(
        "/api/search", headers=asked | {"Access-Control-Request-Headers": "if-none-match"}
    )
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert preflight.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert "Access-Control-Allow-Origin" not in client.get("/", headers=asked).headers


def test_all_sites_may(example_index: Path) -> None:
    answer = _client(example_index, cors="*").get("/api/stats", headers={"Origin": "https://c.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


# Proxies


@pytest.mark.parametrize(
    ("trusted", "address", "believed"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "10.0.0.7", False),
        ("10.0.0.7", "10.0.0.7", True),
        ("*", "10.0.0.8", True),
        ("", "127.0.0.1", False),
    ],
)
def test_only_the_trusted_proxy_is_believed(
    example_index: Path, trusted: str, address: str, believed: bool
) -> None:
    client = _client(example_index, trusted_proxy=trusted)
    answer = client.get("/feed.atom", headers=FROM_PROXY, environ_base={"REMOTE_ADDR": address})
    assert ("https://archive.example/archive/article/" in answer.text) == believed
    assert ("http://localhost/article/" in answer.text) != believed


def test_links_begin_as_the_proxy_says(app: Flask, client: FlaskClient) -> None:
    document = json.loads(client.get("/api/openapi.json", headers=FROM_PROXY).data)
    assert document["servers"] == [{"url": "/archive"}]
    assert "Disallow: /archive/search" in client.get("/robots.txt", headers=FROM_PROXY).text

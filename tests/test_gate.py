"""Requests that are refused before the password: foreign names, bodies, endless headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st

from web.app import create_app
from web.settings import WebSettings

LAN = {"SERVER_NAME": "192.0.2.10"}
NO_PROXY = {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture
def make(tmp_path: Path) -> Iterator[FlaskClient]:
    """A browser at an app with a password."""
    app = create_app(WebSettings(index=str(tmp_path / "none"), password="x"))
    with closing(app.extensions["souwen"]):
        yield app.test_client()


def _status(client: FlaskClient, host: str, path: str = "/help", **environ: str) -> int:
    return client.get(path, headers={"Host": host}, environ_overrides=environ).status_code


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"]
)
def test_on_loopback_its_own_names_are_answered(make: FlaskClient, host: str) -> None:
    assert _status(make, host) == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
        "evil@localhost",
        "localhost,evil.example", "192.0.2.10", "[::2]", "127.0.0.1:80:80", "localhost/", "::1",
    ],
)  # fmt: skip
def test_on_loopback_no_other_name_is(make: FlaskClient, host: str) -> None:
    for path in ("/help", "/api/stats", "/healthz", "/static/souwen.css", "/no"):
        assert _status(make, host, path) == 421
        # What a page says of a proxy changes nothing.
        told = {"Host": host, "X-Forwarded-Host": "localhost"}
        assert make.get(path, headers=told).status_code == 421


NAMED = create_app(WebSettings(index="none", allowed_hosts="archive.example")).test_client()


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=12))
@example(".")
def test_no_name_is_an_error(host: str) -> None:
    assert NAMED.get("/no", environ_overrides={"HTTP_HOST": host}).status_code in (400, 404, 421)


def test_more_names_may_be_allowed(tmp_path: Path) -> None:
    settings = WebSettings(index=str(tmp_path / "none"), allowed_hosts="archive.example, [2001:db8::1]")
    app = create_app(settings)
    with closing(app.extensions["souwen"]):
        client = app.test_client()
        for local in ({}, LAN):
            for host, status in (
                ("archive.example", 200), ("archive.example:81", 200), ("[2001:DB8::1]:80", 200),
                ("localhost", 200), ("a.archive.example", 421), ("evil.example", 421),
            ):  # fmt: skip
                assert _status(client, host, **local) == status, (local, host)
        assert _status(client, "192.0.2.10:80", **LAN) == 200  # the address itself
        # Behind a proxy, both its name for the server and that of the outside count.
        for outside, status in (("archive.example", 200), ("evil.example", 421)):
            told = {"Host": "127.0.0.1:8000", "X-Forwarded-Host": outside}
            assert client.get("/help", headers=told).status_code == status


def test_elsewhere_any_name_is_answered_until_some_are_named(make: FlaskClient) -> None:
    assert _status(make, "archive.example", **LAN, **NO_PROXY) == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": "8192"}, 401),
        ({"Content-Length": "8193"}, 413),
        ({"Content-Length": "1" * 40}, 413),
        ({"Content-Length": "-1"}, 400),
        ({"Transfer-Encoding": "chunked"}, 400),
        ({"Content-Length": "3", "Transfer-Encoding": "chunked"}, 400),
        ({"X-Long": "a" * 33_000}, 431),
    ],
)
def test_what_is_too_large_is_refused_before_the_password(
    make: FlaskClient, headers: dict[str, str], status: int
) -> None:
    for method in ("GET", "POST", "DELETE"):
        length = {"CONTENT_LENGTH": headers["Content-Length"]} if "Content-Length" in headers else {}
        answer = make.open("/api/search", method=method, headers=headers, environ_overrides=length)
        assert answer.status_code == status
        assert json.loads(answer.data)["error"]["message"]
        page = make.open("/no", method=method, headers=headers, environ_overrides=length)
        assert page.status_code == status
        assert "<h1>" in page.text

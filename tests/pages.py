"""Pages as the tests look at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient

from search.searcher import Searcher
from search.stats import Stats
from web.app import create_app
from web.context import Context
from web.settings import WebSettings


@contextmanager
def site_of(directory: Path) -> Iterator[FlaskClient]:
    """A client of the pages over an index, which is closed in the end."""
    app = create_app(WebSettings(index=str(directory)))
    yield app.test_client()
    context: Context = app.extensions["souwen"]
    context.close()


def page_at(client: FlaskClient, path: str, **arguments: object) -> BeautifulSoup:
    """The page at an address, which must be there."""
    answer = client.get(path, query_string=arguments or None)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/html; charset=utf-8"
    return BeautifulSoup(answer.text, "lxml")


def one(page: Tag, selector: str) -> Tag:
    """The only element that a selector finds."""
    found = page.select(selector)
    assert len(found) == 1, (selector, len(found))
    return found[0]


def link_of(page: Tag, selector: str) -> str:
    """Where the only link that a selector finds leads."""
    return str(one(page, selector)["href"])


def without_catalog(searcher: Searcher) -> Stats:
    """The numbers as a machine has them that only reads what is on a cluster."""
    return replace(
        searcher.stats(),
        problems=None,
        files=None,
        catalog_bytes=0,
        folders={},
        runs=(),
    )

"""The Atom feed has the form that RFC 4287 asks for, element by element."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

ATOM = "{http://www.w3.org/2005/Atom}"
# How often each may stand in a feed or an entry: at least, at most.
FEED = {
    "title": (1, 1),
    "id": (1, 1),
    "updated": (1, 1),
    "author": (0, 99),
    "link": (1, 99),
    "entry": (0, 99),
}
ENTRY = {
    "title": (1, 1),
    "id": (1, 1),
    "updated": (1, 1),
    "published": (0, 1),
    "author": (0, 99),
    "category": (0, 99),
    "link": (1, 99),
    "summary": (0, 1),
}


def _has_form(element: ET.Element, form: dict[str, tuple[int, int]]) -> bool:
    names = [child.tag.removeprefix(ATOM) for child in element]
    assert set(names) <= set(form), set(names) - set(form)
    return all(least <= names.count(name) <= most for name, (least, most) in form.items())


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


@pytest.mark.parametrize(
    "path", ["/feed.atom", "/feed.atom?q=临江", '/feed.atom?q="绝无此句"', "/feed.atom?author=临江财经"]
)
def test_a_feed_is_as_the_standard_says(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    assert _has_form(feed, FEED)
    entries = feed.findall(f"{ATOM}entry")
    assert ("绝无此句" in path) == (not entries)
    for element in (feed, *entries):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _text(element, "updated"))
        assert urlsplit(_text(element, "id")).scheme == "http"
        links = {link.get("rel"): str(link.get("href")) for link in element.findall(f"{ATOM}link")}
        assert client.get(links["alternate"]).status_code == 200
    assert _text(feed, "updated") == max(
        (_text(entry, "updated") for entry in entries), default=_text(feed, "updated")
    )
    [own] = [link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own == _text(feed, "id")
    assert client.get(str(own)).data == answer.data
    assert len({_text(entry, "id") for entry in entries}) == len(entries)
    for entry in entries:
        assert _has_form(entry, ENTRY)
        assert all(_text(author, "name") for author in entry.findall(f"{ATOM}author"))
        assert all(category.get("term") for category in entry.findall(f"{ATOM}category"))
        summary = entry.find(f"{ATOM}summary")
        assert summary is not None
        assert summary.get("type") == "html"
        markup = BeautifulSoup(summary.text or "", "html.parser")
        assert {tag.name for tag in markup.find_all(True)} <= {"p", "mark"}

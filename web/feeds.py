"""Atom feeds of searches (RFC 4287), and the OpenSearch 1.1 description."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Blueprint, Response, make_response, render_template, request, url_for

from index.article import format_date
from index.engines.base import Sort
from search.request import SearchRequest
from search.results import ResultHit
from search.snippets import Snippet
from web import params
from web.context import context
from web.pool import SLOTS

blueprint = Blueprint("feeds", __name__)

# Atom wants a date of every entry.
_UNDATED = "1970-01-01T00:00:00Z"
# What XML 1.0 can't hold, not even escaped.
NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@blueprint.get("/feed.atom")
def atom() -> Response:
    """The newest articles of a search, or of the whole archive."""
    wanted = replace(params.search_request(request.args), sort=Sort.NEWEST, page=1, explain=False, fold="on")
    pool = context().downloads
    with pool.enter(request.remote_addr or "", most=SLOTS), pool.turn():
        return _feed(wanted)


def _feed(wanted: SearchRequest) -> Response:
    searcher = context().searcher
    if params.arguments(wanted, sort=Sort.RELEVANCE, size=params.SIZE.default):
        results = searcher.search(wanted, advise=False)
        hits = results.full
    else:
        hits = tuple(
            ResultHit(article, 0.0, Snippet(article.title), (), (Snippet(article.text[:200]),))
            for article in searcher.newest(wanted.size)
        )
    dates = [hit.article.date for hit in hits if hit.article.date is not None]
    kept = params.arguments(wanted)
    return _xml(
        "feed.xml",
        "application/atom+xml",
        wanted=wanted,
        hits=hits,
        updated=format_date(max(dates, default=None)) or _UNDATED,
        undated=_UNDATED,
        self_url=url_for("feeds.atom", _external=True, **kept),
        page_url=url_for("views.search", _external=True, **kept),
    )


@blueprint.get("/opensearch.xml")
def opensearch() -> Response:
    """The description for a browser's own search box."""
    return _xml(
        "opensearch.xml",
        "application/opensearchdescription+xml",
        page_url=url_for("views.search", _external=True),
        feed_url=url_for("feeds.atom", _external=True),
    )


def _xml(template: str, kind: str, **values: object) -> Response:
    response = make_response(NOT_XML.sub("", render_template(template, **values)))
    response.content_type = f"{kind}; charset=utf-8"
    return response

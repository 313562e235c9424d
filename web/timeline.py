"""`/timeline`: up to four queries over time, as lines, as a table, and as files (`.svg`, `.csv`)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from index.errors import QueryError
from search.request import SearchRequest, without_unreadable_dates
from search.timeline import Timeline
from web import params
from web.context import context
from web.downloads import cell
from web.feeds import NOT_XML
from web.links import search_url
from web.plots import COLOURS, HEIGHT, WIDTH, Plot, make_plot

blueprint = Blueprint("timeline", __name__)

MOST_QUERIES = len(COLOURS)
# Parameters of a search that say nothing of a timeline.
_UNUSED: dict[str, params.Change] = {
    "query": "",
    "page": 1,
    "size": 10,
    "sort": "relevance",
    "explain": 0,
    "fold": "on",
    "like": "",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """Queries to compare, the search that they share, and the scale: `rate` or `count`."""

    queries: tuple[str, ...]
    shared: SearchRequest
    scale: str

    def parameters(self, **changes: str) -> dict[str, Any]:
        """The parameters of this timeline, with some changed."""
        found: dict[str, Any] = {"q": list(self.queries)} | params.arguments(self.shared, **_UNUSED)
        if self.scale != "rate":
            found["scale"] = self.scale
        return {name: value for name, value in (found | changes).items() if value}


@blueprint.get("/timeline")
def timeline() -> str:
    """The page, with a form, the drawing and its table."""
    asked, typed, unread = _asked()
    found = _timeline(asked)
    return render_template(
        "timeline.html",
        asked=asked,
        typed=typed,
        unread=unread,
        timeline=found,
        plot=_plot(asked, found),
        most=MOST_QUERIES,
        width=WIDTH,
        height=HEIGHT,
        search_of=lambda query, period: _articles(asked, query, period),
        zoom=lambda period: _zoom(asked, period),
    )


@blueprint.get("/timeline.svg")
def as_svg() -> Response:
    """The drawing as a file, with the names of its lines."""
    asked, _, _ = _asked()
    found = _timeline(asked)
    svg = render_template(
        "timeline.svg",
        asked=asked,
        plot=_plot(asked, found),
        colours=COLOURS,
        width=WIDTH,
        height=HEIGHT,
    )
    response = Response(NOT_XML.sub("", svg), content_type="image/svg+xml; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=souwen-timeline.svg"
    return response


@blueprint.get("/timeline.csv")
def as_csv() -> Response:
    """A line for each period: all articles, and of each query the articles, and those among 1,000."""
    asked, _, _ = _asked()
    found = _timeline(asked)
    lines = io.StringIO()
    rows = csv.writer(lines)
    names = [name for query in asked.queries for name in (cell(query), cell(f"{query} / 1000"))]
    rows.writerow([found.unit, "articles", *names])
    for number, period in enumerate(found.periods):
        values = [
            value
            for series in found.series
            for value in (series.counts[number], round(found.rate(series, number), 3))
        ]
        rows.writerow([period, found.articles[number], *values])
    response = Response("\ufeff" + lines.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=souwen-timeline.csv"
    return response


def _asked() -> tuple[_Asked, SearchRequest, tuple[QueryError, ...]]:
    """The timeline that is asked for; the search as typed, and errors of its dates."""
    typed = params.search_request(request.args)
    queries = params.values_of(request.args, params.Q)
    if len(queries) > MOST_QUERIES:
        raise QueryError(
            "{count:,} queries, and {limit} can be compared. Leave out some of them.",
            count=len(queries),
            limit=MOST_QUERIES,
        )
    typed = replace(typed, query=queries[0] if queries else "", page=1)
    shared, unread = without_unreadable_dates(typed, context().searcher.zone())
    scale = "count" if request.args.get("scale") == "count" else "rate"
    return _Asked(queries, shared, scale), typed, unread


def _timeline(asked: _Asked) -> Timeline:
    pool = context().downloads
    with pool.turn():  # it counts many times
        return context().searcher.timeline(asked.shared, asked.queries)


def _plot(asked: _Asked, found: Timeline) -> Plot:
    values = [
        [
            found.rate(series, number) if asked.scale == "rate" else series.counts[number]
            for number in range(len(found.periods))
        ]
        for series in found.series
    ]
    return make_plot(
        found,
        values,
        lambda number, period: _articles(asked, asked.queries[number], period),
        lambda period: _zoom(asked, period),
    )


def _articles(asked: _Asked, query: str, period: str) -> str:
    """The articles of a point."""
    return search_url(replace(asked.shared, query=query), date_from=period, date_to=period, sort="relevance")


def _zoom(asked: _Asked, period: str) -> str:
    """The timeline of a year or month."""
    return url_for("timeline.timeline", **asked.parameters(**{"from": period, "to": period}))

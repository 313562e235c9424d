"""A whole result list as a file: `/search.csv` for spreadsheets, `/search.jsonl` for programs.

The list is that of the page with the same parameters, from its first article to its last (or to the
setting `max_hits`). It is streamed in parts, so memory does not grow with its length, and changes of the
index meanwhile may show in it. A thread is busy until the client has read all or has left; so only some of
the threads may send downloads (`Context.download_slots`).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import tzinfo
from itertools import chain
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.exceptions import ServiceUnavailable

from index.article import local
from search.request import MAX_SIZE, SearchRequest
from search.results import ResultHit
from search.serialize import article_url, hit_json
from web import params
from web.context import context
from web.language import gettext_noop

blueprint = Blueprint("downloads", __name__)

COLUMNS = (
    "title", "author", "date", "categories", "tags", "snippets", "url", "source_url", "path", "id", "score",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula, whoever wrote it (OWASP, CSV injection). Where
# lists are separated by semicolons or tabs, a cell begins behind each. What can't be seen doesn't count.
_FORMULA = re.compile(r"(?:^|[;\t\r\n])(?=[\s\"\u200b-\u200f\u2060-\u206f\ufeff]*[=+\-@＝＋－＠]|[\t\r\n])")


@blueprint.get("/search.csv")
def as_csv() -> Response:
    """A line for each article, with a line of headings; dates in the index's time zone."""
    wanted, parts = _asked_for()
    zone = context().searcher.zone()
    site = request.url_root.rstrip("/")
    lines = (_csv([_row(hit, zone, site) for hit in part]) for part in parts)
    # Excel takes a file for UTF-8 only if it begins so.
    return _file(wanted, "csv", "text/csv; charset=utf-8", chain(["\ufeff" + _csv([COLUMNS])], lines))


@blueprint.get("/search.jsonl")
def as_json_lines() -> Response:
    """A line for each article: the objects that the API calls hits."""
    wanted, parts = _asked_for()
    lines = ("".join(json.dumps(hit_json(hit), ensure_ascii=False) + "\n" for hit in part) for part in parts)
    return _file(wanted, "jsonl", "application/x-ndjson", lines)


def _asked_for() -> tuple[SearchRequest, Iterator[Sequence[ResultHit]]]:
    """The search, and its articles in parts. Errors are raised before the first part is sent."""
    wanted = replace(params.search_request(request.args), page=1)
    searcher = context().searcher
    count = min(searcher.search(wanted, advise=False).total, context().settings.max_hits)

    def found() -> Iterator[Sequence[ResultHit]]:
        for start in range(0, count, MAX_SIZE):
            part = replace(wanted, page=start // MAX_SIZE + 1, size=MAX_SIZE)
            yield searcher.search(part, advise=False).hits[: count - start]

    return wanted, found()


def _row(hit: ResultHit, zone: tzinfo, site: str) -> list[str]:
    article = hit.article
    cells = {
        "title": article.title,
        "author": article.author,
        "date": "" if article.date is None else f"{local(article.date, zone):%Y-%m-%d %H:%M:%S}",
        "categories": "; ".join("/".join(levels) for levels in article.category_paths),
        "tags": ", ".join(article.tags),
        "snippets": " … ".join(snippet.text for snippet in hit.snippets),
        "url": site + article_url(article.id),
        "source_url": article.url,
        "path": article.path,
        "id": article.id,
        "score": str(hit.score),
    }
    return [_FORMULA.sub(r"\g<0>'", cells[name]) for name in COLUMNS]


def _csv(rows: Iterable[Iterable[str]]) -> str:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue()


def _within(slot: ExitStack, lines: Iterable[str]) -> Iterator[str]:
    with slot:
        yield from lines


def _file(wanted: SearchRequest, kind: str, content_type: str, lines: Iterable[str]) -> Response:
    slots = context().download_slots
    if not slots.acquire(blocking=False):
        busy = gettext_noop("too many downloads are in progress. Try again in a minute.")
        raise ServiceUnavailable(busy, retry_after=60)
    name = re.sub(r"[^\w-]+", "_", wanted.query).strip("_")[:60] or "articles"
    slot = ExitStack()  # is left at the end of the file, or when the client goes before
    slot.callback(slots.release)
    response = Response(_within(slot, lines), content_type=content_type)
    response.call_on_close(slot.close)
    named = f"filename=souwen.{kind}; filename*=UTF-8''{quote(f'souwen-{name}.{kind}')}"  # RFC 6266
    response.headers["Content-Disposition"] = f"attachment; {named}"
    return response

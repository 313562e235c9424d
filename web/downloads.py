"""A whole result list as a file: `/search.csv` for spreadsheets, `/search.jsonl` for programs, `/search.ris`,
`/search.bib` and `/search.txt` for lists of references.

The list is that of the page with the same parameters, from its first article to its last (or to the
setting `max_hits`). It is streamed in parts, so memory does not grow with its length, and changes of the
index meanwhile may show in it. `web/pool.py` limits how many there are, and how long they take.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import tzinfo
from itertools import chain, count
from urllib.parse import quote

from flask import Blueprint, Response, request

from index.article import local
from search.citations import BIBTEX, RIS, Reference, as_bibtex, as_gb7714, as_ris, reference, today
from search.request import MAX_SIZE, SearchRequest
from search.results import ResultHit
from search.serialize import article_url, hit_json
from web import params
from web.context import context

blueprint = Blueprint("downloads", __name__)

COLUMNS = (
    "title", "author", "date", "categories", "tags", "snippets", "url", "source_url", "path", "id", "score",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula, whoever wrote it (OWASP, CSV injection). Where
# lists are separated by semicolons or tabs, a cell begins behind each. What can't be seen doesn't count, and
# small and full-width signs are those that they fold to.
_UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
_SIGNS = r"=+\-@\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
_FORMULA = re.compile(rf"(?:^|[;\t\r\n])(?=[\s\"\x00-\x1f\x7f-\x9f{_UNSEEN}]*[{_SIGNS}]|[\t\r\n])")


@blueprint.get("/search.csv")
def as_csv() -> Response:
    """A line for each article, with a line of headings; dates in the index's time zone."""
    wanted, parts, slot = _asked_for()
    zone = context().searcher.zone()
    site = request.url_root.rstrip("/")
    lines = (_csv([_row(hit, zone, site) for hit in part]) for part in parts)
    # Excel takes a file for UTF-8 only if it begins so.
    return _file(wanted, "csv", "text/csv; charset=utf-8", chain(["\ufeff" + _csv([COLUMNS])], lines), slot)


@blueprint.get("/search.jsonl")
def as_json_lines() -> Response:
    """A line for each article: the objects that the API calls hits."""
    wanted, parts, slot = _asked_for()
    lines = ("".join(json.dumps(hit_json(hit), ensure_ascii=False) + "\n" for hit in part) for part in parts)
    return _file(wanted, "jsonl", "application/x-ndjson", lines, slot)


@blueprint.get("/search.ris")
def as_ris_file() -> Response:
    """A RIS record for each article."""
    return _references("ris", RIS, lambda cited, _: as_ris(cited))


@blueprint.get("/search.bib")
def as_bibtex_file() -> Response:
    """A BibTeX entry for each article."""
    day = today(context().searcher.zone())
    return _references("bib", BIBTEX, lambda cited, _: as_bibtex(cited, day))


@blueprint.get("/search.txt")
def as_reference_list() -> Response:
    """A numbered reference for each article, as GB/T 7714 writes it."""
    day = today(context().searcher.zone())
    return _references(
        "txt",
        "text/plain; charset=utf-8",
        lambda cited, number: f"[{number}] {as_gb7714(cited, day)}\n",
    )


def _references(kind: str, content_type: str, write: Callable[[Reference, int], str]) -> Response:
    """`write` gets each article of the list, and its number in it."""
    wanted, parts, slot = _asked_for()
    zone = context().searcher.zone()
    site = request.url_root.rstrip("/")
    lines = (
        "".join(
            write(reference(hit.article, zone, site), number * MAX_SIZE + at)
            for at, hit in enumerate(part, start=1)
        )
        for number, part in enumerate(parts)
    )
    return _file(wanted, kind, content_type, lines, slot)


def _asked_for() -> tuple[SearchRequest, Iterator[Sequence[ResultHit]], ExitStack]:
    """The search, its articles in parts, and a slot to send them in. Errors are raised before the first part
    is sent."""
    wanted = replace(params.search_request(request.args), page=1, size=MAX_SIZE, fold="off")
    pool, most = context().downloads, context().settings.max_hits
    pages = context().searcher.pages(wanted)
    slot = pool.enter(request.remote_addr or "")
    try:
        with pool.turn():
            first = next(pages)
    except BaseException:
        slot.close()
        raise
    starts = count(0, MAX_SIZE)
    parts = (page.full[: most - next(starts)] for page in chain([first], pages))
    return wanted, parts, slot


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
    return [cell(cells[name]) for name in COLUMNS]


def cell(text: str) -> str:
    """The text of a cell, which no spreadsheet takes for a formula."""
    return _FORMULA.sub(r"\g<0>'", text)


def _csv(rows: Iterable[Iterable[str]]) -> str:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue()


def _file(
    wanted: SearchRequest, kind: str, content_type: str, lines: Iterable[str], slot: ExitStack
) -> Response:
    name = re.sub(r"[^\w-]+", "_", wanted.query).strip("_")[:60] or "articles"
    response = Response(context().downloads.send(slot, lines), content_type=content_type)
    response.call_on_close(slot.close)  # also where the client goes before the first part
    named = f"filename=souwen.{kind}; filename*=UTF-8''{quote(f'souwen-{name}.{kind}')}"  # RFC 6266
    response.headers["Content-Disposition"] = f"attachment; {named}"
    return response

"""The pages: parameters → Searcher → template."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, tzinfo

from flask import Blueprint, Response, make_response, render_template, request

from index.article import Article, local
from index.engines.base import Sort
from index.errors import NotFoundError
from search.citations import BIBTEX, RIS, Reference, as_bibtex, as_gb7714, as_ris, reference, today
from search.request import SearchRequest, without_unreadable_dates
from search.results import Results
from search.searcher import Searcher
from search.serialize import article_url as article_path
from search.snippets import Highlighter
from web import params
from web.charts import make_timeline
from web.context import context
from web.examples import example_queries
from web.headers import page_etag
from web.language import local_day
from web.links import query_string, search_url
from web.listing import make_listing
from web.neighbours import find_neighbours
from web.preferences import rows, shows_pictures
from web.query_help import SECTIONS
from web.reading import reading_view
from web.watching import search_label, seen_until

blueprint = Blueprint("views", __name__)

# Newest articles and categories on the first page; similar articles below an article.
_NEWEST = 10
_TOP = 16
_SIMILAR = 6
# Copies, and articles of a series, that are named below one.
_BELOW = 10
# Characters of an article's text in the description of its page.
_SUMMARY = 160
# Years of which the page of statistics shows each month.
_RECENT_YEARS = 3
# What differs from one time to the next, though nothing has changed.
_TOOK = re.compile(r'<span class="took">.*?</span>')


@blueprint.get("/", endpoint="home")
@blueprint.get("/search")
def search() -> Response | str:
    """A page of results; without a search, the start page."""
    typed = params.search_request(request.args)
    if not request.args.get(params.SIZE.name):
        typed = replace(typed, size=rows())
    if not params.arguments(
        typed, page=1, size=params.SIZE.default, sort=Sort.RELEVANCE, explain=0, fold="on"
    ):
        return _first_page()
    searcher = context().searcher
    zone = searcher.zone()
    wanted, unread = without_unreadable_dates(typed, zone)
    seen = seen_until(searcher)  # before the search, which may find more
    results = context().search(wanted)
    today = datetime.now(zone).date()
    last_day = _last_day(searcher, zone, today)
    listing = make_listing(
        results, searcher.alternatives(wanted), context().settings.max_hits, last_day, today
    )
    page = render_template(
        "results.html",
        results=results,
        wanted=wanted,
        typed=typed,
        label=search_label(wanted, listing.chips),
        seen=seen,
        unread=unread,
        listing=listing,
        last_day=local_day(last_day),
        kept=query_string(wanted),
        timeline_of=query_string(wanted, page=1, explain=0, size=10, sort=Sort.RELEVANCE, like="", fold="on"),
        listed=query_string(wanted, page=1, explain=0),
        pictures=shows_pictures(),
        zone=zone,
        below=_below(searcher, results),
    )
    response = make_response(page)
    response.set_etag(page_etag(_TOOK.sub("", page, count=1)), weak=True)
    return response


def _below(searcher: Searcher, results: Results) -> dict[str, Article]:
    """The first articles below each of a page, by their ids."""
    kinds = [ids for hit in results.hits for ids in (hit.folded.copies, hit.folded.series)]
    first = [article_id for ids in kinds for article_id in ids[:_BELOW]]
    return searcher.articles(first) if first else {}


def _last_day(searcher: Searcher, zone: tzinfo, today: date) -> date:
    """The day of the newest article, or today if that is in the future: the end of "last week" and the
    like."""
    newest = next((article.date for article in searcher.newest(1)), None)
    return today if newest is None else min(today, local(newest, zone).date())


def _first_page() -> str:
    """The start page: the archive in numbers, and example queries."""
    searcher = context().searcher
    overview = searcher.overview()
    newest = searcher.newest(_NEWEST)
    with searcher.reader.acquire() as index:
        examples = example_queries(index.analyzer, overview, newest)
        zone = index.zone
    top = [facet for facet in overview.facets["category"] if "/" not in facet.value]
    return render_template(
        "home.html", overview=overview, newest=newest, examples=examples, categories=top[:_TOP], zone=zone
    )


@blueprint.get("/article/<article_id:article_id>")
def article(article_id: str) -> str:
    """The reading view of an article; with a query, its hits are highlighted."""
    searcher = context().searcher
    wanted = params.search_request(request.args)
    found = searcher.article(article_id)
    highlight_terms = searcher.highlight_terms(wanted.query) if wanted.query.strip() else ()
    highlighter = Highlighter(highlight_terms)
    try:
        similar = searcher.similar(article_id, _SIMILAR)
    except NotFoundError:  # removed meanwhile
        similar = ()
    zone, site = searcher.zone(), request.url_root.rstrip("/")
    listed = query_string(wanted, page=1, size=params.SIZE.default, sort="relevance", explain=0, fold="on")
    cited = reference(found, zone, site)
    return render_template(
        "article.html",
        article=found,
        address=site + article_path(article_id),
        cited=cited,
        citation=as_gb7714(cited, today(searcher.zone())),
        summary=" ".join(found.text[:_SUMMARY].split()),
        title=highlighter.highlight(found.title, "title"),
        tags=[highlighter.highlight(tag, "body") for tag in found.tags],
        reading=reading_view(found, highlight_terms, pictures=shows_pictures()),
        similar=similar,
        wanted=wanted,
        back=search_url(wanted) if listed else "",
        neighbours=find_neighbours(searcher, wanted, article_id, context().settings.max_hits)
        if listed
        else None,
        zone=zone,
    )


@blueprint.get("/article/<article_id:article_id>.ris")
def article_ris(article_id: str) -> Response | str:
    """An article as a RIS record."""
    return _reference(article_id, "ris", as_ris, RIS)


@blueprint.get("/article/<article_id:article_id>.bib")
def article_bibtex(article_id: str) -> Response | str:
    """An article as a BibTeX entry."""
    return _reference(
        article_id, "bib", lambda cited: as_bibtex(cited, today(context().searcher.zone())), BIBTEX
    )


def _reference(
    article_id: str, kind: str, write: Callable[[Reference], str], content_type: str
) -> Response | str:
    searcher = context().searcher
    whole_id = f"{article_id}.{kind}"
    if whole_id in searcher.articles([whole_id]):  # an id may end so, too
        return article(whole_id)
    cited = reference(searcher.article(article_id), searcher.zone(), request.url_root.rstrip("/"))
    response = Response(write(cited), content_type=content_type)
    response.headers["Content-Disposition"] = f"attachment; filename=souwen-{cited.key}.{kind}"
    return response


@blueprint.get("/help")
def help_page() -> str:
    """The query language."""
    return render_template("help.html", sections=SECTIONS)


@blueprint.get("/about")
def about() -> str:
    """The archive and its index in numbers."""
    searcher = context().searcher
    overview = searcher.overview()
    everything = SearchRequest("")
    months = overview.facets["month"]
    since = f"{int(months[-1].value[:4]) - _RECENT_YEARS + 1:04d}" if months else ""
    recent = [month for month in months if month.value >= since]
    return render_template(
        "about.html",
        stats=searcher.stats(),
        overview=overview,
        top_categories=[facet for facet in overview.facets["category"] if "/" not in facet.value],
        years=make_timeline(months, everything, most_months=0),
        months=make_timeline(recent, everything),
        zone=searcher.zone(),
    )

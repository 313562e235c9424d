"""Filters, facets and page links of a page of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from index.analysis.fold import fold_key
from index.engines.base import Sort
from search.facets import FacetValue
from search.request import SearchRequest
from search.results import Results
from web.charts import Timeline, make_timeline
from web.display import level_names
from web.language import _, gettext_noop
from web.links import search_url

_key = lru_cache(maxsize=10_000)(fold_key)

# Page numbers around the current one.
_AROUND = 2
# Authors, and tags, that are listed; years; and years of which the months are listed, too.
_MOST_VALUES = 60
_MOST_YEARS = 20
_FEW_YEARS = 2
# Ranges of days that end with the newest article, the shortest first.
_RANGES = (
    (gettext_noop("24 hours"), 1),
    (gettext_noop("A week"), 7),
    (gettext_noop("A month"), 30),
    (gettext_noop("A year"), 365),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter: its kind (a parameter's name), its value, and the search without it."""

    kind: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class FacetLink:
    """A value to filter by, with its number of articles, and the values inside it."""

    label: str
    count: int
    url: str
    active: bool = False
    children: tuple[FacetLink, ...] = ()


@dataclass(frozen=True, slots=True)
class RangeLink:
    """The last days of the archive: the message for the period, and the search with it."""

    name: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Links to other pages. A None in `numbers` is a gap."""

    current: int
    last: int
    previous_url: str = ""
    next_url: str = ""
    numbers: tuple[tuple[int, str] | None, ...] = ()
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Filters, facets and links around the articles of a page of results. `relaxed_at` is the position on
    this page of the first partial match (0: all are); None without any."""

    chips: tuple[Chip, ...]
    sorts: tuple[tuple[str, str, bool], ...]
    categories: tuple[FacetLink, ...]
    tags: tuple[FacetLink, ...]
    authors: tuple[FacetLink, ...]
    years: tuple[FacetLink, ...]
    ranges: tuple[RangeLink, ...]
    timeline: Timeline | None
    pages: PageLinks
    relaxed_at: int | None
    unfiltered_url: str


def make_listing(results: Results, max_hits: int, last_day: date) -> Listing:
    """The listing of one page of results. Ranges of days end with `last_day`."""
    request = results.request
    months = results.facets.get("month", ())
    relaxed_at = len(results.full) if len(results.full) < len(results.hits) else None
    return Listing(
        chips=_chips(request, results),
        sorts=tuple((sort, search_url(request, sort=sort), sort == request.sort) for sort in Sort),
        categories=_category_tree(results.facets.get("category", ()), request),
        tags=_values(results, "tag", request.tag),
        authors=_values(results, "author", request.author),
        years=_years(months, request),
        ranges=_ranges(request, last_day),
        timeline=make_timeline(months, request),
        pages=_pages(request, results.listed, max_hits),
        relaxed_at=relaxed_at,
        unfiltered_url=search_url(request, category="", tag="", author="", date_from="", date_to="", like=""),
    )


def _values(results: Results, name: str, chosen: str) -> tuple[FacetLink, ...]:
    """The most frequent values of a facet, with the one that is `chosen` as a filter."""
    return tuple(
        FacetLink(
            facet.value,
            facet.count,
            search_url(results.request, **{name: facet.value}),
            active=_key(facet.value) == _key(chosen),
        )
        for facet in results.facets.get(name, ())[:_MOST_VALUES]
    )


def _chips(request: SearchRequest, results: Results) -> tuple[Chip, ...]:
    filters = [
        Chip("category", request.category, search_url(request, category="")),
        Chip("tag", request.tag, search_url(request, tag="")),
        Chip("author", request.author, search_url(request, author="")),
    ]
    if request.date_from or request.date_to:
        if request.date_from == request.date_to:
            dates = request.date_from
        elif not request.date_to:
            dates = _("since {day}", day=request.date_from)
        elif not request.date_from:
            dates = _("until {day}", day=request.date_to)
        else:
            dates = f"{request.date_from} – {request.date_to}"
        filters.append(Chip("date", dates, search_url(request, date_from="", date_to="")))
    titles = {hit.article.id: hit.article.title for hit in results.hits}
    filters.append(Chip("like", titles.get(request.like) or request.like, search_url(request, like="")))
    return tuple(chip for chip in filters if chip.value)


def _category_tree(values: Sequence[FacetValue], request: SearchRequest) -> tuple[FacetLink, ...]:
    """Category paths as a tree. A level is joined to its only child where both have the same articles."""
    below: dict[str, list[FacetValue]] = {}  # by the folded path: spellings may differ from level to level
    for value in values:
        below.setdefault(_key(value.value.rpartition("/")[0]), []).append(value)
    active = _key(request.category)

    def link(value: FacetValue, depth: int) -> FacetLink:
        levels = value.value.split("/")
        inside = below.get(_key(value.value), [])
        children = [child for child in inside if child.value.count("/") == len(levels)]
        if len(children) == 1 and children[0].count == value.count and _key(value.value) != active:
            return link(children[0], depth)
        return FacetLink(
            label=" / ".join(level_names(levels)[depth:]),
            count=value.count,
            url=search_url(request, category=value.value),
            active=_key(value.value) == active,
            children=tuple(link(child, len(levels)) for child in children),
        )

    return tuple(link(value, 0) for value in below.get("", []))


def _years(months: Sequence[FacetValue], request: SearchRequest) -> tuple[FacetLink, ...]:
    """Years, the newest first; if there are few, with their months. The timeline has all of them."""
    years: dict[str, list[FacetValue]] = {}
    for month in reversed(months):
        years.setdefault(month.value[:4], []).append(month)

    def link(value: str, count: int, children: tuple[FacetLink, ...] = ()) -> FacetLink:
        url = search_url(request, date_from=value, date_to=value)
        return FacetLink(value, count, url, request.date_from == request.date_to == value, children)

    return tuple(
        link(
            year,
            sum(month.count for month in inside),
            tuple(link(m.value, m.count) for m in inside) if len(years) <= _FEW_YEARS else (),
        )
        for year, inside in list(years.items())[:_MOST_YEARS]
    )


def _ranges(request: SearchRequest, last_day: date) -> tuple[RangeLink, ...]:
    links = []
    for name, days in _RANGES:
        first = max(last_day.toordinal() - days, date.min.toordinal())
        start = date.fromordinal(first).isoformat()
        active = (request.date_from, request.date_to) == (start, "")
        links.append(RangeLink(name, search_url(request, date_from=start, date_to=""), active))
    return tuple(links)


def _pages(request: SearchRequest, total: int, max_hits: int) -> PageLinks:
    last = max(1, -(-min(total, max_hits) // request.size))
    shown = sorted({1, last, *range(request.page - _AROUND, request.page + _AROUND + 1)})
    numbers: list[tuple[int, str] | None] = []
    before = 0
    for number in (number for number in shown if 1 <= number <= last):
        if number - before == 2:  # a gap of one page is that page
            numbers.append((before + 1, search_url(request, page=before + 1)))
        elif number - before > 2:
            numbers.append(None)
        numbers.append((number, search_url(request, page=number)))
        before = number
    return PageLinks(
        current=request.page,
        last=last,
        previous_url=search_url(request, page=min(request.page - 1, last)) if request.page > 1 else "",
        next_url=search_url(request, page=request.page + 1) if request.page < last else "",
        numbers=tuple(numbers),
        capped=total > max_hits,
    )

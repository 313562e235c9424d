"""Filters, facets and page links of a page of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from index.engines.base import Sort
from search.facets import FacetValue
from search.request import SearchRequest
from search.results import Results
from web.charts import Timeline, make_timeline
from web.filters import UNFILTERED, Chip, FacetLink, RangeLink, category_tree, chips, ranges, value_links
from web.links import search_url

# Page numbers around the current one.
_AROUND = 2
# Years that are listed; and years of which the months are listed, too.
_MOST_YEARS = 20
_FEW_YEARS = 2


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
    until_newest: bool
    timeline: Timeline | None
    pages: PageLinks
    relaxed_at: int | None
    unfiltered_url: str


def make_listing(
    results: Results,
    alternatives: Mapping[str, Sequence[FacetValue]],
    max_hits: int,
    newest: date,
    today: date,
) -> Listing:
    """The listing of one page of results. `alternatives` are the values beside those that are filtered by;
    `newest` is the day of the newest article, at most `today`."""
    request = results.request
    months = results.facets.get("month", ())
    last_days = ranges(request, newest, today)
    relaxed_at = len(results.full) if len(results.full) < len(results.hits) else None
    return Listing(
        chips=chips(request, results),
        sorts=tuple((sort, search_url(request, sort=sort), sort == request.sort) for sort in Sort),
        categories=category_tree(results, alternatives),
        tags=value_links(results, alternatives, "tag"),
        authors=value_links(results, alternatives, "author"),
        years=_years(months, request),
        ranges=last_days.links,
        until_newest=last_days.until_newest,
        timeline=make_timeline(months, request),
        pages=_pages(request, results.listed, max_hits),
        relaxed_at=relaxed_at,
        unfiltered_url=search_url(request, **UNFILTERED),
    )


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

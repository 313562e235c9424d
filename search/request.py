"""Parameters of a search: validation, and filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from whoosh import query

from index.analysis.fold import fold_key
from index.engines.base import Sort
from index.errors import QueryError
from search.query.dates import ALLOWED_PERIODS, DateRange, parse_period
from search.query.parser import Note

MAX_SIZE = 100
# Values of `SearchRequest.fold`.
FOLDING = ("on", "off")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Parameters of a search, as in the API. `date_from` and `date_to` are a year, a month or a day each.
    With `explain`, every hit explains its score. `fold` is `on` or `off`; `like` is the id of an article:
    only this one, and those folded below it, are listed."""

    query: str
    page: int = 1
    size: int = 10
    sort: str = Sort.RELEVANCE
    category: str = ""
    tag: str = ""
    author: str = ""
    date_from: str = ""
    date_to: str = ""
    explain: bool = False
    fold: str = "on"
    like: str = ""

    @property
    def is_folded(self) -> bool:
        """True if copies are to stand below the best of them."""
        return self.fold == FOLDING[0] and not self.like


def check(request: SearchRequest, max_hits: int) -> tuple[Sort, int]:
    """Sort order and offset of a valid request, with hits up to `max_hits`. Raises QueryError for an
    invalid one."""
    for name, value, allowed in (("sort", request.sort, tuple(Sort)), ("fold", request.fold, FOLDING)):
        if value not in allowed:
            raise QueryError(
                "{name}: {value!r} is not one of {allowed}.",
                name=name,
                value=value,
                allowed=", ".join(allowed),
            )
    check_size(request.size)
    if request.page < 1:
        raise QueryError("{name}: {value} is not a page; the first is 1.", name="page", value=request.page)
    offset = (request.page - 1) * request.size
    if offset >= max_hits:
        last = (max_hits - 1) // request.size + 1
        raise QueryError(
            "{name}: {value} is beyond the {limit:,}th hit (max_hits). The last page is {last}; to get "
            "everything, use: souwen export",
            name="page",
            value=request.page,
            limit=max_hits,
            last=last,
        )
    return Sort(request.sort), offset


def check_size(size: int) -> None:
    """Raises QueryError for a number of results outside the allowed range."""
    if not 1 <= size <= MAX_SIZE:
        raise QueryError(
            "{name}: {value} is not between 1 and {limit}.", name="size", value=size, limit=MAX_SIZE
        )


def filters_of(request: SearchRequest, zone: tzinfo) -> dict[str, query.Query]:
    """Query nodes of the filters, by name: `category`, `tag`, `author`, `date`. Days begin in `zone`.
    Raises QueryError for an invalid date."""
    filters: dict[str, query.Query] = {}
    if category := fold_key(request.category):
        filters["category"] = query.Term("category", category)
    if tag := fold_key(request.tag):
        filters["tag"] = query.Term("tag", tag)
    if author := fold_key(request.author):
        filters["author"] = query.Term("author", author)
    start = _date_parameter("from", request.date_from, zone)
    end = _date_parameter("to", request.date_to, zone)
    if start is not None or end is not None:
        filters["date"] = query.NumericRange("date", start and start.start, end and end.end, endexcl=True)
    return filters


def date_notes(request: SearchRequest, filters: dict[str, query.Query]) -> tuple[Note, ...]:
    """Notes about a range of dates that is empty."""
    dates = filters.get("date")
    if dates is None or dates.start is None or dates.end is None or dates.start < dates.end:
        return ()
    return (
        Note(
            "The range from {start} to {end} ends before it starts, so nothing matches.",
            {"start": request.date_from, "end": request.date_to},
        ),
    )


def _date_parameter(name: str, text: str, zone: tzinfo) -> DateRange | None:
    if not text.strip():
        return None
    try:
        return parse_period(text, zone)
    except ValueError:
        raise QueryError(
            "{name}: {value!r} is not a date. Allowed: {allowed}.",
            name=name,
            value=text,
            allowed=ALLOWED_PERIODS,
        ) from None

"""Parameters of a search: validation, and filters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, tzinfo

from whoosh import query

from index.analysis.fold import fold_key
from index.engines.base import Sort
from index.engines.nodes import TermSet
from index.errors import QueryError
from search.query.dates import ALLOWED_PERIODS, DateRange, parse_period
from search.query.parser import Note

MAX_SIZE = 100
# Characters of a wrong value that a message repeats.
MOST_SHOWN = 40
# Filters of whole values, by the names of their fields; and those that take articles away.
VALUE_FILTERS = ("category", "tag", "author")
EXCLUDING = "-"
# Values of all filters together.
MAX_FILTERS = 50
# Values of `SearchRequest.fold`.
FOLDING = ("on", "off")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Parameters of a search, as in the API. Of several values of `category`, `tag` or `author`, any will do;
    articles with one of `not_category`, `not_tag` or `not_author` are left out. `date_from` and `date_to` are
    a period each: see `search/query/dates.py`. With `explain`, every hit explains its score. `fold` is `on`
    or `off`; `like` is the id of an article: only this one, and those folded below it, are listed."""

    query: str
    page: int = 1
    size: int = 10
    sort: str = Sort.RELEVANCE
    category: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    not_category: tuple[str, ...] = ()
    not_tag: tuple[str, ...] = ()
    not_author: tuple[str, ...] = ()
    date_from: str = ""
    date_to: str = ""
    explain: bool = False
    fold: str = "on"
    like: str = ""

    def values(self, name: str) -> tuple[str, ...]:
        """The values of the filter `category` or `-category`, and so on; `date` has the ends of the range."""
        if name == "date":
            return tuple(dict.fromkeys((self.date_from, self.date_to)))
        field = name.removeprefix(EXCLUDING)
        values: dict[str, tuple[str, ...]] = {
            "category": self.not_category if name != field else self.category,
            "tag": self.not_tag if name != field else self.tag,
            "author": self.not_author if name != field else self.author,
        }
        return values[field]

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
    filters = sum(len(request.values(sign + name)) for name in VALUE_FILTERS for sign in ("", EXCLUDING))
    if filters > MAX_FILTERS:
        raise QueryError(
            "{count:,} values of category, tag and author, and {limit} are allowed. Leave out some of them.",
            count=filters,
            limit=MAX_FILTERS,
        )
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


def filters_of(request: SearchRequest, zone: tzinfo, today: date | None = None) -> dict[str, query.Query]:
    """Query nodes of the filters, by name: `category`, `tag`, `author`, `-category` and so on, `date`. Days
    begin in `zone`, spans are counted back from `today`. Raises QueryError for an invalid date."""
    filters: dict[str, query.Query] = {}
    for field in VALUE_FILTERS:
        for sign in ("", EXCLUDING):
            keys = tuple(
                dict.fromkeys(key for value in request.values(sign + field) if (key := fold_key(value)))
            )
            if keys:
                node = query.Term(field, keys[0]) if len(keys) == 1 else TermSet(field, keys)
                filters[sign + field] = query.Not(node) if sign else node
    start = _date_parameter("from", request.date_from, zone, today)
    end = _date_parameter("to", request.date_to, zone, today)
    if start is not None or end is not None:
        filters["date"] = query.NumericRange("date", start and start.start, end and end.end, endexcl=True)
    return filters


def date_notes(
    request: SearchRequest, filters: dict[str, query.Query], newest: date | None = None
) -> tuple[Note, ...]:
    """Notes about a range of dates that is empty: it ends before it starts, or starts behind the `newest`
    article."""
    dates = filters.get("date")
    if dates is None or dates.start is None:
        return ()
    if dates.end is not None and dates.end <= dates.start:
        return (
            Note(
                "The range from {start} to {end} ends before it starts, so nothing matches.",
                {"start": request.date_from, "end": request.date_to},
            ),
        )
    if newest is not None:
        return (
            Note("The newest article is of {day}, before the range of dates.", {"day": newest.isoformat()}),
        )
    return ()


def without_unreadable_dates(
    request: SearchRequest, zone: tzinfo
) -> tuple[SearchRequest, tuple[QueryError, ...]]:
    """The request without ends of its range that are no date, and the errors of those, unless nothing else is
    asked for."""
    errors = []
    read = {"from": request.date_from, "to": request.date_to}
    for name, text in read.items():
        try:
            _date_parameter(name, text, zone, None)
        except QueryError as error:
            errors.append(error)
            read[name] = ""
    found = replace(request, date_from=read["from"], date_to=read["to"])
    is_empty = found == SearchRequest("", found.page, found.size, found.sort)
    return (request, ()) if is_empty else (found, tuple(errors))


def _date_parameter(name: str, text: str, zone: tzinfo, today: date | None) -> DateRange | None:
    if not text.strip():
        return None
    try:
        return parse_period(text, zone, today)
    except ValueError:
        raise QueryError(
            "{name}: {value!r} is not a date. Allowed: {allowed}.",
            name=name,
            value=text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…",
            allowed=ALLOWED_PERIODS,
        ) from None

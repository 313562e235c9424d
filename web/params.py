"""Query parameters of all addresses: one table for the pages, the API and its OpenAPI document.

A number out of range is an error that names the range; it never falls back to the default. Unknown
parameters are ignored, and so are empty ones: a form sends all its fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from index.engines.base import Sort
from index.errors import QueryError
from search.query.dates import ALLOWED_PERIODS
from search.request import EXCLUDING, FOLDING, MAX_SIZE, MOST_SHOWN, SearchRequest


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query string. `attribute` is its name in `SearchRequest`. A number has a
    `default` and a range; `high` is None where a setting decides. A list is a parameter that may be
    repeated."""

    name: str
    help: str
    attribute: str = ""
    default: str | int = ""
    low: int = 1
    high: int | None = None
    values: tuple[str, ...] = ()
    alias: str = ""
    is_list: bool = False

    @property
    def is_number(self) -> bool:
        return isinstance(self.default, int)


Q = Parameter("q", "The query, in the query language (see /help).", "query")
PAGE = Parameter("page", "The page of the result list; the first is 1.", "page", default=1)
SIZE = Parameter("size", "Articles on a page.", "size", default=10, high=MAX_SIZE)
SORT = Parameter(
    "sort",
    "The order of the articles. Queries without scorable terms are sorted newest first.",
    "sort",
    default=Sort.RELEVANCE.value,
    values=tuple(Sort),
)
_VALUES = {
    "category": "this category: a name, or a path such as 金融/新浪财经",
    "tag": "with this tag",
    "author": "by this author",
}
FILTERS = tuple(
    Parameter(name, f"Only {which}. May be repeated: any of them.", name, is_list=True)
    for name, which in _VALUES.items()
) + tuple(
    Parameter(
        f"{EXCLUDING}{name}", f"Not {which}. May be repeated: none of them.", f"not_{name}", is_list=True
    )
    for name, which in _VALUES.items()
)
FROM = Parameter(
    "from",
    "Only from this date on, in the index's time zone. Spans such as -30d are counted back from today. "
    f"Allowed: {ALLOWED_PERIODS}.",
    "date_from",
)
TO = Parameter("to", "Only up to and including this date, in the same forms.", "date_to")
EXPLAIN = Parameter("explain", "1 adds the explanation of each score.", "explain", 0, low=0, high=1)
FOLD = Parameter(
    "fold",
    "on lists of copies, and of articles with one title, the best alone; off lists all. Sorted by date, all "
    "are listed.",
    "fold",
    default=FOLDING[0],
    values=FOLDING,
)
LIKE = Parameter("like", "The id of an article: only this one, and what is folded below it.", "like")

SEARCH = (Q, PAGE, SIZE, SORT, *FILTERS, FROM, TO, EXPLAIN, FOLD, LIKE)
BY_ATTRIBUTE = {parameter.attribute: parameter for parameter in SEARCH}

# A download has no pages.
LIST_SIZE = replace(
    SIZE, help="The size of a page: partial matches follow if fewer articles than this have all of the words."
)
DOWNLOAD = (Q, LIST_SIZE, SORT, *FILTERS, FROM, TO, LIKE)

PREFIX = Parameter("q", "The text that has been typed so far.", alias="prefix")
SUGGEST_SIZE = Parameter("size", "The maximum number of suggestions.", default=8, high=MAX_SIZE)
SIMILAR_SIZE = Parameter("size", "The maximum number of articles.", default=10, high=MAX_SIZE)


def text_of(args: Mapping[str, str], parameter: Parameter) -> str:
    """The value of a text parameter, by its name or its alias; empty for a blank one."""
    names = (parameter.name, parameter.alias) if parameter.alias else (parameter.name,)
    values = (args.get(name, "") for name in names)
    return next((value for value in values if value.strip()), str(parameter.default))


def number_of(args: Mapping[str, str], parameter: Parameter) -> int:
    """The value of a number parameter. Raises QueryError for anything but a whole number in its range."""
    assert isinstance(parameter.default, int)
    raw = args.get(parameter.name, "").strip()
    if not raw:
        return parameter.default
    number = int(raw) if re.fullmatch(r"[0-9]{1,9}", raw) else -1
    if number < parameter.low or (parameter.high is not None and number > parameter.high):
        shown = raw if len(raw) <= MOST_SHOWN else raw[:MOST_SHOWN] + "…"
        values = {"name": parameter.name, "value": shown, "low": parameter.low, "high": parameter.high}
        if parameter.high is None:
            raise QueryError("{name}: {value!r} is not allowed. It is a whole number from {low}.", **values)
        raise QueryError(
            "{name}: {value!r} is not allowed. It is a whole number from {low} to {high}.", **values
        )
    return number


def values_of(args: MultiDict[str, str], parameter: Parameter) -> tuple[str, ...]:
    """The values of a parameter that may be repeated, each once, without blank ones."""
    return tuple(dict.fromkeys(value for value in args.getlist(parameter.name) if value.strip()))


def search_request(args: MultiDict[str, str]) -> SearchRequest:
    """The search of a query string. Raises QueryError for an invalid number."""
    filters = {parameter.attribute: values_of(args, parameter) for parameter in FILTERS}
    return SearchRequest(
        query=text_of(args, Q),
        page=number_of(args, PAGE),
        size=number_of(args, SIZE),
        sort=text_of(args, SORT),
        date_from=text_of(args, FROM),
        date_to=text_of(args, TO),
        explain=bool(number_of(args, EXPLAIN)),
        fold=text_of(args, FOLD),
        like=text_of(args, LIKE),
        **filters,
    )


Change = str | int | tuple[str, ...]


def arguments(request: SearchRequest, **changes: Change) -> dict[str, Any]:
    """The parameters of a search, without defaults: the inverse of `search_request`. Those that may be
    repeated are lists.

    `changes` are attributes of `SearchRequest`; of a list, also its only value. A change of anything but the
    page goes back to the first page.

    >>> arguments(SearchRequest("公安", page=3, author=("李墨轩",)), page=4)
    {'q': '公安', 'page': 4, 'author': ['李墨轩']}
    >>> arguments(SearchRequest("公安", page=3, author=("李墨轩",)), author=())
    {'q': '公安'}
    """
    found: dict[str, Any] = {}
    for attribute, parameter in BY_ATTRIBUTE.items():
        if attribute in changes:
            value = changes[attribute]
        elif attribute == "page" and changes:
            continue
        else:
            value = getattr(request, attribute)
        if values := values_to_send(parameter, value):
            found[parameter.name] = values if parameter.is_list else values[0]
    return found


def values_to_send(parameter: Parameter, value: Change) -> list[str | int]:
    """The values of a parameter as an address has them: none of its default."""
    if parameter.is_list:
        return [value] if isinstance(value, str) and value else list(value)  # type: ignore[arg-type]
    return [] if value == parameter.default else [int(value) if parameter.is_number else value]  # type: ignore[arg-type,list-item]


def pairs(request: SearchRequest, **changes: Change) -> list[tuple[str, str]]:
    """Names and values of `arguments`, one by one, as an address or a form has them."""
    return [
        (name, str(each))
        for name, value in arguments(request, **changes).items()
        for each in (value if isinstance(value, list) else (value,))
    ]

"""Filters of a page of results: active ones as chips, values to choose or exclude, ranges of days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from index.analysis.fold import fold_key
from index.language import gettext_noop
from search.facets import FacetValue
from search.request import EXCLUDING, VALUE_FILTERS, SearchRequest
from search.results import Results
from web.display import level_names
from web.language import _, gettext, ngettext
from web.links import query_string, quoted, search_url
from web.params import Change

_key = lru_cache(maxsize=10_000)(fold_key)

# Authors, and tags, that are listed.
_MOST_VALUES = 60
# Ranges of days, the shortest first: the message, the number of days, the span.
_RANGES = (
    (gettext_noop("24 hours"), 1, "-1d"),
    (gettext_noop("A week"), 7, "-1w"),
    (gettext_noop("A month"), 30, "-1m"),
    (gettext_noop("A year"), 365, "-1y"),
)
_SPAN = re.compile(r"-([0-9]{1,4})([dwmy])")
# All filters taken away.
UNFILTERED: dict[str, Change] = {
    **dict.fromkeys(VALUE_FILTERS, ()),
    **{f"not_{name}": () for name in VALUE_FILTERS},
    "date_from": "",
    "date_to": "",
    "like": "",
}


# The names of filters, as pages show them.
_LABELS = {
    "category": gettext_noop("Category"),
    "tag": gettext_noop("Tag"),
    "author": gettext_noop("Author"),
    "-category": gettext_noop("Not in category"),
    "-tag": gettext_noop("Without tag"),
    "-author": gettext_noop("Not by"),
    "date": gettext_noop("Date"),
    "like": gettext_noop("Similar to"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter: its name (`-tag` excludes a tag), its value, and the search without it."""

    kind: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class FacetLink:
    """A value to filter by, with its number of articles, and the values inside it. `url` chooses it, or takes
    the choice back; so does `exclude_url` for its exclusion."""

    label: str
    count: int
    url: str
    active: bool = False
    children: tuple[FacetLink, ...] = ()
    exclude_url: str = ""
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class RangeLink:
    """The last days of the archive: the message for the period, and the search with it."""

    name: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Ranges:
    """Links to the last days. `until_newest` is set if some end with the newest article, since today has
    none."""

    links: tuple[RangeLink, ...]
    until_newest: bool


class Choices:
    """Links that choose and exclude values of one filter."""

    def __init__(self, request: SearchRequest, name: str) -> None:
        self._chosen, self._excluded = request.values(name), request.values(EXCLUDING + name)
        self._name = name
        kept = query_string(request, **{name: (), f"not_{name}": ()})
        self._start = f"{search_url()}?{kept}&" if kept else f"{search_url()}?"
        self._keys = frozenset(map(_key, self._chosen)), frozenset(map(_key, self._excluded))

    @property
    def values(self) -> tuple[str, ...]:
        """The values that are chosen or excluded."""
        return (*self._chosen, *self._excluded)

    def is_active(self, value: str) -> bool:
        """True for a value that is chosen or excluded."""
        return any(_key(value) in keys for keys in self._keys)

    def link(self, facet: FacetValue, label: str, children: tuple[FacetLink, ...] = ()) -> FacetLink:
        """The link of a value."""
        key = _key(facet.value)
        active, excluded = (key in keys for keys in self._keys)
        chosen = [each for each in self._chosen if not self._is_related(key, _key(each))]
        left_out = [each for each in self._excluded if not self._is_related(key, _key(each))]
        return FacetLink(
            label,
            facet.count,
            self._address(chosen if active else [*chosen, facet.value], left_out),
            active,
            children,
            self._address(chosen, left_out if excluded else [*left_out, facet.value]),
            excluded,
        )

    def _is_related(self, key: str, other: str) -> bool:
        """True for a value and itself; of categories, also for one inside the other: both would say the same
        twice, or nothing."""
        if key == other:
            return True
        shorter, longer = sorted((key, other), key=len)
        return self._name == "category" and longer.startswith(f"{shorter}/")

    def _address(self, chosen: Sequence[str], excluded: Sequence[str]) -> str:
        pairs = [f"{self._name}={quoted(value)}" for value in chosen]
        pairs += [f"{EXCLUDING}{self._name}={quoted(value)}" for value in excluded]
        return self._start + "&".join(pairs)


def value_links(
    results: Results, alternatives: Mapping[str, Sequence[FacetValue]], name: str
) -> tuple[FacetLink, ...]:
    """The most frequent values of a facet, and those that are chosen or excluded. `alternatives` are those
    without this filter, if it is active."""
    choices = Choices(results.request, name)
    values = alternatives.get(name, results.facets.get(name, ()))
    listed = list(values[:_MOST_VALUES])
    known = {_key(facet.value): facet for facet in values}
    shown = {_key(facet.value) for facet in listed}
    for value in choices.values:
        if _key(value) not in shown:
            listed.append(known.get(_key(value), FacetValue(value, 0)))
    return tuple(choices.link(facet, facet.value) for facet in listed)


def category_tree(
    results: Results, alternatives: Mapping[str, Sequence[FacetValue]]
) -> tuple[FacetLink, ...]:
    """Category paths as a tree. A level is joined to its only child where both have the same articles."""
    choices = Choices(results.request, "category")
    below: dict[str, list[FacetValue]] = {}  # by the folded path: spellings may differ from level to level
    for value in alternatives.get("category", results.facets.get("category", ())):
        below.setdefault(_key(value.value.rpartition("/")[0]), []).append(value)

    def link(value: FacetValue, depth: int) -> FacetLink:
        levels = value.value.split("/")
        inside = below.get(_key(value.value), [])
        children = [child for child in inside if child.value.count("/") == len(levels)]
        if len(children) == 1 and children[0].count == value.count and not choices.is_active(value.value):
            return link(children[0], depth)
        label = " / ".join(level_names(levels)[depth:])
        return choices.link(value, label, tuple(link(child, len(levels)) for child in children))

    return tuple(link(value, 0) for value in below.get("", []))


def filter_label(name: str) -> str:
    """The name of a filter in the language of the response; empty for another name."""
    return gettext(_LABELS[name]) if name in _LABELS else ""


def chips(request: SearchRequest, results: Results) -> tuple[Chip, ...]:
    """The active filters, one for each value."""
    return tuple(chip for chip in _chips(request, results) if chip.value)


def _chips(request: SearchRequest, results: Results) -> Iterator[Chip]:
    for field in VALUE_FILTERS:
        for sign, attribute in (("", field), (EXCLUDING, f"not_{field}")):
            values = request.values(sign + field)
            for value in values:
                rest = tuple(each for each in values if each != value)
                yield Chip(sign + field, value, search_url(request, **{attribute: rest}))
    yield Chip("date", date_label(request), search_url(request, date_from="", date_to=""))
    titles = {hit.article.id: hit.article.title for hit in results.hits}
    yield Chip("like", titles.get(request.like) or request.like, search_url(request, like=""))


def date_label(request: SearchRequest) -> str:
    """The range of dates of a search in words; empty without one."""
    start, end = request.date_from, request.date_to
    if not end:
        if not start:
            return ""
        if span := _SPAN.fullmatch(start.strip()):
            return _span_label(int(span[1]), span[2])
        return _("since {day}", day=start)
    if not start:
        return _("until {day}", day=end)
    return start if start == end else f"{start} – {end}"


def _span_label(number: int, unit: str) -> str:
    if unit == "d":
        return ngettext("last {count} day", "last {count} days", number, count=number)
    if unit == "w":
        return ngettext("last {count} week", "last {count} weeks", number, count=number)
    if unit == "m":
        return ngettext("last {count} month", "last {count} months", number, count=number)
    return ngettext("last {count} year", "last {count} years", number, count=number)


def ranges(request: SearchRequest, newest: date, today: date) -> Ranges:
    """The last days of an archive. Spans that have articles are counted back from today, whenever the address
    is opened; the others end with the newest article."""
    links, until_newest = [], False
    for name, days, span in _RANGES:
        if (today - newest).days < days:
            start = span
        else:
            first = max(newest.toordinal() - days, date.min.toordinal())
            start, until_newest = date.fromordinal(first).isoformat(), True
        active = (request.date_from, request.date_to) == (start, "")
        links.append(RangeLink(name, search_url(request, date_from=start, date_to=""), active))
    return Ranges(tuple(links), until_newest)

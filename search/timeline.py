"""Articles over time: counts of full matches by year, month or day, beside those of all articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from whoosh import query

from index.engines.base import Engine
from search.planning.matching import all_of
from search.query.dates import parse_period

# Days that are shown one by one; months, too. What is longer is shown by the next larger unit.
MOST_DAYS = 62
MOST_MONTHS = 120


@dataclass(frozen=True, slots=True)
class Series:
    """The full matches of a query: their number, those without a date, and those of each period."""

    query: str
    total: int
    undated: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Series over the same periods (a year, month or day, by `unit`), and all articles of each."""

    unit: str
    periods: tuple[str, ...]
    articles: tuple[int, ...]
    series: tuple[Series, ...]

    def rate(self, series: Series, number: int) -> float:
        """Articles of a series among 1,000 articles of a period."""
        everything = self.articles[number]
        return 1000 * series.counts[number] / everything if everything else 0.0


def make_timeline(
    engine: Engine,
    queries: Sequence[tuple[str, query.Query]],
    everything: query.Query,
    dates: query.Query | None,
    zone: tzinfo,
) -> Timeline:
    """The timeline of queries, each with the tree of its full matches; `everything` is that of all articles,
    and `dates` the range that they are in, if they are in one."""
    if dates is not None and _is_short(dates):
        return _by_day(engine, queries, everything, dates, zone)
    trees = [everything, *(tree for _, tree in queries)]
    totals = [engine.count(tree) for tree in trees]
    by_month = [Counter(dict(engine.facets(tree, ["month_facet"])["month_facet"])) for tree in trees]
    months = sorted(month for counts in by_month[1:] for month in counts)
    unit, periods, counted = "month", _months(months[0], months[-1]) if months else (), by_month
    if len(periods) > MOST_MONTHS:
        unit, counted = "year", [_by_year(counts) for counts in by_month]
        periods = tuple(f"{year:04d}" for year in range(int(months[0][:4]), int(months[-1][:4]) + 1))
    series = [
        Series(text, total, total - counts.total(), tuple(years[period] for period in periods))
        for (text, _), total, counts, years in zip(
            queries, totals[1:], by_month[1:], counted[1:], strict=True
        )
    ]
    return Timeline(unit, periods, tuple(counted[0][period] for period in periods), tuple(series))


def _is_short(dates: query.Query) -> bool:
    return (
        dates.start is not None
        and dates.end is not None
        and 0 < dates.end - dates.start <= (MOST_DAYS + 1) * 86400
    )


def _by_day(
    engine: Engine,
    queries: Sequence[tuple[str, query.Query]],
    everything: query.Query,
    dates: query.Query,
    zone: tzinfo,
) -> Timeline:
    first = date.fromtimestamp(dates.start) - timedelta(days=1)
    days = [(first + timedelta(days=number)).isoformat() for number in range(MOST_DAYS + 4)]
    spans = [(day, parse_period(day, zone)) for day in days]
    spans = [
        (day, span) for day, span in spans if (span.end or 0) > dates.start and (span.start or 0) < dates.end
    ]

    def counts(tree: query.Query) -> tuple[int, ...]:
        whole = engine.count(tree)
        if not whole:
            return (0,) * len(spans)
        return tuple(
            engine.count(all_of([tree, query.NumericRange("date", span.start, span.end, endexcl=True)]))
            for _, span in spans
        )

    series = [Series(text, sum(found := counts(tree)), 0, found) for text, tree in queries]
    return Timeline("day", tuple(day for day, _ in spans), counts(everything), tuple(series))


def _months(first: str, last: str) -> tuple[str, ...]:
    """All months from one to another."""
    numbers = range(_number(first), _number(last) + 1)
    return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers)


def _number(month: str) -> int:
    """Months since the year 0."""
    return 12 * int(month[:4]) + int(month[5:]) - 1


def _by_year(months: Counter[str]) -> Counter[str]:
    years: Counter[str] = Counter()
    for month, count in months.items():
        years[month[:4]] += count
    return years

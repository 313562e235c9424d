"""The archive over time, as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from search.searcher import FacetValue, SearchRequest
from web.listing import search_url

# With more months than this from the first to the last, a bar is a year.
_MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """A month or a year, its number of articles, its height (100: the highest), and the search for them."""

    label: str
    count: int
    height: float
    url: str


def time_bars(months: Sequence[FacetValue]) -> list[Bar]:
    """A bar for each month or year from the first to the last, those without articles too."""
    counts = Counter({month.value: month.count for month in months})
    if not counts:
        return []
    first, last = min(counts), max(counts)
    labels = _months(first, last)
    if len(labels) > _MOST_MONTHS:
        labels = [f"{year:04d}" for year in range(int(first[:4]), int(last[:4]) + 1)]
        years: Counter[str] = Counter()
        for month, count in counts.items():
            years[month[:4]] += count
        counts = years
    highest = max(counts.values())
    return [
        Bar(
            label,
            counts[label],
            round(100 * counts[label] / highest, 2),
            search_url(SearchRequest("", date_from=label, date_to=label)),
        )
        for label in labels
    ]


def _months(first: str, last: str) -> list[str]:
    start, stop = (12 * int(month[:4]) + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(start, stop + 1)]

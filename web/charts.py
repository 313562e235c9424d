"""Articles over time, as bars in SVG: attributes only, since the policy forbids inline styles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from search.searcher import FacetValue, SearchRequest
from web.links import search_url

# With more months than this from the first to the last, a bar is a year.
_MOST_MONTHS = 60
# Width of a bar with its gap, and height of the highest, in units of the drawing.
_STEP = 10
_HEIGHT = 100
# Few articles are seen beside many: no bar is lower.
_LOWEST = 2.5


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars from the `first` month or year to the `last`, each a link that narrows a search to it.

    `most` is the label of the highest bar, `most_count` its number of articles.
    """

    unit: str
    first: str
    last: str
    most: str
    most_count: int
    width: int
    bars: Markup


def make_timeline(
    months: Sequence[FacetValue], wanted: SearchRequest, *, most_months: int = _MOST_MONTHS
) -> Timeline | None:
    """The articles of a search by month, or by year where there are many months; None for a single bar."""
    counts = Counter({month.value: month.count for month in months})
    if not counts:
        return None
    unit, labels = "month", _months(min(counts), max(counts))
    if len(labels) > most_months:
        unit, labels = "year", [f"{year:04d}" for year in range(int(labels[0][:4]), int(labels[-1][:4]) + 1)]
        years: Counter[str] = Counter()
        for month, count in counts.items():
            years[month[:4]] += count
        counts = years
    if len(labels) < 2:
        return None
    most, highest = max(counts.items(), key=lambda item: item[1])
    bars = "".join(
        _bar(number * _STEP, counts[label], highest, label, wanted)
        for number, label in enumerate(labels)
        if counts[label]
    )
    return Timeline(unit, labels[0], labels[-1], most, highest, len(labels) * _STEP, Markup(bars))  # escaped


def _bar(x: int, count: int, highest: int, label: str, wanted: SearchRequest) -> str:
    """A bar, and an area of full height to aim at. Keys reach one bar only, and move on from there."""
    top = round(_HEIGHT - max(_LOWEST, _HEIGHT * count / highest), 1)
    url = escape(search_url(wanted, date_from=label, date_to=label))
    return (
        f'<a href="{url}" rel="nofollow" tabindex="-1"><title>{label}: {count:,}</title>'
        f'<path class="area" d="M{x} 0h{_STEP}v{_HEIGHT}h-{_STEP}z"/>'
        f'<path d="M{x + 1} {_HEIGHT}V{top}h{_STEP - 2}V{_HEIGHT}z"/></a>'
    )


def _months(first: str, last: str) -> list[str]:
    start, stop = (12 * int(month[:4]) + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(start, stop + 1)]

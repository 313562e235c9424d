"""Articles over time, as bars in SVG: attributes only, since the policy forbids inline styles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from search.facets import FacetValue
from search.request import SearchRequest
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
    """Bars from the `first` to the `last` month or year, each a link that narrows a search to it. `most`
    is the label of the highest bar, `most_count` its number of articles."""

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
    """The articles of a search by month, or by year where there are many months; None for a single bar.
    `months` are in order."""
    if not months:
        return None
    first, last = months[0].value, months[-1].value
    numbers = range(_number(first), _number(last) + 1)
    if len(numbers) <= most_months:
        unit = "month"
        labels = [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers]
        counts = Counter({month.value: month.count for month in months})
    else:
        unit = "year"
        labels = [f"{year:04d}" for year in range(int(first[:4]), int(last[:4]) + 1)]
        counts = Counter()
        for month in months:
            counts[month.value[:4]] += month.count
    if len(labels) < 2:
        return None
    search = search_url(wanted, date_from="", date_to="", explain=0)
    search = escape(f"{search}{'&' if '?' in search else '?'}")
    most, highest = max(counts.items(), key=lambda item: item[1])
    bars = "".join(
        _bar(number * _STEP, counts[label], highest, label, search)
        for number, label in enumerate(labels)
        if counts[label]
    )
    return Timeline(unit, labels[0], labels[-1], most, highest, len(labels) * _STEP, Markup(bars))  # escaped


def _bar(x: int, count: int, highest: int, label: str, search: str) -> str:
    """A bar, with a target of full height for pointers. Only one bar is a tab stop; arrow keys move from
    there."""
    top = round(_HEIGHT - max(_LOWEST, _HEIGHT * count / highest), 1)
    return (
        f'<a href="{search}from={label}&amp;to={label}" rel="nofollow" tabindex="-1">'
        f"<title>{label}: {count:,}</title>"
        f'<path class="area" d="M{x} 0h{_STEP}v{_HEIGHT}h-{_STEP}z"/>'
        f'<path d="M{x + 1} {_HEIGHT}V{top}h{_STEP - 2}V{_HEIGHT}z"/></a>'
    )


def _number(month: str) -> int:
    """Months since the year 0."""
    return 12 * int(month[:4]) + int(month[5:]) - 1

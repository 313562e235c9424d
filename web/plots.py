"""Lines over time in SVG, with a scale and ticks: attributes only, since the policy forbids inline styles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from search.timeline import Timeline

WIDTH, HEIGHT = 760, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 14, 34
COLOURS = ("#b3261e", "#1a4a9c", "#2e7d32", "#7a4fb5")
_DASHES = ("none", "7 3", "2 3", "9 3 2 3")
# Labels below the line of time, at most: of days, years and months.
_MOST_LABELS = {"day": 8, "month": 12, "year": 16}
_TICKS = 5

Address = Callable[[int, str], str]


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing; `axis` is its highest tick."""

    svg: Markup
    axis: float


def nice_ticks(highest: float, most: int = _TICKS) -> list[float]:
    """Round numbers from 0 to at least the highest value.

    >>> nice_ticks(37), nice_ticks(0.4)
    ([0.0, 10.0, 20.0, 30.0, 40.0], [0.0, 0.1, 0.2, 0.3, 0.4])
    """
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * most >= highest * 0.999999)
    return [round(step * number, 10) for number in range(math.ceil(highest / step - 1e-9) + 1)]


def make_plot(
    timeline: Timeline,
    values: Sequence[Sequence[float]],
    articles_url: Address,
    zoom_url: Callable[[str], str],
) -> Plot:
    """The lines of a timeline; `values` are those of each series. A point leads to its articles, a label of
    time to its parts: `articles_url` takes the number of the series and the period."""
    ticks = nice_ticks(max((value for line in values for value in line), default=0))
    periods = timeline.periods
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(periods) - 1)

    def x(number: int) -> float:
        return round(_LEFT + (number * step if len(periods) > 1 else (WIDTH - _LEFT - _RIGHT) / 2), 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / ticks[-1], 1)

    parts = [
        f'<path class="grid" stroke="#ccc" fill="none" d="M{_LEFT} {y(tick)}H{WIDTH - _RIGHT}"/>'
        f'<text class="tick" x="{_LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{tick:,g}</text>'
        for tick in ticks
    ]
    every = math.ceil(len(periods) / _MOST_LABELS[timeline.unit]) if periods else 1
    for number in range(0, len(periods), every):
        label = periods[number]
        text = f'<text class="tick" x="{x(number)}" y="{HEIGHT - 12}" text-anchor="middle">{label}</text>'
        parts.append(
            f'<path class="grid" stroke="#ccc" d="M{x(number)} {HEIGHT - _BOTTOM}v5"/>'
            + (
                f'<a href="{escape(zoom_url(label))}" rel="nofollow">{text}</a>'
                if timeline.unit != "day"
                else text
            )
        )
    for number, line in enumerate(values):
        parts.append(_line(timeline, number, line, x, y, articles_url))
    return Plot(Markup("".join(parts)), ticks[-1])  # numbers, and what is escaped


def _line(
    timeline: Timeline,
    number: int,
    line: Sequence[float],
    x: Callable[[int], float],
    y: Callable[[float], float],
    articles_url: Address,
) -> str:
    colour, series = COLOURS[number], timeline.series[number]
    path = "M" + "L".join(f"{x(at)} {y(value)}" for at, value in enumerate(line))
    drawn = [
        f'<path class="line s{number}" fill="none" stroke="{colour}" stroke-width="2" '
        f'stroke-linejoin="round" stroke-dasharray="{_DASHES[number]}" d="{path}"/>'
    ]
    for at, count in enumerate(series.counts):
        if count:
            title = f"{series.query} {timeline.periods[at]}: {count:,} / {timeline.articles[at]:,}"
            url = escape(articles_url(number, timeline.periods[at]))
            drawn.append(
                f'<a href="{url}" rel="nofollow" tabindex="-1">'
                f"<title>{escape(title)}</title>"
                f'<circle class="s{number}" cx="{x(at)}" cy="{y(line[at])}" r="3.5" fill="{colour}"/></a>'
            )
    return "".join(drawn)

"""The context of a suspected error, and what fills its gap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.analysis.grams import BOUNDARY, END, separate, units
from index.article import Article
from search.assist.context import GapContext


@given(
    text=st.text("临江地铁圖書館ab1２.“”·—，。\n 𠮷", min_size=1, max_size=30),
    offset=st.integers(0, 29),
    width=st.integers(0, 5),
)
def test_every_character_fills_its_own_gap(text: str, offset: int, width: int) -> None:
    found = units(separate(text))
    if offset < len(found):
        unit = found[offset]
        context = GapContext(
            tuple(found[max(0, offset - width) : offset]), tuple(found[offset + 1 : offset + 1 + width]), 1
        )
        if not unit.endswith(END) and BOUNDARY not in (unit, *context.left, *context.right):
            assert unit in context.gap_fillers([Article("a", "a.md", "题", text)])


def test_what_stands_elsewhere_fills_no_gap() -> None:
    context = GapContext(("放", "管"), ("改", "革"), 1)
    articles = [
        Article("a", "a.md", "放管服改革", "放管与改革；放管　“務”改革。放管服\n改革"),
        Article("b", "b.md", "放管改革", "放管服务改革，管里改革"),
    ]
    assert context.gap_fillers(articles) == {"服": 1, "与": 1, "务": 1}


def test_neighbours_are_asked_for_where_there_are_two_on_a_side() -> None:
    assert GapContext(("放",), ("改",), 1).match(["title"]) is None
    assert str(GapContext(("放",), ("改", "革"), 1).match(["title"])) == "title_grams:改革"
    grams = GapContext(("放", "管"), ("改", "革"), 1).match(["title"]).grams
    assert grams == ((0, "放管"), (3, "改革"))  # 放管服改革

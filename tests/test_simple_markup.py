"""Simple markup read without a parser has the text that the parser gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from properties import examples

from index.sources.extract import BOILERPLATE_LINES, EDITOR_CLASS, SKIPPED_CLASSES, extract
from index.sources.loss import left_out
from index.sources.repair import repair
from index.sources.simple_markup import extract_simple

CASES = json.loads((Path(__file__).parent / "cases" / "extract.json").read_text(encoding="utf-8"))
BLOCKS = "div p h2 ul li table tbody tr td blockquote pre section figure figcaption".split()
INLINE = "b a span strong code em".split()
CLASSES = [EDITOR_CLASS, *sorted(SKIPPED_CLASSES), "footnote-reference", "other", "a b"]
TEXTS = [
    *(
        "河流",
        "改道",
        " ",
        "\n",
        "\u3000",
        "x",
        "7",
        "&lt;b&gt;",
        "&nbsp;",
        "&amp;",
        "&#123;",
        "责任编辑：王一 ",
    ),
    *(
        "a > b",
        "&copy;",
        "&",
        "'\"",
        "<br>",
        "<br />",
        '<img src="a.png?b=1&amp;c=2">',
        '<img alt="甲" src="">',
    ),
    *("<!-- 注 -->", "<hr>", "<style>p{color:red}</style>", *sorted(BOILERPLATE_LINES)),
]


def attributes(draw: st.DrawFn) -> str:
    return draw(
        st.sampled_from(
            ["", "", "", ' style="x: y"', ' href="/a?b&c"', *(f' class="{name}"' for name in CLASSES)]
        )
    )


@st.composite
def nested(draw: st.DrawFn, depth: int = 0) -> str:
    """Elements that are closed in order, mostly inside one that may hold them."""
    parts: list[str] = []
    for _ in range(draw(st.integers(0, 4))):
        if depth < 4 and draw(st.booleans()):
            name = draw(st.sampled_from(BLOCKS if draw(st.booleans()) else INLINE))
            parts.append(f"<{name}{attributes(draw)}>{draw(nested(depth + 1))}</{name}>")
        else:
            parts.append(draw(st.sampled_from(TEXTS)))
    return "".join(parts)


def check(html: str) -> None:
    simple = extract_simple(html)
    if simple is None:
        return
    parsed = extract(html)
    assert simple == parsed
    assert repair(html) == html
    assert left_out(html, parsed) == ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden_cases(case: dict[str, str]) -> None:
    check(case["html"])
    check(f"<div>{case['html']}</div>")


@example("<p>a</p>")
@given(nested())
@settings(max_examples=examples(600))
def test_what_is_closed_in_order(html: str) -> None:
    check(f"<div>{html}<p>末</p></div>")
    check(f"<p>首</p>{html}")


SOUP = [f"<{slash}{name}>" for name in (*BLOCKS, *INLINE) for slash in ("", "/")] + TEXTS


@given(st.lists(st.sampled_from(SOUP), max_size=12).map("".join))
@settings(max_examples=examples(600))
def test_what_is_not(html: str) -> None:
    check(f"<div><p>首</p>{html}</div>")


@pytest.mark.parametrize(
    "html",
    [
        "<div>\n<p>子</p>\n<p>丑<b>寅</b><br>卯</p>\n<h2>辰</h2><ul><li>巳</li><li><p>午</p></li></ul></div>\n",
        '<p>见 <a href="https://a.example/?b=1&c=2">此</a></p><p><img alt="图" src="a.png" /></p>',
        '<div><p>文</p><p class="article-editor">责任编辑：王一 </p></div>',
        "<table><thead><tr><th>甲</th></tr></thead><tbody><tr><td>乙<br>丙</td></tr></tbody></table>",
        "<div><pre><code>if a &lt; b:\n    c &amp; d</code></pre><p>文</p></div>",
    ],
)
def test_what_most_articles_are_made_of_takes_no_parser(html: str) -> None:
    assert extract_simple(html) is not None
    check(html)


@pytest.mark.parametrize(
    "html",
    [
        "没有元素的文",
        "<p>没有结束",
        "<p>一<p>二</p></p>",
        "<b><p>里外颠倒</p></b>",
        "<div>露在外面</div>的字<p>文</p>",
        "<p>&copy;</p>",
        "<p class='x'>单引号</p>",
        "<p>a<b</p>",
        "<p>字<ruby>字<rt>zi</rt></ruby></p>",
        "<body><p>页</p></body>",
    ],
)
def test_what_takes_a_parser(html: str) -> None:
    assert extract_simple(html) is None

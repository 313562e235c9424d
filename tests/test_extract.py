"""HTML → text: golden cases, both ways to walk the markup, and that nothing visible is lost."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import examples

from fuzz.soup import extract_with_beautifulsoup
from index.sources.extract import (
    BLOCK_TAGS,
    BOILERPLATE_LINES,
    EDITOR_CLASS,
    INLINE_TAGS,
    PAGE_TAGS,
    SKIPPED_CLASSES,
    SKIPPED_TAGS,
    UNSHOWABLE,
    Extracted,
    extract,
    has_markup,
)

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases" / "extract.json").read_text(encoding="utf-8"))
EXAMPLES = HERE.parent / "examples" / "articles"
# BeautifulSoup wonders about text that looks like a file name or an address.
pytestmark = pytest.mark.filterwarnings("ignore::bs4.MarkupResemblesLocatorWarning")


@pytest.mark.parametrize("read", [extract, extract_with_beautifulsoup], ids=["lxml", "beautifulsoup"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, Any], read: Any) -> None:
    assert read(case["html"]) == Extracted(
        text="\n".join(case.get("text", [])),
        editor=case.get("editor", ""),
        images=tuple(case.get("images", [])),
        title=case.get("title", ""),
    )


@pytest.mark.parametrize("tag", sorted(SKIPPED_TAGS - {"title", "embed", "input", "option"}))
def test_what_is_in_a_skipped_element_is_no_text(tag: str) -> None:
    assert extract(f"<p>前</p><{tag}>藏</{tag}><p>后</p>").text == "前\n后"


@pytest.mark.parametrize("tag", sorted(PAGE_TAGS))
def test_what_is_around_an_article_is_skipped_in_whole_pages_only(tag: str) -> None:
    assert extract(f"<p>前</p><{tag}>旁</{tag}><p>后</p>").text == "前\n旁\n后"
    assert extract(f"<body><p>前</p><{tag}>旁</{tag}><p>后</p></body>").text == "前\n后"


@pytest.mark.parametrize("name", sorted(SKIPPED_CLASSES))
def test_boilerplate_is_skipped_by_class(name: str) -> None:
    assert extract(f"<p>前</p><div class='a {name}'>藏<p>藏</p></div><p>后</p>").text == "前\n后"


@pytest.mark.parametrize("line", sorted(BOILERPLATE_LINES))
def test_boilerplate_is_skipped_by_line(line: str) -> None:
    assert extract(f"<p>前</p><p> {line} </p><p>后</p>").text == "前\n后"


@pytest.mark.parametrize("tag", sorted(BLOCK_TAGS - {"html", "body"}))
def test_a_block_begins_and_ends_a_line(tag: str) -> None:
    inner = "" if tag in ("br", "hr") else f"中</{tag}>"
    expected = "前\n后" if tag in ("br", "hr") else "前\n中\n后"
    assert extract(f"<span>前</span><{tag}>{inner}<span>后</span>").text == expected


@pytest.mark.parametrize(
    "text", ["a < b", "a<b则停", "a<5", "#include <vector>", "x <y> z", "-> <- <>", "<", "<p"]
)
def test_not_every_angle_bracket_is_markup(text: str) -> None:
    assert not has_markup(text)


@pytest.mark.parametrize(
    "text", ["<p>", "a<br/>b", "</div>", "<A HREF=x>", "<!-- x", "<img\nsrc=a>", "<h1 id='x'>"]
)
def test_elements_and_comments_are_markup(text: str) -> None:
    assert has_markup(text)


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "ul"])
def test_markup_may_be_nested_deeper_than_any_stack(tag: str) -> None:
    deep = f"<{tag}>" * 3_000 + "深" + f"</{tag}>" * 3_000 + "<p>后</p>"
    assert extract(deep).text.split() == extract_with_beautifulsoup(deep).text.split() == ["深", "后"]


TAGS = sorted(BLOCK_TAGS | SKIPPED_TAGS | PAGE_TAGS | INLINE_TAGS | {"o:p", "svg", "math", "vector", "col"})
ATTRIBUTES = st.sampled_from(
    [
        "",
        f" class='{EDITOR_CLASS}'",
        " class='x appendQr_wrap'",
        " class",
        " src=a.png",
        " src",
        " a='<p>'",
        " a=b/",
    ]
)
MARKS = "&amp; &#123; &lt; &nbsp; &bogus; &#1; <!-- --> <! <!DOCTYPE <? ?> ]]> </ <![CDATA[".split()
PIECES = st.one_of(
    st.builds("<{}{}>".format, st.sampled_from(TAGS), ATTRIBUTES),
    st.builds("</{}>".format, st.sampled_from(TAGS)),
    st.builds("<{}{}/>".format, st.sampled_from(TAGS), ATTRIBUTES),
    st.sampled_from([*"中文\n \u3000&<>'\"𠮷", *MARKS, "责任编辑：王一"]),
    st.text(st.characters(codec="utf-8"), max_size=3),
)


@settings(max_examples=examples(300))
@given(st.lists(PIECES, max_size=16).map("".join))
def test_lxml_alone_gives_what_beautifulsoup_gives(soup: str) -> None:
    soup = UNSHOWABLE.sub("", soup)
    assert extract(soup) == extract_with_beautifulsoup(soup)


def test_lxml_alone_gives_what_beautifulsoup_gives_of_every_example() -> None:
    paths = [path for path in EXAMPLES.rglob("*") if path.is_file()]
    assert paths
    for path in paths:
        text = UNSHOWABLE.sub("", path.read_text(encoding="utf-8", errors="replace"))
        assert extract(text) == extract_with_beautifulsoup(text), path


VISIBLE_TAGS = sorted((BLOCK_TAGS | INLINE_TAGS) - SKIPPED_TAGS - {"html", "body", "br", "hr"})
VOID_TAGS = {"area", "base", "basefont", "img", "link", "meta", "source", "track", "wbr"}
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"], exclude_characters="\ufeff"),
    max_size=6,
)
# A fragment, and the text that a reader sees of it.
Fragment = tuple[str, str]


def element(tag: str, children: list[Fragment]) -> Fragment:
    inner, visible = "".join(markup for markup, _ in children), "".join(text for _, text in children)
    return (f"<{tag}>{inner}", visible) if tag in VOID_TAGS else (f"<{tag}>{inner}</{tag}>", visible)


FRAGMENTS = st.recursive(
    st.one_of(
        TEXTS.map(lambda text: (html.escape(text), text)), st.just(("<br>", "")), st.just(("<!-- 藏 -->", ""))
    ),
    lambda inner: st.builds(element, st.sampled_from(VISIBLE_TAGS), st.lists(inner, max_size=4)),
    max_leaves=8,
)


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


@settings(max_examples=examples(200))
@given(st.lists(FRAGMENTS, max_size=4))
def test_no_visible_text_is_lost_added_or_moved(fragments: list[Fragment]) -> None:
    markup, visible = element("div", fragments)
    assert without_spaces(extract(markup).text) == without_spaces(visible)


LOOSE_TAGS = st.sampled_from([(form.format(tag), "") for tag in VISIBLE_TAGS for form in ("<{}>", "</{}>")])


@settings(max_examples=examples(300))
@given(
    st.lists(
        st.one_of(LOOSE_TAGS, LOOSE_TAGS, TEXTS.map(lambda text: (html.escape(text), text))), max_size=16
    )
)
def test_no_visible_text_is_lost_where_tags_do_not_match(pieces: list[Fragment]) -> None:
    markup = "".join(piece for piece, _ in pieces)
    visible = "".join(text for _, text in pieces)
    assert without_spaces(extract(markup).text) == without_spaces(visible)


@given(st.lists(st.one_of(PIECES, st.integers(0, 0x110000).map("&#{};".format)), max_size=16).map("".join))
def test_a_text_is_lines_without_anything_that_cannot_be_shown(soup: str) -> None:
    found = extract(UNSHOWABLE.sub("", soup))
    for part in (*found.text.split("\n"), found.title, found.editor):
        assert part == " ".join(part.split())
        assert not UNSHOWABLE.search(part)
    assert "" not in found.text.split("\n") or not found.text

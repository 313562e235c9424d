"""Markdown → HTML → text: golden cases, and that code is whole and nothing else is left of marks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyromark
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import examples

from index.sources.body import read_body

TABLES = pyromark.Options.ENABLE_TABLES
CASES = json.loads((Path(__file__).parent / "cases" / "markdown.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, Any]) -> None:
    _, extracted, loss = read_body(case["text"], case.get("suffix", ".md"))
    assert extracted.text.split("\n") == case["lines"]
    assert not loss


HAN = re.compile("[\u4e00-\u9fff]+")
WORDS = st.text(alphabet="河口观鸟站候鸟白鹤山水", min_size=1, max_size=6)
# Code that looks like everything that is stripped elsewhere.
CODE = st.lists(
    st.sampled_from(
        [
            *(
                "{% note %}",
                "{{< x >}}",
                "::: tip",
                "[[甲|乙]]",
                "==高亮==",
                "$a$",
                "<select>",
                "<!--",
                "a<b",
            ),
            *(
                "**粗**",
                "~x~",
                "import X from 'x'",
                "<Tabs>",
                "> [!note]",
                "List<Object>",
                "](u)",
                "#include",
            ),
        ]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)
BLOCKS = st.one_of(
    WORDS.map(lambda words: f"# {words}"),
    st.tuples(WORDS, WORDS).map("**{0[0]}。**{0[1]}".format),
    st.tuples(WORDS, WORDS).map("[{0[0]}](https://e.example/a)，{0[1]} ==高==".format),
    WORDS.map(lambda words: f"- {words}\n- [ ] {words}"),
    WORDS.map(lambda words: f"> [!note] {words}\n> {words}"),
    WORDS.map(lambda words: f"::: tip {words}\n{words}\n:::"),
    WORDS.map(lambda words: f"{{% note info %}}\n{words}\n{{% endnote %}}"),
    WORDS.map(lambda words: f"| {words} | [[页|{words}]] |\n|---|---|\n| {words} | {words} |"),
    CODE.map(lambda code: f"```\n{code}\n```"),
    CODE.map(lambda code: f"> ~~~\n> {code}\n> ~~~"),
    st.tuples(WORDS, CODE).map("{0[0]} ``{0[1]}`` {0[0]}".format),
)
MARKS = re.compile(r"\{%|%\}|\{\{|:::|\*\*|==|\[\[|\]\(|\[!|\[ \]|```|~~~|[\x01-\x04]")


@settings(max_examples=examples(100))
@given(st.lists(BLOCKS, min_size=1, max_size=6), st.sampled_from([".md", ".mdx"]))
def test_code_is_whole_and_no_mark_is_left(blocks: list[str], suffix: str) -> None:
    html, extracted, loss = read_body("\n\n".join(blocks), suffix)
    assert not loss
    squeezed = "".join(extracted.text.split())
    for block in blocks:
        for code in re.findall(r"```\n(.*)\n|> (.*)\n> ~~~|``(.*)``", block):
            assert "".join("".join(code).split()) in squeezed
    prose = re.sub(r"<pre>.*?</pre>|<code>.*?</code>|<[^>]*>", "", html, flags=re.DOTALL)
    assert not MARKS.search(prose)
    rendered = pyromark.html("\n\n".join(block for block in blocks if "页" not in block), options=TABLES)
    for run in HAN.findall(BeautifulSoup(rendered, "lxml").text):
        assert run in squeezed


@settings(max_examples=examples(100))
@given(st.text(alphabet="甲乙，\n <>&`~$*=[]{}%!:|#-\\ab/\"'", max_size=60), st.sampled_from([".md", ".mdx"]))
def test_any_text_is_read_and_keeps_its_characters(text: str, suffix: str) -> None:
    _, extracted, _ = read_body(text, suffix)
    if suffix == ".md" and not set("[]{}%!<:\"'\\") & set(text):
        assert sorted(re.findall("[甲乙]", extracted.text)) == sorted(re.findall("[甲乙]", text))


@pytest.mark.parametrize(
    "text",
    [
        "> " * 1000 + "字",
        "- " * 1000 + "字",
        "<div>" * 3000 + "字",
        "**a *b " * 5000 + "字",
        "[" * 20000 + "字",
    ],
)
def test_deep_nesting_is_read(text: str) -> None:
    assert "字" in read_body(text, ".md")[1].text

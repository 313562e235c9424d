"""Front matter: golden cases, valid and broken; and blocks that are made to do harm."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from index.sources.frontmatter import MAX_DEPTH, MAX_LENGTH, FrontMatter, split_front_matter

CASES = json.loads((Path(__file__).parent / "cases" / "frontmatter.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, Any]) -> None:
    found = split_front_matter(case["text"])
    assert found.values == case["values"]
    assert found.body == case["body"]
    if "problem" in case:
        assert case["problem"] in found.problem
    else:
        assert found.problem == ""


def test_a_key_has_one_text_or_several() -> None:
    front = FrontMatter({"one": "甲", "two": ["甲", "乙"], "none": [], "empty": ""}, "")
    assert [front.text(key) for key in ("one", "two", "none", "empty", "absent")] == ["甲", "甲", "", "", ""]
    assert front.texts("one") == ["甲"]
    assert front.texts("two") == ["甲", "乙"]
    assert front.texts("none") == front.texts("empty") == front.texts("absent") == []


@pytest.mark.parametrize(
    "bomb",
    [
        "a: " + "[" * 60_000,
        "a: " + "{" * 60_000,
        "- " * 30_000,
        "? " * 30_000,
        "a: " + "[a: " * 15_000,
        "a: " + "[" * 10_000 + "]" * 10_000,
    ],
    ids=["lists", "mappings", "items", "keys", "both", "closed"],
)
def test_deep_nesting_neither_ends_the_process_nor_takes_long(bomb: str) -> None:
    """PyYAML's tree is built by recursion in C: at a depth of some ten thousand, the process is gone."""
    started = time.thread_time()
    found = split_front_matter(f"---\n{bomb}\ntitle: 题\n---\n文")
    assert time.thread_time() - started < 5
    assert "nested too deeply" in found.problem
    assert found.values["title"] == "题"
    assert found.body == "文"


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH])
def test_nesting_is_allowed_up_to_a_depth(depth: int) -> None:
    """The block itself is one level."""
    found = split_front_matter(f"---\ntitle: 题\na: {'[' * depth}{']' * depth}\n---\n文")
    assert bool(found.problem) == (depth == MAX_DEPTH)
    assert found.text("title") == "题"


def test_a_long_list_is_not_deep() -> None:
    tags = [f"标签{number}" for number in range(1000)]
    found = split_front_matter(f"---\ntags: [{', '.join(tags)}]\n---\n")
    assert found.texts("tags") == tags
    assert not found.problem


def test_a_bomb_of_aliases_stays_small() -> None:
    """Ten lists of ten aliases each of the one before: ten thousand million texts, if anybody counted."""
    levels = [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(10)]
    found = split_front_matter("\n".join(["---", "a0: &a0 [x, x]", *levels, "title: 题", "---", "文"]))
    assert found.text("title") == "题"
    assert sum(len(value) for value in found.values.values()) < 10


def test_a_block_without_an_end_is_read_up_to_a_length() -> None:
    lines = "".join(f"key{number}: value\n" for number in range(20_000))
    found = split_front_matter(f"---\ntitle: 题\n{lines}")
    assert found.text("title") == "题"
    assert len(found.body) >= len(lines) - MAX_LENGTH
    assert found.problem


TEXTS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cn", "Co"], exclude_characters="&\ufeff"
    )
).map(str.strip)


@given(st.dictionaries(st.text("abcXYZ_-09", min_size=1), st.one_of(TEXTS, st.lists(TEXTS))))
def test_what_a_yaml_library_writes_is_read_back(values: dict[str, str | list[str]]) -> None:
    block = yaml.safe_dump(values, allow_unicode=True)
    found = split_front_matter(f"---\n{block}---\n文")
    assert not found.problem
    for key, value in values.items():
        assert found.values[key] == ([item for item in value if item] if isinstance(value, list) else value)


MARKS = "--- ... : - [ ] { } ' | > % @ ` # ~ , ! &a *a !!str << &#123; title 题".split(" ")
PIECES = st.sampled_from([*MARKS, ": ", "- ", "? ", '"', " ", "\n", "\t", "\x85", "\u2028", "\ufeff"])


@given(st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=40).map("".join), st.booleans())
def test_nothing_is_raised_and_no_body_is_lost(text: str, starts: bool) -> None:
    text = f"---\n{text}" if starts else text
    found = split_front_matter(text)
    assert text.endswith(found.body)
    for value in found.values.values():
        assert isinstance(value, str) or all(isinstance(item, str) for item in value)

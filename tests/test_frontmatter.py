"""Front matter: golden cases, valid and broken; and blocks that are made to do harm."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from index.sources.frontmatter import (
    MAX_LENGTH,
    FrontMatter,
    load_yaml,
    simple_values,
    split_front_matter,
)
from index.sources.values import MAX_DEPTH, MAX_VALUES, normalise

CASES = json.loads((Path(__file__).parent / "cases" / "frontmatter.json").read_text(encoding="utf-8"))


def reasons(found: FrontMatter) -> str:
    """Everything that was wrong with a block."""
    return "; ".join(complaint.reason for complaint in found.complaints)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, Any]) -> None:
    found = split_front_matter(case["text"])
    assert found.values == case["values"]
    assert found.body == case["body"]
    told = reasons(found)
    assert case.get("problem", "") in told
    assert bool(told) == ("problem" in case)


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
    assert "nested too deeply" in reasons(found)
    assert found.values["title"] == "题"
    assert found.body == "文"


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH])
def test_nesting_is_allowed_up_to_a_depth(depth: int) -> None:
    """The block itself is one level."""
    found = split_front_matter(f"---\ntitle: 题\na: {'[' * depth}{']' * depth}\n---\n文")
    assert bool(found.complaints) == (depth == MAX_DEPTH)
    assert found.values["title"] == "题"


def test_a_long_list_is_not_deep() -> None:
    tags = [f"标签{number}" for number in range(1000)]
    found = split_front_matter(f"---\ntags: [{', '.join(tags)}]\n---\n")
    assert found.values["tags"] == tags
    assert not found.complaints


def test_a_bomb_of_aliases_stays_small() -> None:
    """Ten lists of ten aliases each of the one before: ten thousand million texts, if anybody counted."""
    levels = [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(10)]
    found = split_front_matter("\n".join(["---", "a0: &a0 [x, x]", *levels, "title: 题", "---", "文"]))
    assert "too many values" in reasons(found)
    assert found.values["title"] == "题"
    assert len(str(found.values)) < 20 * MAX_VALUES
    assert found.body == "文"


def test_a_block_without_an_end_is_read_up_to_a_length() -> None:
    lines = "".join(f"key{number}: value\n" for number in range(20_000))
    found = split_front_matter(f"---\ntitle: 题\n{lines}")
    assert found.values["title"] == "题"
    assert len(found.body) >= len(lines) - MAX_LENGTH
    assert found.complaints


@pytest.mark.slow
@pytest.mark.parametrize(
    ("opening", "line", "closing"), [("---", "key{}: 值", "---"), ("+++", 'key{} = "值"', "+++")]
)
def test_a_block_of_ten_megabytes_is_read_at_its_head(opening: str, line: str, closing: str) -> None:
    lines = "\n".join(line.format(number) for number in range(600_000))
    title = "title: 题" if opening == "---" else 'title = "题"'
    started = time.thread_time()
    found = split_front_matter(f"{opening}\n{title}\n{lines}\n{closing}\n文")
    assert time.thread_time() - started < 5
    assert found.values["title"] == "题"
    assert found.body == "文"
    assert "only the first 65,536" in reasons(found)


@pytest.mark.parametrize(
    "bomb",
    [
        "+++\na = " + "[" * 60_000 + "\ntitle = '题'\n+++\n文",
        "+++\n" + "a." * 30_000 + "a = 1\ntitle = '题'\n+++\n文",
        "+++\na = " + "{b = " * 10_000 + "\ntitle = '题'\n+++\n文",
        '{"title": "题",\n"a": ' + "[" * 60_000 + "\n}\n文",
        '{"title": "题",\n"a": ' + "9" * 60_000 + "\n}\n文",
    ],
    ids=["lists", "dotted key", "tables", "JSON lists", "a long number"],
)
def test_bombs_of_other_forms_neither_end_the_process_nor_take_long(bomb: str) -> None:
    started = time.thread_time()
    found = split_front_matter(bomb)
    assert time.thread_time() - started < 5
    assert found.values["title"] == "题"
    assert found.body.strip() == "文"


TEXTS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cn", "Co"], exclude_characters="&\ufeff"
    )
).map(str.strip)


@given(st.dictionaries(st.text("abcxyz_-09", min_size=1), st.one_of(TEXTS, st.lists(TEXTS))))
def test_what_a_yaml_library_writes_is_read_back(values: dict[str, str | list[str]]) -> None:
    block = yaml.safe_dump(values, allow_unicode=True)
    found = split_front_matter(f"---\n{block}---\n文")
    assert not found.complaints
    assert found.values == values


SIMPLE = st.sampled_from(
    [
        "title",
        "Tags",
        "date",
        " - ",
        "- ",
        ":",
        ": ",
        "\n",
        "\n",
        "'",
        '"',
        " ",
        "#",
        "题",
        "a b",
        "12:30",
        "\\",
        "\u3000",
        "\x85",
    ]
)


@given(st.lists(SIMPLE, max_size=25).map("".join))
@example("title: '题 # \" :'\nTags:\n - a b\n - 12:30\ndate: \n")
@example("title: a\n - b\n")
@example("Tags:\n- a\n - b\n")
def test_simple_blocks_are_read_as_a_yaml_library_does(block: str) -> None:
    read = simple_values(block)
    if read is not None:
        loaded = load_yaml(block)
        assert isinstance(loaded, dict)
        assert read == normalise(loaded)[0]


def test_most_blocks_are_simple() -> None:
    assert simple_values(
        "title: '题：1 #2'\ntags:\n  - a b\n  - c\ndate: Tue, 04 Jan 2022 06:00:06 GMT\n"
    ) == {
        "title": "题：1 #2",
        "tags": ["a b", "c"],
        "date": "Tue, 04 Jan 2022 06:00:06 GMT",
    }


MARKS = "--- ... : - [ ] { } ' | > % @ ` # ~ , ! &a *a !!str << &#123; title 题".split(" ")
PIECES = st.sampled_from([*MARKS, ": ", "- ", "? ", '"', " ", "\n", "\t", "\x85", "\u2028", "\ufeff"])


@given(st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=40).map("".join), st.booleans())
def test_nothing_is_raised_and_no_body_is_lost(text: str, starts: bool) -> None:
    text = f"---\n{text}" if starts else text
    found = split_front_matter(text)
    assert text.endswith(found.body)
    assert all(map(is_plain, found.values.values()))


def is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(inner) for key, inner in value.items())
    return isinstance(value, str) or (isinstance(value, list) and all(map(is_plain, value)))

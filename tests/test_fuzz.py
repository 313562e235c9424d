"""The targets of `fuzz/` for seconds: their seeds, and what Hypothesis makes of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuzz.targets import TARGETS, Check, seeds

pytestmark = pytest.mark.slow

# Inputs for each target; fuzz/README.md has the long run.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))


@pytest.fixture(scope="module", params=list(TARGETS))
def target(request: pytest.FixtureRequest) -> Iterator[tuple[str, Check]]:
    with TARGETS[request.param]() as check:
        yield request.param, check


@pytest.mark.filterwarnings("ignore::bs4.MarkupResemblesLocatorWarning")
def test_seeds_break_no_promise(target: tuple[str, Check]) -> None:
    name, check = target
    assert seeds(name)
    for seed in seeds(name):
        check(seed)


@pytest.mark.filterwarnings("ignore::bs4.MarkupResemblesLocatorWarning")
def test_neither_do_inputs_like_them(target: tuple[str, Check]) -> None:
    """Parts of seeds, joined, with other bytes between them."""
    name, check = target
    whole = st.sampled_from(seeds(name))
    part = st.builds(
        lambda seed, start, length: seed[start : start + length],
        whole,
        st.integers(0, 60),
        st.integers(1, 40),
    )
    other = st.one_of(
        st.binary(max_size=4), st.text(max_size=4).map(lambda text: text.encode("utf-8", "replace"))
    )

    @settings(max_examples=EXAMPLES)
    @given(whole, st.lists(st.one_of(part, other), max_size=6).map(b"".join))
    def run(seed: bytes, more: bytes) -> None:
        check(seed[: len(seed) // 2] + more + seed[len(seed) // 2 :])
        check(more)

    run()


# What queries are made of: words, what is none, and every sign.
FRAGMENTS = [
    *"公安服的aあ、，。：·\x01\ueb89", "交管", "地铁", "12", "3.5", "12:30", "C++",
    "NOT ", "AND ", "OR ", "title:", "标题:", "author:", "category:", "date:", "date:2022", ">=2022",
    "~2", "^2", "^0.5", *"   (((）)-－!|\"\"“”*?~^.:/+",
]  # fmt: skip


def test_neither_do_queries_of_signs() -> None:
    """Byte by byte, a fuzzer takes a million tries to find what parts of the language do to one another."""
    with TARGETS["query"]() as check:

        @settings(max_examples=10 * EXAMPLES)
        @given(st.lists(st.sampled_from(FRAGMENTS), max_size=16).map("".join))
        @example("公 -(、 -(、 -服))")
        @example("NOT category::2*(")
        @example("author:甲^^^ 公")
        @example("author:··")
        @example('"5^0277777777')
        def run(text: str) -> None:
            check(text.encode())

        run()

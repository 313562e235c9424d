"""Words that are like a pattern, and words that are a slip away."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from properties import examples

from search.query.wildcard import wildcard_pattern, within_distance

# Distances


def distance(a: str, b: str) -> int:
    """Optimal string alignment, straight from its recursive definition."""
    if not a or not b:
        return len(a) + len(b)
    best = min(
        distance(a[:-1], b) + 1,
        distance(a, b[:-1]) + 1,
        distance(a[:-1], b[:-1]) + (a[-1] != b[-1]),
    )
    if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
        best = min(best, distance(a[:-2], b[:-2]) + 1)
    return best


@settings(max_examples=examples(200))
@given(st.text("abc", max_size=5), st.text("abc", max_size=5), st.integers(0, 3))
def test_within_distance(a: str, b: str, limit: int) -> None:
    assert within_distance(a, b, limit) == (distance(a, b) <= limit)


# Wildcards


def matches(pattern: str, word: str) -> bool:
    """Whether a word is like a pattern, straight from what the signs mean."""
    if not pattern:
        return not word
    if pattern[0] == "*":
        return any(matches(pattern[1:], word[i:]) for i in range(len(word) + 1))
    return bool(word) and pattern[0] in ("?", word[0]) and matches(pattern[1:], word[1:])


@settings(max_examples=examples(300))
@given(st.text("ab*?", max_size=7), st.text("ab", max_size=7))
def test_wildcards(pattern: str, word: str) -> None:
    assert bool(wildcard_pattern(pattern).fullmatch(word)) == matches(pattern, word)


def test_wildcards_take_no_time_on_words_that_are_nearly_like_them() -> None:
    pattern = wildcard_pattern("z" + "*z" * 30 + "*q*z")
    assert not pattern.fullmatch("z" * 5000)
    assert pattern.fullmatch("z" * 5000 + "qz")

"""Wildcards as regular expressions, and the edit distance of fuzzy words."""

from __future__ import annotations

import re


def wildcard_pattern(text: str) -> re.Pattern[str]:
    """The expression for whole words in which `*` stands for any letters or none, and `?` for one.

    The first occurrence of a part between two `*` is as good as any other, so that it is never
    looked for again (as in the standard library's `fnmatch`): `z*z*z*z*q` takes linear time, too.

    >>> bool(wildcard_pattern("t*s?r*").fullmatch("tensorflow"))
    True
    """
    head, *parts = (
        "".join(r"\w" if character == "?" else re.escape(character) for character in part)
        for part in re.split(r"\*+", text)
    )
    if not parts:
        return re.compile(head)
    *middle, tail = parts
    return re.compile(head + "".join(rf"(?>\w*?{part})" for part in middle) + r"\w*" + tail)


def within_distance(a: str, b: str, limit: int) -> bool:
    """True if `b` becomes `a` by at most `limit` letters inserted, deleted, replaced or swapped with
    their neighbour (optimal string alignment, Damerau 1964)."""
    from rapidfuzz.distance import OSA  # slow to import, and few queries need it

    return OSA.distance(a, b, score_cutoff=limit) <= limit

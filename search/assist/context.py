"""Context of a suspected error: finds articles with the text around it, and reads the text between."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from whoosh import query

from index.analysis.grams import END, SEPARATED, resolve
from index.article import Article
from index.engines.nodes import GramPhrase
from search.planning.matching import any_of


@dataclass(frozen=True, slots=True)
class GapContext:
    """Units to the left and right of a gap of `gap` units."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    gap: int

    def match(self, fields: Iterable[str]) -> query.Query | None:
        """Documents with this context in one of the fields, whatever fills the gap; None where nothing
        remains to look up. A single unit at a side is not looked up."""
        grams = [(i, a + b) for i, (a, b) in enumerate(pairwise(self.left))]
        after = len(self.left) + self.gap
        grams += [(after + i, a + b) for i, (a, b) in enumerate(pairwise(self.right))]
        if not grams:
            return None
        if len(grams) == 1:
            return any_of([query.Term(f"{field}_grams", grams[0][1]) for field in fields])
        shifted = tuple((offset - grams[0][0], gram) for offset, gram in grams)
        return any_of([GramPhrase(f"{field}_grams", shifted) for field in fields])

    def gap_fillers(self, articles: Sequence[Article]) -> dict[str, int]:
        """Counts of single characters in this gap in titles and texts of articles, the most frequent
        first."""
        between = re.compile(f"{_pattern(self.left)}(?=(.){_pattern(self.right)})")
        texts = (
            resolve(SEPARATED.apply(text)).replace(" ", "")
            for article in articles
            for text in (article.title, article.text)
        )
        return dict(Counter(found for text in texts for found in between.findall(text)).most_common())


def _pattern(units: Iterable[str]) -> str:
    return re.escape("".join(unit.removesuffix(END) for unit in units))

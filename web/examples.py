"""Example queries for the start page, made from the articles of the index."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.analysis import Analyzer
from index.article import Article
from index.language import gettext_noop
from search.results import Overview
from web.language import gettext

_HAN = re.compile(r"[\u4e00-\u9fff]{2,4}")


@dataclass(frozen=True, slots=True)
class Example:
    """A query to try, of the kind `words`, `title`, `phrase`, `author`, `category` or `date`."""

    query: str
    kind: str


def example_queries(analyzer: Analyzer, overview: Overview, newest: Sequence[Article]) -> list[Example]:
    """Queries that have results here, at most one of each kind, with field names in the reader's language."""
    found: dict[str, str] = {}
    for article in newest:
        words = [word for word in analyzer.words(article.title) if _HAN.fullmatch(word)]
        if len(words) > 1 and "words" not in found:
            found["words"] = " ".join(words[:2])
            found["title"] = gettext("title") + ":" + words[-1]
        phrases = [part for part in re.findall(r"[\u4e00-\u9fff]+", article.title) if 4 <= len(part) <= 8]
        if phrases:
            found.setdefault("phrase", f'"{phrases[0]}"')
    for field, kind in ((gettext_noop("author"), "author"), (gettext_noop("category"), "category")):
        values = overview.facets[kind]
        if values and not re.search(r"[\s()（）\"|｜]", values[0].value):
            found[kind] = f"{gettext(field)}:{values[0].value}"
    if months := overview.facets["month"]:
        found["date"] = gettext("date") + ":" + months[-1].value
    return [Example(text, kind) for kind, text in found.items()]

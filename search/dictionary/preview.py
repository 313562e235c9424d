"""Preview of another dictionary: the segmentations and rankings that it changes, before an index is rebuilt
with it.

Only articles with a word in which the two dictionaries differ can be cut differently, and grams find all
of those. They are analysed with both. For the rankings, the changed ones are replaced in a copy of the
engine's files: a search there finds what it would after a rebuild. Its scores may differ slightly, since
tantivy counts the replaced ones in its document frequencies until it merges them away.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from whoosh import query

from index.analysis import Analyzer
from index.analysis.document import make_documents, searched_text
from index.analysis.words import DictionaryWord, parse_dictionary
from index.article import Article
from index.engines.base import Sort
from index.errors import EngineError
from index.store.directory import Generation
from index.store.reader import OpenIndex
from search.planning.matching import match_units
from search.query.grammar import DEFAULT_FIELD
from search.searcher import Searcher

# Hits of a query that are compared; articles that are analysed at once; examples that are kept.
DEPTH = 10
_BATCH = 200
_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class WordEffect:
    """A word in which the dictionaries differ. Of the `articles` that contain it, it is cut as one word in
    `before` and in `after`."""

    word: str
    articles: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A text, with its segmentation before and after."""

    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RankingChange:
    """The best hits of a query, by id, before and after; and its segmentation."""

    query: Cut
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Effects of a dictionary. `articles` counts those that are cut differently; `titles` has examples of
    changed titles, each for another word."""

    words: tuple[WordEffect, ...]
    articles: int
    changed_titles: int
    titles: tuple[Cut, ...]
    rankings: tuple[RankingChange, ...]


def preview(
    searcher: Searcher,
    dictionary: str,
    source: str,
    queries: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Preview:
    """Compares the text of a dictionary with the dictionary of the live index. `progress` gets the numbers
    of articles analysed and in all. Raises SettingsError with `source` and the line."""
    words = parse_dictionary(dictionary, source)
    with searcher.reader.acquire() as index:
        analyzer = Analyzer(index.meta.segmenter, dictionary, source)
        comparison = _Comparison(index.analyzer, analyzer)
        having = _having(index, _different(parse_dictionary(index.dictionary, "dictionary"), words))
        changed = _compare(index, having, comparison, progress)
        rankings: list[RankingChange] = []
        if queries:
            with _trial(index, dictionary, analyzer, changed) as trial:
                rankings = [_ranking(searcher, query, index, trial) for query in queries]
    return Preview(
        words=tuple(
            WordEffect(word, len(ids), comparison.before[word], comparison.after[word])
            for word, ids in having.items()
        ),
        articles=len(changed),
        changed_titles=comparison.changed_titles,
        titles=tuple(comparison.titles),
        rankings=tuple(rankings),
    )


class _Comparison:
    """Comparison of two analyses of articles: the number of articles where a word is cut as one, `before`
    and `after`."""

    def __init__(self, before: Analyzer, after: Analyzer) -> None:
        self._analyzers = before, after
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.changed_titles = 0
        self.titles: list[Cut] = []
        self._shown: set[str] = set()

    def add(self, article: Article) -> bool:
        """Counts an article; returns True if it is cut differently."""
        title = Cut(article.title, *(tuple(analyzer.words(article.title)) for analyzer in self._analyzers))
        before, after = (analyzer.words(searched_text(article)) for analyzer in self._analyzers)
        self.before.update({*title.before, *before})
        self.after.update({*title.after, *after})
        if title.before != title.after:
            self.changed_titles += 1
            unseen = {*title.after} - {*title.before} - self._shown
            if unseen and len(self.titles) < _EXAMPLES:
                self._shown |= unseen
                self.titles.append(title)
        return title.before != title.after or before != after


def _different(before: Sequence[DictionaryWord], after: Sequence[DictionaryWord]) -> list[str]:
    """Words that only one of two dictionaries has, or whose frequencies differ; the new ones first."""
    old, new = ({entry.word: entry.frequency for entry in words} for words in (before, after))
    return [word for word in {**new, **old} if old.get(word) != new.get(word)]


def _having(index: OpenIndex, words: Sequence[str]) -> dict[str, list[str]]:
    """Ids of the articles that contain a word, however it is cut."""
    having: dict[str, list[str]] = {}
    for word in words:
        units = index.analyzer.units(word)
        tree = match_units(DEFAULT_FIELD, units) if units else query.NullQuery
        count = index.engine.count(tree)
        hits = index.engine.search(tree, sort=Sort.NEWEST, offset=0, limit=count).hits if count else ()
        having[word] = [hit.id for hit in hits]
    return having


def _compare(
    index: OpenIndex,
    having: dict[str, list[str]],
    comparison: _Comparison,
    progress: Callable[[int, int], None],
) -> list[str]:
    """Ids of the articles that are cut differently."""
    ids = list(dict.fromkeys(article_id for found in having.values() for article_id in found))
    changed: list[str] = []
    for start in range(0, len(ids), _BATCH):
        articles = index.articles.articles(ids[start : start + _BATCH])
        changed += [article.id for article in articles.values() if comparison.add(article)]
        progress(min(start + _BATCH, len(ids)), len(ids))
    return changed


@contextmanager
def _trial(
    index: OpenIndex, dictionary: str, analyzer: Analyzer, changed: Sequence[str]
) -> Iterator[OpenIndex]:
    """A copy of the index in which the articles that are cut differently are analysed anew."""
    with tempfile.TemporaryDirectory(prefix="souwen-") as folder:
        copy = Path(folder, "engine")
        generation = _here(index)
        shutil.copytree(generation.engine_directory, copy)
        with closing(OpenIndex.of(generation, dictionary=dictionary, engine=copy)) as trial:
            with trial.engine.writer() as writer:
                for start in range(0, len(changed), _BATCH):
                    articles = trial.articles.articles(changed[start : start + _BATCH])
                    for document in make_documents(list(articles.values()), analyzer, trial.zone):
                        writer.delete(document.id)
                        writer.add(document)
                writer.commit()
            trial.engine.refresh()
            yield trial


def _here(index: OpenIndex) -> Generation:
    """The generation of an index whose engine has its files on this machine."""
    if index.generation is None or index.meta.url:
        raise EngineError(
            "rankings are tried on a copy of the engine's files, and those of {engine} are not here. Try an "
            "index of another engine, or leave the queries out.",
            engine=index.meta.engine,
        )
    return index.generation


def _ranking(searcher: Searcher, text: str, index: OpenIndex, trial: OpenIndex) -> RankingChange:
    cuts = (tuple(each.analyzer.words(text)) for each in (index, trial))
    before, after = (tuple(hit.id for hit in searcher.rank(each, text, DEPTH)) for each in (index, trial))
    return RankingChange(Cut(text, *cuts), before, after)

"""Suggestions while typing: past queries, words, then titles; behind a field such as `tag:`, its values.

Words are those of the index that start with the text typed last: with its characters or letters, or by its
pinyin (see `search.assist.pinyin`). Titles are those that contain it. There are past queries if searches
are logged (see `search.assist.query_log`). Every suggestion has results.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from whoosh import query

from index.analysis.document import GRAM_FIELDS, KEY_FIELDS, LEVEL, WORD_FIELDS
from index.analysis.fold import fold, fold_key
from index.engines.base import Sort
from index.store.reader import OpenIndex
from search.assist.pinyin import PinyinIndex, readings
from search.assist.query_log import PastQueries
from search.facets import merged_facets
from search.planning.matching import all_of, any_of, match_prefix, match_units
from search.query.grammar import DEFAULT_FIELD, FIELD_NAMES
from search.query.resolve import common_endings

_MAX_PREFIX = 50
# Words that an unfinished one may stand for in a title.
_EXPANSIONS = 50
# Words that are counted for an answer; and where others stand before them, those tried together with them.
_RANKED = 24
_TRIED = 5
# Words of one sound, and pairs of words, that are tried for the pinyin of two.
_ALIKE = 3
_PAIRS = 12
# As many articles of a word that sounds as was typed are worth one of a word that starts so.
_EXACT = 10
# What was typed last: pinyin with spaces, or characters with letters after them.
_HAN = "\u3400-\u9fff"
_LAST = ("(?<![^ ])[a-z']+(?: [a-z']+)+$", f"[{_HAN}]*[a-z'0-9]*$")
# The name of a field, a colon, and the start of a value.
_NAMES = "|".join(FIELD_NAMES)
_FIELD_VALUE = re.compile(
    rf'(?<![^\s(（\-!|｜])(?P<name>(?i:{_NAMES}))[:：]\s*"?(?P<start>[^"\s]*|(?<=")[^"]*)$'
)
# What has a meaning in a query outside of quotation marks.
_SIGNS = re.compile(r"^[-!]|[\s*?~^:()|（）：｜]")
_PINYIN = f"[a-z{_HAN}].*[a-z]"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text to search for. `kind` is `query` (a past query), `word`, `value` (a field with a value), or
    `title`, with the id of its article."""

    text: str
    kind: str
    article_id: str = ""


def suggest(
    index: OpenIndex,
    pinyin: Callable[[], PinyinIndex],
    past: PastQueries,
    count: Callable[[str], int],
    prefix: str,
    limit: int,
) -> tuple[Suggestion, ...]:
    """At most `limit` different suggestions: up to a quarter past queries, up to half together with words,
    then titles. `pinyin` gives the words of the index by sound, `count` the number of articles that a
    query finds."""
    typed = prefix[:_MAX_PREFIX].strip()
    if values := list(islice(_values(index, count, typed), limit)):
        return tuple(Suggestion(value, "value") for value in values)
    words, is_sound = _words(index, pinyin, count, typed, limit)
    found = {fold_key(query): Suggestion(query, "query") for query in _past(past, count, typed, limit)}
    for word in words:
        found.setdefault(fold_key(word), Suggestion(word, "word"))
    titles: dict[str, Suggestion] = {}
    for title in _titles(index, words[0] if is_sound else typed, limit):
        if fold_key(title.text) not in found:
            titles.setdefault(fold_key(title.text), title)
    room = max(limit - limit // 2, limit - len(titles))
    return (*list(found.values())[:room], *titles.values())[:limit]


def _values(index: OpenIndex, count: Callable[[str], int], typed: str) -> Iterator[str]:
    """Values of a field that start with the text behind its name, the most frequent first, among the
    articles that match the rest of the query."""
    asked = _FIELD_VALUE.search(typed)
    field = FIELD_NAMES[asked["name"].lower()] if asked else ""
    if asked is None or field not in KEY_FIELDS:
        return
    start = fold_key(asked["start"])
    tree = query.Prefix(field, start) if start else query.Every()
    counted = merged_facets(index.engine.facets(tree, [f"{field}_facet"]))[field]
    values = [value.value for value in counted if _starts(value.value, start)]
    for value in values[:_RANKED]:
        written = f'"{value}"' if _SIGNS.search(value) else value
        text = typed[: asked.start("start")].removesuffix('"') + written
        if count(text):
            yield text


def _starts(value: str, start: str) -> bool:
    """True if a value starts with the prefix; of a category path, the whole path or its last level."""
    return any(fold_key(name).startswith(start) for name in (value, value.rpartition(LEVEL)[2]))


def _past(past: PastQueries, count: Callable[[str], int], typed: str, limit: int) -> list[str]:
    """Past queries that start or sound like the typed text and still have results."""
    if not typed or (len(typed) == 1 and typed.isascii()):
        return []
    letters = fold(typed)
    sounding = past.sounding(letters) if re.fullmatch(_PINYIN, letters) else []
    queries = dict.fromkeys([*past.starting(typed), *sounding])
    return [query for query in islice(queries, _TRIED) if count(query)][: limit // 4]


def _words(
    index: OpenIndex,
    pinyin: Callable[[], PinyinIndex],
    count: Callable[[str], int],
    typed: str,
    limit: int,
) -> tuple[list[str], bool]:
    """Completions of the typed text, the best first; and True if its end was read as pinyin."""
    folded = fold(re.sub("[üÜ]", "v", typed))
    for pattern in _LAST:
        last = re.search(pattern, folded)
        if last is None or len(folded) != len(typed):
            continue
        stem, head = last[0], typed[: last.start()]
        if not stem or (len(stem) == 1 and stem.isascii()) or head[-1:].isalnum():
            continue  # s is too little, and A股 is no A before 股权
        sounding = pinyin().words(stem) if re.fullmatch(_PINYIN, stem) else {}
        ranked = _ranked(index, stem, sounding)
        if head.strip():
            words = (word for word in ranked[:_TRIED] if count(head + word))
        else:
            words = (word for word in ranked if index.engine.count(_word(word)))
        found = list(islice(words, limit))
        if not found and re.fullmatch(_PINYIN, stem) and not head.strip():
            found = _two_words(index, pinyin(), stem)
            return found, bool(found)
        if found:
            return [head + word for word in found], found[0] in sounding
    return _continued(index, typed), False


def spelt(index: OpenIndex, pinyin: Callable[[], PinyinIndex], letters: str) -> list[str]:
    """Words, or pairs of words, with these letters as their whole pinyin, the most frequent first; else
    the words that start with them."""
    if len(letters) <= len("abc") or not readings().is_pinyin(letters):
        return [word for word, _ in _starting(index, letters).most_common(_ALIKE)]

    def sounding(words: Iterable[str]) -> list[str]:
        return [word for word in words if "".join(readings().of_word(word)) == letters]

    words = _by_count(index, islice(sounding(pinyin().words(letters)), _RANKED))
    return words or sounding(_two_words(index, pinyin(), letters))


def _two_words(index: OpenIndex, pinyin: PinyinIndex, typed: str) -> list[str]:
    """Two words that are adjacent in articles, for their pinyin without a space between."""
    pairs = (
        first + second
        for left, right in pinyin.splits(typed)
        for first in [word for word, is_all in pinyin.words(left).items() if is_all][:_ALIKE]
        for second in list(pinyin.words(right))[:_ALIKE]
    )
    return _by_count(index, islice(pairs, _PAIRS))


def _by_count(index: OpenIndex, texts: Iterable[str]) -> list[str]:
    """Texts that articles contain as they are, the most frequent first."""
    articles = {
        text: index.engine.count(match_units(DEFAULT_FIELD, index.analyzer.units(text))) for text in texts
    }
    return sorted(filter(articles.get, articles), key=lambda text: -articles[text])


def _ranked(index: OpenIndex, stem: str, sounding: dict[str, bool]) -> list[str]:
    """Words that match all of the typed syllables first; then by number of articles, where words that
    start with the typed letters weigh more than words that only sound so."""
    starting = _starting(index, stem)
    if stem.isascii() and (itself := _articles(index, [stem], WORD_FIELDS)[stem]):
        starting[stem] = itself
    articles = Counter({word: _EXACT * number for word, number in starting.most_common(_RANKED)})
    counted = list(islice(sounding, _RANKED))
    # Words of two characters are counted inside longer ones, too.
    for word, number in (
        *_articles(index, [word for word in counted if len(word) == 2], GRAM_FIELDS).items(),
        *_articles(index, [word for word in counted if len(word) != 2], WORD_FIELDS).items(),
    ):
        articles[word] = max(articles[word], number)
    is_initials = stem.isascii() and sounding and not readings().is_pinyin(re.sub("[' ]", "", stem))
    complete = frozenset[str]() if is_initials else {word for word, is_all in sounding.items() if is_all}
    return sorted(articles, key=lambda word: (word not in complete, -articles[word], word))


def _articles(index: OpenIndex, tokens: Sequence[str], fields: Iterable[str]) -> Counter[str]:
    """Document frequencies of tokens, summed over fields: an article with a token in two fields counts
    twice."""
    counted = Counter(dict.fromkeys(tokens, 0))
    for field in fields:
        counted.update(index.engine.frequencies(field, tokens) if tokens else {})
    return counted


def _word(word: str) -> query.Query:
    return any_of([query.Term(field, word) for field in WORD_FIELDS])


def _starting(index: OpenIndex, stem: str) -> Counter[str]:
    """Longer words that start so, with their document frequencies."""
    articles: Counter[str] = Counter()
    for field in WORD_FIELDS:
        for word, number in index.engine.terms(field, stem):
            articles[word] += number
    del articles[stem]
    return articles


def _continued(index: OpenIndex, typed: str) -> list[str]:
    """A text without spaces that is longer than a word, with its last word completed."""
    text = fold(typed)
    starts = [end for end in index.analyzer.word_ends(text) if end < len(text)]
    if not starts or not re.fullmatch(f"[{_HAN}]+", text):
        return []
    start = max(starts)
    words = _starting(index, text[start:]).most_common(_TRIED)
    return _by_count(index, (text[:start] + word for word, _ in words))


def _titles(index: OpenIndex, typed: str, limit: int) -> list[Suggestion]:
    """Titles with all of the typed words, the last of which may be unfinished: those that start with the
    text first, then the newest first."""
    *before, last = typed.split() or [""]
    units = index.analyzer.units(last)
    if not units:
        return []
    counts = common_endings("title", units, index.engine.terms)
    endings = None if counts is None else [unit for unit, _ in counts.most_common(_EXPANSIONS)]
    is_prefix = match_prefix("title", units, endings)
    groups = [units for word in before if (units := index.analyzer.units(word))]
    tree = all_of([is_prefix, *(match_units("title", units) for units in groups)])
    # Several articles may have one title.
    hits = index.engine.search(tree, sort=Sort.NEWEST, offset=0, limit=4 * limit).hits
    titles = index.articles.titles([hit.id for hit in hits])
    found = {titles[hit.id]: Suggestion(titles[hit.id], "title", hit.id) for hit in hits if hit.id in titles}
    start = fold_key(typed)
    return sorted(found.values(), key=lambda title: not fold_key(title.text).startswith(start))

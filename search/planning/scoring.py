"""Resolved tree → what gives an article its score: parts of a query, each with its weight.

Words and grams together decide the order. All weights are one table; what each was measured to be worth:
bench/README.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from whoosh import query

from index.analysis import Analyzer
from index.analysis.document import WORDS
from index.analysis.grams import BOUNDARY, END
from index.engines.bm25 import idf
from index.engines.nodes import GramPhrase
from search.planning.matching import units_in
from search.query import nodes
from search.query.nodes import UnitSequence
from search.query.resolve import QueryContext
from search.query.words import is_function_character, text_of


@dataclass(frozen=True, slots=True)
class Weights:
    """Factors of BM25.

    Words are scored in one field, where those of a title weigh more (`index.analysis.document`). A title by
    itself is so short that BM25 puts its matches above the body's: only the whole query as a phrase scores in
    it, and pairs where nothing but the title is asked for.
    """

    words: float = 1.0
    grams: float = 0.6
    # Pairs with a function character, relative to others: 的中 says little.
    function_grams: float = 0.5
    # All that was typed, as one phrase.
    body_phrase: float = 0.6
    title_phrase: float = 1.0
    # Words together in the best passage, with the title, times their idf (`search/second_look.py`).
    passage: float = 0.5
    # Relative weight of question words (什么, 怎么).
    question: float = 0.1
    # Weight of a synonym relative to the word typed.
    synonym: float = 0.9


WEIGHTS = Weights()

# The greatest weight: products of typed ones stay within the range of a 32-bit float.
MAX_BOOST = 1e6
_QUESTION_WORDS = frozenset(
    "什么 哪些 哪个 哪里 哪儿 哪 哪位 哪年 谁 几 几个 多少 为什么 为何 怎么 怎样 如何 怎么样 何 何时 何地 "
    "是否 能否 可否 有没有 吗 呢 吧 啊 请问 请 是 的 了 在 有 和 与 及 被 把 对 从 到 为 以 于 由 而 或 也 "
    "都 就 其 之 这 那 该 某 我 你 他 她 它 我们 他们".split()
)
# Words of a pattern that score; all of them match.
_MAX_LIKE = 50
# Days up to which an article is fresh, fresher, and so on.
_AGES = (3 * 365, 365, 90, 30, 7)
_DAY = 86_400


def score_parts(tree: nodes.Node, context: QueryContext) -> tuple[query.Query, ...]:
    """The parts of the score of a tree: each once, however often it was typed."""
    return tuple(_combined(_scores(tree, context)))


def _scores(node: nodes.Node, context: QueryContext) -> list[query.Query]:
    """The parts of the score of a node, with its weight. What NOT excludes, dates, authors and categories
    have none."""
    match node:
        case nodes.All() | nodes.AnyOf():
            parts = [part for child in node.children for part in _scores(child, context)]
            if isinstance(node, nodes.All) and node.run:
                # A bonus for texts as one phrase.
                parts += phrase_scores(node.run.fields, node.run.units)
        case nodes.Text():
            parts = _text_scores(node, context)
        case nodes.Phrase():
            parts = word_scores(context.analyzer, node.fields, node.text)
            if len(node.units) > 1:
                parts += phrase_scores(node.fields, node.units)
        case nodes.Prefix() if (last := node.units[-1]).endswith(END):
            parts = pattern_scores(last.removesuffix(END), lambda _: True, context)
        case nodes.Prefix():
            parts = word_scores(context.analyzer, node.fields, node.text)
            if len(node.units) > 1:
                parts += phrase_scores(_titles(node.fields), node.units)
        case nodes.Pattern():
            words = {unit.removesuffix(END) for unit in node.units}
            parts = pattern_scores(node.prefix, words.__contains__, context)
        case _:
            return []
    return parts if node.boost == 1.0 else [_with_boost(part, part.boost * node.boost) for part in parts]


def _text_scores(text: nodes.Text, context: QueryContext) -> list[query.Query]:
    parts = word_scores(context.analyzer, text.fields, text.text)
    if len(text.units) > 1 and BOUNDARY not in text.units:
        # A single word in the body is scored already.
        fields = text.fields if len(text.words) > 1 else _titles(text.fields)
        parts += phrase_scores(fields, text.units)
    for alternatives in text.alternatives:
        if alternatives.forms:
            parts += _synonym_scores(text.fields, alternatives, context)
    return parts


def _titles(fields: Sequence[str]) -> list[str]:
    return [field for field in fields if field == "title"]


def word_scores(analyzer: Analyzer, fields: Sequence[str], text: str) -> list[query.Query]:
    """The words of a text, and its pairs of adjacent units: those in the body, or else in the title."""
    words = Counter(analyzer.words(text))
    pairs = Counter((a, b) for a, b in pairwise(analyzer.units(text)) if BOUNDARY not in (a, b))
    parts: list[query.Query] = []
    for word, count in words.items():
        asks = WEIGHTS.question if word in _QUESTION_WORDS else 1.0
        parts.append(query.Term(WORDS, word, boost=WEIGHTS.words * count * asks))
    for pair, count in pairs.items():
        says = WEIGHTS.function_grams if any(map(is_function_character, pair)) else 1.0
        parts.append(query.Term(f"{fields[-1]}_grams", "".join(pair), boost=WEIGHTS.grams * count * says))
    return parts


def phrase_scores(fields: Iterable[str], units: Sequence[str]) -> list[query.Query]:
    """All of the units, adjacent."""
    return [_with_boost(units_in(field, units), getattr(WEIGHTS, f"{field}_phrase")) for field in fields]


def is_question_word(word: str) -> bool:
    """True for a word that asks, or a function word: rare in articles, but not what one is about."""
    return word in _QUESTION_WORDS


def pattern_scores(prefix: str, is_wanted: Callable[[str], bool], context: QueryContext) -> list[query.Query]:
    """The most frequent of the words that start so and are wanted. All are worth as much as the most frequent
    one: rare words are no better an answer to a pattern."""
    documents = context.count(query.Every())
    counts = Counter({word: having for word, having in context.terms(WORDS, prefix) if is_wanted(word)})
    common = counts.most_common(_MAX_LIKE)
    return [
        query.Term(WORDS, word, boost=WEIGHTS.words * idf(documents, common[0][1]) / idf(documents, having))
        for word, having in common
    ]


def _synonym_scores(
    fields: Sequence[str], alternatives: nodes.Alternatives, context: QueryContext
) -> Iterator[query.Query]:
    """The parts of synonyms.

    By itself, a form scores the more the rarer and the longer it is. As a synonym it is worth a part of the
    words that were typed, whichever it is; if it is the more common of the two, as if both were so. Of
    several fields, the last is the body; in a title before it, a form is worth half.
    """
    documents = context.count(query.Every())
    text = text_of([unit for word in alternatives.words for unit in word])
    scores = word_scores(context.analyzer, fields, text)
    typed = [(term.boost, context.count(term)) for term in scores]
    for form in alternatives.forms if typed else ():
        for field in fields:
            if len(form) == 1 and field != fields[-1]:
                continue
            node = _form_in(field, form)
            having = context.count(node)
            worth = sum(weight * idf(documents, max(count, having)) for weight, count in typed)
            own = sum(idf(documents, context.count(term)) for term in _terms(node))
            part = 1.0 if field == fields[-1] else 0.5
            yield _with_boost(node, WEIGHTS.synonym * part * worth / own)


def _form_in(field: str, form: UnitSequence) -> query.Query:
    """The documents with a form, with a score."""
    if len(form) == 1:
        return query.Term(WORDS, form[0].removesuffix(END))
    return units_in(field, form)


def _terms(node: query.Query) -> list[query.Term]:
    """The terms whose idf a node's score has."""
    if isinstance(node, GramPhrase):
        return [query.Term(node.fieldname, gram) for _, gram in node.grams]
    return [node]


def freshness_scores(points: int, now: float) -> list[query.Query]:
    """Points for articles of the last week, a fifth less for those of the last month, and so on to three
    years. `now` is in seconds since 1970."""
    ranges = [query.NumericRange("date", int(now - days * _DAY), None) for days in _AGES]
    return [query.ConstantScoreQuery(each, points / len(_AGES)) for each in ranges if points]


def _combined(scores: Iterable[query.Query]) -> list[query.Query]:
    """The same score of fewer parts: equal ones are one, with their weights added."""
    distinct: dict[tuple[object, ...], list[query.Query]] = {}
    for node in scores:
        key = (node.fieldname, node.grams if isinstance(node, GramPhrase) else node.text)
        distinct.setdefault(key, []).append(node)
    return [
        alike[0] if len(alike) == 1 else _with_boost(alike[0], sum(node.boost for node in alike))
        for alike in distinct.values()
    ]


def _with_boost(node: query.Query, boost: float) -> query.Query:
    """The node with this weight, or the greatest there is."""
    boost = min(boost, MAX_BOOST)
    if isinstance(node, query.Term):
        return query.Term(node.fieldname, node.text, boost=boost)
    assert isinstance(node, GramPhrase)
    return GramPhrase(node.fieldname, node.grams, node.slop, boost, node.unfinished)

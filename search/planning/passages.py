"""Resolved tree → the words that a passage of an article should have together."""

from __future__ import annotations

from collections.abc import Iterator

from index.analysis import Analyzer
from search.planning.plan import PassageWord
from search.planning.scoring import MAX_BOOST, is_question_word
from search.query import nodes
from search.query.words import text_of

# Words that are looked for: those of a sentence, not of a page that was pasted.
_MOST_WORDS = 32


def passage_words(tree: nodes.Node, analyzer: Analyzer) -> tuple[PassageWord, ...]:
    """The words of a tree, each once, without those asked for in titles alone; none where there is only one,
    which is together with nothing."""
    weights: dict[tuple[str, ...], float] = {}
    for word in _words(tree, analyzer, 1.0):
        weights[word.forms] = min(weights.get(word.forms, 0.0) + word.weight, MAX_BOOST)
    found = tuple(PassageWord(forms, weight) for forms, weight in weights.items())
    return found[:_MOST_WORDS] if len(found) > 1 else ()


def _words(node: nodes.Node, analyzer: Analyzer, boost: float) -> Iterator[PassageWord]:
    match node:
        case nodes.All() | nodes.AnyOf():
            for child in node.children:
                yield from _words(child, analyzer, boost * node.boost)
        case nodes.Text() | nodes.Phrase() if node.field == "title":
            return
        case nodes.Text():
            boost *= node.boost
            for each in node.alternatives:
                typed = text_of([unit for word in each.words for unit in word])
                if each.forms:
                    yield PassageWord((typed, *map(text_of, each.forms)), boost)
                else:
                    yield from _dictionary_words(analyzer, typed, boost)
        case nodes.Phrase():
            yield from _dictionary_words(analyzer, node.text, boost * node.boost)


def _dictionary_words(analyzer: Analyzer, text: str, boost: float) -> Iterator[PassageWord]:
    return (PassageWord((word,), boost) for word in analyzer.words(text) if not is_question_word(word))

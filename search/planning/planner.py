"""Parser's tree → plan. The tree is resolved once; matching, scoring, highlighting and writing back are
functions of the resolved tree, each in a module of its own."""

from __future__ import annotations

from whoosh import query

from search.planning.highlighting import highlight_terms
from search.planning.matching import match_alternatives, optional_parts, relaxed, strict
from search.planning.passages import passage_words
from search.planning.plan import OptionalWord, Plan
from search.planning.scoring import score_parts
from search.planning.unparse import QueryPrinter
from search.query.grammar import DEFAULT_FIELD
from search.query.nodes import Node, Phrase, Text, leaves
from search.query.parser import Note
from search.query.resolve import QueryContext, resolve
from search.query.words import text_of


def make_plan(parsed: query.Query, context: QueryContext) -> Plan:
    """The plan of a parser's tree."""
    tree, notes = resolve(parsed, context)
    if tree is None:
        notes = (*notes, Note("There is nothing to search for."))
        return Plan(query.NullQuery, None, (), (), (), (), "", notes, {})
    synonyms = _synonyms(tree)
    if synonyms:
        notes = (
            *notes,
            Note("Synonyms were searched for, too: {synonyms}.", {"synonyms": ", ".join(synonyms)}),
        )
    return Plan(
        strict=strict(tree),
        relaxed=relaxed(tree, context.analyzer),
        optional=_optional_words(tree, context),
        scores=score_parts(tree, context),
        passage_words=passage_words(tree, context.analyzer),
        highlight_terms=highlight_terms(tree),
        understood=QueryPrinter(context.analyzer).write(tree),
        notes=notes,
        synonyms=synonyms,
    )


def _optional_words(tree: Node, context: QueryContext) -> tuple[OptionalWord, ...]:
    """Words that a partial match may lack, each once."""
    words: dict[str, query.Query] = {}
    for part in optional_parts(tree):
        if isinstance(part, Text):
            name = "" if part.field == DEFAULT_FIELD else f"{part.field}:"
            for each in part.alternatives:
                text = " ".join(text_of(word, "-") for word in each.words)
                words.setdefault(f"{name}{text}", match_alternatives(part.field, each))
        else:
            words.setdefault(QueryPrinter(context.analyzer).write(part), strict(part))
    return tuple(OptionalWord(text, match) for text, match in words.items())


def make_match(parsed: query.Query, context: QueryContext) -> query.Query:
    """`Plan.strict` alone, for counting; faster than the whole plan."""
    tree, _ = resolve(parsed, context)
    return query.NullQuery if tree is None else strict(tree)


def _synonyms(tree: Node) -> dict[str, str]:
    """Synonyms of a tree that were not typed, with the words that each stands for; both as text."""
    texts = [leaf for leaf in leaves(tree) if isinstance(leaf, Text)]
    synonyms = {
        text_of(form): text_of([unit for word in each.words for unit in word])
        for text in texts
        for each in text.alternatives
        for form in each.synonyms
    }
    if not synonyms:
        return {}
    typed = {text_of(word) for text in texts for word in text.words}
    typed |= {text_of(leaf.units) for leaf in leaves(tree) if isinstance(leaf, Phrase)}
    return {form: words for form, words in synonyms.items() if form not in typed}

"""Resolved tree → query text. Typed again, it means the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.analysis import Analyzer
from search.planning.scoring import MAX_BOOST
from search.query import nodes
from search.query.grammar import DEFAULT_FIELD
from search.query.words import query_words, text_of

# Signs of the query language that are a part of a name.
_SIGNS = re.compile(r"^[-!]|[*?~^:()|]")


@dataclass(frozen=True, slots=True)
class QueryPrinter:
    """Writes resolved trees."""

    analyzer: Analyzer

    def write(self, node: nodes.Node, parent: nodes.Node | None = None) -> str:
        """The tree as text. A group inside another node is put in parentheses, and so are several words
        beside an operator."""
        match node:
            case nodes.All() | nodes.AnyOf():
                return self._group(node, parent)
            case nodes.Not():
                inner = _without_groups_of_one(node.node)
                if isinstance(inner, nodes.Not):  # NOT NOT can't be typed
                    return self.write(inner.node, parent)
                return f"NOT {self.write(inner, node)}"
            case nodes.Dates() | nodes.CameIn():
                name = "date" if isinstance(node, nodes.Dates) else "added"
                return f'{name}:"{node.text}"' if " " in node.text else f"{name}:{node.text}"
        name = "" if node.field == DEFAULT_FIELD else f"{node.field}:"
        boost = _boost(node.boost)
        match node:
            case nodes.Text():
                return self._text(node, parent, name, boost)
            case nodes.Phrase():
                return f'{name}"{node.text}"{f"~{node.slop}" if node.slop else ""}{boost}'
            case nodes.Prefix() | nodes.FieldValue(is_prefix=True):
                return f"{name}{node.text}*{boost}"
            case nodes.FieldValue() if node.is_quoted or _SIGNS.search(node.text):
                return f'{name}"{node.text}"{boost}'
        return f"{name}{node.text}{boost}"

    def _group(self, group: nodes.All | nodes.AnyOf, parent: nodes.Node | None) -> str:
        boost = _boost(group.boost)
        if len(group.children) == 1 and not boost:
            return self.write(group.children[0], parent)
        sign = " OR " if isinstance(group, nodes.AnyOf) else " " if group.is_relaxable else " AND "
        text = sign.join(self.write(node, group) for node in group.children)
        is_one = isinstance(group, nodes.AnyOf) and (group.is_synonymous or _is_one_word(group.children))
        return f"({text}){boost}" if parent is not None or boost or is_one else text

    def _text(self, node: nodes.Text, parent: nodes.Node | None, name: str, boost: str) -> str:
        parts = [(self._alternatives(each, name, boost), each.synonyms) for each in node.alternatives]
        if len(parts) == 1:
            ((text, synonyms),) = parts
            return f"({text})" if synonyms and not isinstance(parent, nodes.AnyOf) else text
        text = " ".join(f"({part})" if synonyms else part for part, synonyms in parts)
        is_beside_words = parent is None or (isinstance(parent, nodes.All) and parent.is_relaxable)
        return text if is_beside_words else f"({text})"

    def _alternatives(self, alternatives: nodes.Alternatives, name: str, boost: str) -> str:
        words = " ".join(_weighted(name, text_of(word, "-"), boost) for word in alternatives.words)
        if not alternatives.synonyms:
            return words
        forms = [f"({words})" if len(alternatives.words) > 1 else words]
        for form in alternatives.synonyms:
            text = text_of(form)
            is_word = query_words(self.analyzer, text) == [list(form)]
            forms.append(_weighted(name, text, boost) if is_word else f'{name}"{text}"{boost}')
        return " OR ".join(forms)


def _weighted(name: str, text: str, boost: str) -> str:
    """A word with its weight. A bare number gets parentheses, since `^` behind it would be text."""
    return f"{name}({text}){boost}" if boost and text[-1:].isdecimal() else f"{name}{text}{boost}"


def _without_groups_of_one(node: nodes.Node) -> nodes.Node:
    while isinstance(node, nodes.All | nodes.AnyOf) and len(node.children) == 1 and node.boost == 1.0:
        node = node.children[0]
    return node


def _is_one_word(children: Sequence[nodes.Node]) -> bool:
    """True for the same word with synonyms several times, which will be read as one word."""
    texts = [node for node in children if isinstance(node, nodes.Text) and len(node.alternatives) == 1]
    words = {(text.field, text.alternatives[0].words) for text in texts}
    return len(texts) == len(children) and len(words) == 1 and any(t.alternatives[0].synonyms for t in texts)


def _boost(boost: float) -> str:
    """A weight in query syntax: without an exponent, and at most MAX_BOOST."""
    written = f"{min(boost, MAX_BOOST):.6f}".rstrip("0").rstrip(".")
    return "" if written == "1" else f"^{written}"

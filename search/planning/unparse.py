"""A query written out again, as it was read: in the query language, and meaning the same when it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from whoosh import query

from index.analysis import Analyzer
from search.planning.expansion import Alternatives
from search.planning.matching import text_of
from search.planning.scoring import MAX_BOOST
from search.query.grammar import DEFAULT_FIELD, Words
from search.query.parser import DateRange
from search.query.words import query_words

# Signs of the query language that are a part of a name.
_SIGNS = re.compile(r"^[-!]|[*?~^:()|]")


@dataclass(frozen=True, slots=True)
class QueryPrinter:
    """What a plan knows of the nodes of a logical tree, by their identity: what each matches, the words of a
    plain text, and whether a group says in full what one of its words stands for."""

    analyzer: Analyzer
    matches: Mapping[int, query.Query]
    slots: Mapping[int, list[Alternatives]]
    is_synonymous: Callable[[query.Query], bool]

    def write(self, node: query.Query, inside: query.Query | None = None) -> str:
        """The tree written out, without what was ignored. A group has parentheses `inside` another node, and
        so have several words where a sign stands beside them."""
        if self._is_ignored(node):
            return ""
        boost = _weight(getattr(node, "boost", 1.0))
        match node:
            case query.And() | query.Or():
                return self._group(node, inside, boost)
            case query.Not():
                inner = self._without_groups_of_one(node.query)
                if isinstance(inner, query.Not):  # NOT NOT can't be typed
                    return self.write(inner.query, inside)
                return f"NOT {self.write(inner, inside=node)}"
            case DateRange():
                return f"date:{node.typed}"
        name = "" if node.fieldname == DEFAULT_FIELD else f"{node.fieldname}:"
        match node:
            case query.Phrase():
                slop = f"~{node.slop}" if node.slop else ""
                return f'{name}"{node.words[0]}"{slop}{boost}'
            case query.Prefix():
                return f"{name}{node.text}*{boost}"
            case query.FuzzyTerm():
                return f"{name}{node.text}~{node.maxdist}{boost}"
        if node.fieldname in ("author", "category"):
            # Signs would mean something where they stand now.
            return f'{name}"{node.text}"{boost}' if _SIGNS.search(node.text) else f"{name}{node.text}{boost}"
        slots = self.slots.get(id(node)) or [Alternatives([[node.text]])]
        parts = [self._slot(slot, name, boost) for slot in slots]
        if len(parts) == 1:
            return f"({parts[0]})" if slots[0].synonyms and not isinstance(inside, query.Or) else parts[0]
        text = " ".join(f"({part})" if s.synonyms else part for part, s in zip(parts, slots, strict=True))
        return text if inside is None or isinstance(inside, Words) else f"({text})"

    def _is_ignored(self, node: query.Query) -> bool:
        return self.matches.get(id(node)) is query.NullQuery

    def _without_groups_of_one(self, node: query.Query) -> query.Query:
        while isinstance(node, query.And | query.Or) and node.boost == 1.0:
            kept = [child for child in node.subqueries if not self._is_ignored(child)]
            if len(kept) != 1:
                break
            node = kept[0]
        return node

    def _group(self, node: query.Query, inside: query.Query | None, boost: str) -> str:
        kept = [child for child in node.subqueries if not self._is_ignored(child)]
        if len(kept) == 1 and not boost:
            return self.write(kept[0], inside)
        sign = " OR " if isinstance(node, query.Or) else " " if isinstance(node, Words) else " AND "
        text = sign.join(self.write(child, inside=node) for child in kept)
        is_one = self.is_synonymous(node) or (isinstance(node, query.Or) and self._is_one_word(kept))
        return f"({text}){boost}" if inside is not None or boost or is_one else text

    def _is_one_word(self, nodes: Sequence[query.Query]) -> bool:
        """Whether these say one word again and again, which with its synonyms will be read as one."""
        slots = [self.slots.get(id(node), []) for node in nodes]
        if any(len(found) != 1 for found in slots):
            return False
        words = {(node.fieldname, repr(slot.words)) for node, (slot,) in zip(nodes, slots, strict=True)}
        return len(words) == 1 and any(slot.synonyms for (slot,) in slots)

    def _slot(self, slot: Alternatives, name: str, boost: str) -> str:
        words = " ".join(f"{name}{text_of(word, '-')}{boost}" for word in slot.words)
        if not slot.synonyms:
            return words
        forms = [f"({words})" if len(slot.words) > 1 else words]
        for form in slot.synonyms:
            text = text_of(form)
            is_word = query_words(self.analyzer, text) == [list(form)]
            forms.append(f"{name}{text}{boost}" if is_word else f'{name}"{text}"{boost}')
        return " OR ".join(forms)


def _weight(boost: float) -> str:
    """A weight as it can be typed, which has no exponent; none above those that count."""
    written = f"{min(boost, MAX_BOOST):.6f}".rstrip("0").rstrip(".")
    return "" if written == "1" else f"^{written}"

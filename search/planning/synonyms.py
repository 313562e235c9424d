"""Synonyms: words that mean the same, from a plain file, at query time only.

    医保, 医疗保险                two-way: who types one finds the others, too
    北理工 => 北京理工大学          one-way: who types the left finds the right, too
    # …                         a comment: a line of its own, or after a space

A synonym adds articles and never takes one away: what was typed is still searched for, nothing is added
inside quotation marks, and what NOT excludes is exactly what was typed. A synonym is found as one phrase.
Lines add up; they don't chain (of `a, b` and `b, c`, an a finds no c).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from whoosh import query

from index.analysis import Analyzer
from index.analysis.fold import fold
from index.analysis.grams import BOUNDARY, END, separate, units
from index.errors import SettingsError
from search.planning.matching import SEARCHED
from search.query.grammar import Words
from search.query.words import CutWord, dictionary_words

# A word or several, as units.
UnitSequence = tuple[str, ...]

_COMMENT = re.compile(r"(?:^|\s)#(?:\s.*)?$")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text, and what else it is called."""

    text: str
    synonyms: tuple[UnitSequence, ...] = ()


@dataclass(frozen=True)
class Synonyms:
    """The synonyms of each form. Forms are units: folded, without what is transparent."""

    forms: dict[UnitSequence, tuple[UnitSequence, ...]] = field(default_factory=dict)

    def parts(self, analyzer: Analyzer, text: str) -> list[Part]:
        """A text as typed, cut where words with synonyms start and end: the longest, from the left.

        Such a word starts and ends where the dictionary cuts (in 中医保健 there is no 医保). What need not
        occur between words (`query_words`) may stand inside.
        """
        words = dictionary_words(analyzer, text) if self.forms else []
        parts: list[Part] = []
        position = 0
        for start, end, synonyms in self._spans(words):
            if position < start:
                parts.append(Part(_text(words[position:start])))
            parts.append(Part(_text(words[start:end]), synonyms))
            position = end
        if not parts:
            return [Part(text)]
        return [*parts, Part(_text(words[position:]))] if position < len(words) else parts

    def joined(self, analyzer: Analyzer, node: query.Query) -> query.Query:
        """The tree in which plain words side by side are one where they have synonyms together."""
        if not self.forms or not isinstance(node, query.And | query.Or):
            return node
        children = [self.joined(analyzer, child) for child in node.subqueries]
        if isinstance(node, Words):
            children = list(self._join(analyzer, children))
            if len(children) == 1 and node.boost == 1.0:
                return children[0]
        return type(node)(children, boost=node.boost)

    def _join(self, analyzer: Analyzer, nodes: Sequence[query.Query]) -> Iterator[query.Query]:
        for is_plain, group in groupby(nodes, _kind):
            run = list(group)
            if not is_plain or len(run) == 1:
                yield from run
                continue
            # Each word, and which of the nodes it is in.
            words = [
                (word, number)
                for number, node in enumerate(run)
                for word in dictionary_words(analyzer, node.text)
            ]
            merged: set[int] = set()  # nodes that go on with the next one
            for start, end, _ in self._spans([word for word, _ in words]):
                merged |= set(range(words[start][1], words[end - 1][1]))
            text = ""
            for number, node in enumerate(run):
                text = f"{text} {node.text}".strip()
                if number not in merged:
                    yield query.Term(node.fieldname, text, boost=node.boost)
                    text = ""

    def _spans(self, words: Sequence[CutWord]) -> list[tuple[int, int, tuple[UnitSequence, ...]]]:
        """Where words with synonyms start and end: the longest, from the left."""
        spans: list[tuple[int, int, tuple[UnitSequence, ...]]] = []
        start = 0
        while start < len(words):
            for end in range(min(len(words), start + self._reach), start, -1):
                if synonyms := self._find(words[start:end]):
                    spans.append((start, end, synonyms))
                    start = end
                    break
            else:
                start += 1
        return spans

    def _find(self, words: Sequence[CutWord]) -> tuple[UnitSequence, ...]:
        found = self.forms.get(_form(words))
        if found is None and not (words[0].is_function or words[-1].is_function):
            found = self.forms.get(_form(word for word in words if not word.is_function))
        return found or ()

    @cached_property
    def _reach(self) -> int:
        """Words that may make up the longest form, with one that need not occur after each."""
        return 2 * max(map(len, self.forms), default=0)


NO_SYNONYMS = Synonyms()


def parse_synonyms(text: str, source: str) -> Synonyms:
    """The synonyms of a file. Raises SettingsError that names `source` and the line."""
    found: dict[UnitSequence, dict[UnitSequence, None]] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        rule = _COMMENT.sub("", line).strip()
        if not rule:
            continue
        try:
            for form, others in _read_rule(fold(rule)):
                found.setdefault(form, {}).update(dict.fromkeys(others))
        except ValueError as error:
            raise SettingsError(
                f"{source}, line {number}: {error}, in {rule!r}. A line is `医保, 医疗保险` (each finds the "
                "others), or `北理工 => 北京理工大学` (the left finds the right)."
            ) from None
    return Synonyms({form: tuple(others) for form, others in found.items()})


def _read_rule(rule: str) -> list[tuple[UnitSequence, list[UnitSequence]]]:
    """Pairs of a form and what it finds, too."""
    left, arrow, right = rule.partition("=>")
    if "=>" in right:
        raise ValueError("there are two arrows")
    sources = _read_forms(left)
    targets = _read_forms(right) if arrow else sources
    pairs = [(form, [other for other in targets if other != form]) for form in sources]
    if not all(others for _, others in pairs):
        raise ValueError("a word has no other to stand for it" if arrow else "there is no second word")
    return pairs


def _read_forms(text: str) -> list[UnitSequence]:
    forms = []
    for written in text.split(","):
        form = tuple(units(separate(written)))
        if not form:
            raise ValueError("a word is missing")
        if BOUNDARY in form:
            raise ValueError(f"there is punctuation inside {written.strip()!r}")
        forms.append(form)
    return list(dict.fromkeys(forms))


def _kind(node: query.Query) -> tuple[str, float] | None:
    """What plain words that may be joined have in common."""
    is_plain = isinstance(node, query.Term) and node.fieldname in SEARCHED
    return (node.fieldname, node.boost) if is_plain else None


def _form(words: Iterable[CutWord]) -> UnitSequence:
    return tuple(unit for word in words for unit in word.units)


def _text(words: Sequence[CutWord]) -> str:
    """Words as they were typed, folded."""
    written = ("".join(unit.removesuffix(END) for unit in word.units) for word in words)
    return "".join(" " * word.apart + text for word, text in zip(words, written, strict=True)).strip()

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
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from index.analysis import Analyzer
from index.analysis.fold import fold
from index.analysis.grams import BOUNDARY, END, separate, units
from index.errors import SettingsError
from index.language import Message
from search.query.nodes import Alternatives, UnitSequence
from search.query.words import CutWord, dictionary_words, query_words

_COMMENT = re.compile(r"(?:^|\s)#(?:\s.*)?$")


@dataclass(frozen=True)
class Synonyms:
    """Synonyms of each form. Forms are units: folded, without transparent characters."""

    forms: dict[UnitSequence, tuple[UnitSequence, ...]] = field(default_factory=dict)

    def join(self, analyzer: Analyzer, texts: Sequence[str]) -> list[str]:
        """Texts side by side, merged where their words have synonyms together."""
        # Each word, and the number of the text it is in.
        words = [
            (word, number) for number, text in enumerate(texts) for word in dictionary_words(analyzer, text)
        ]
        continued: set[int] = set()  # texts that go on with the next one
        for start, end, _ in self._spans([word for word, _ in words]):
            continued |= set(range(words[start][1], words[end - 1][1]))
        joined: list[str] = []
        for number, text in enumerate(texts):
            if number - 1 in continued:
                joined[-1] = f"{joined[-1]} {text}"
            else:
                joined.append(text)
        return joined

    def alternatives(
        self,
        analyzer: Analyzer,
        text: str,
        words: tuple[UnitSequence, ...],
        given: Collection[UnitSequence] = (),
    ) -> tuple[Alternatives, ...]:
        """Words of a text (`query_words`), grouped by synonyms; without the synonyms that are `given` anyway.

        A text that is cut at a synonym must not require more than the whole text: of each part, only words
        inside the whole text's words have to occur.
        """
        whole = tuple(Alternatives((word,)) for word in words)
        cut = dictionary_words(analyzer, text) if self.forms else []
        if not (spans := self._spans(cut)):
            return whole
        parts: list[Alternatives] = []
        position = 0
        for start, end, synonyms in (*spans, (len(cut), len(cut), ())):
            parts += (Alternatives((word,)) for word in _words_in(analyzer, cut[position:start], words))
            position = end
            others = tuple(form for form in synonyms if form not in given)
            inside = _words_in(analyzer, cut[start:end], words)
            if inside and others:
                parts.append(Alternatives(inside, others))
            else:
                parts += (Alternatives((word,)) for word in inside)
        return tuple(parts) if any(part.synonyms for part in parts) else whole

    def _spans(self, words: Sequence[CutWord]) -> list[tuple[int, int, tuple[UnitSequence, ...]]]:
        """Spans of words with synonyms: the longest, from the left. A span starts and ends where the
        dictionary cuts (in 中医保健 there is no 医保). Stopwords may be inside."""
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
        if found is None and not (words[0].is_stopword or words[-1].is_stopword):
            found = self.forms.get(_form(word for word in words if not word.is_stopword))
        return found or ()

    @cached_property
    def _reach(self) -> int:
        """The greatest number of words in a form, with a stopword behind each."""
        return 2 * max(map(len, self.forms), default=0)


NO_SYNONYMS = Synonyms()


def parse_synonyms(text: str, source: str) -> Synonyms:
    """Synonyms of a file. Raises SettingsError with `source` and the line."""
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
                "{source}, line {number}: {reason}, in {rule!r}. A line is `医保, 医疗保险` (each finds "
                "the others), or `北理工 => 北京理工大学` (the left finds the right).",
                source=source,
                number=number,
                reason=error,
                rule=rule,
            ) from None
    return Synonyms({form: tuple(others) for form, others in found.items()})


def _read_rule(rule: str) -> list[tuple[UnitSequence, list[UnitSequence]]]:
    """Pairs of a form and its synonyms."""
    left, arrow, right = rule.partition("=>")
    if "=>" in right:
        raise ValueError(Message("there are two arrows"))
    sources = _read_forms(left)
    targets = _read_forms(right) if arrow else sources
    pairs = [(form, [other for other in targets if other != form]) for form in sources]
    if not all(others for _, others in pairs):
        raise ValueError(Message("a word has no synonym") if arrow else Message("there is no second word"))
    return pairs


def _read_forms(text: str) -> list[UnitSequence]:
    forms = []
    for written in text.split(","):
        form = tuple(units(separate(written)))
        if not form:
            raise ValueError(Message("a word is missing"))
        if BOUNDARY in form:
            raise ValueError(Message("there is punctuation inside {word!r}", {"word": written.strip()}))
        forms.append(form)
    return list(dict.fromkeys(forms))


def _words_in(
    analyzer: Analyzer, part: Sequence[CutWord], words: Iterable[UnitSequence]
) -> tuple[UnitSequence, ...]:
    """Words of a part of a text that are inside one of the whole's `words`, their units adjacent."""
    found = map(tuple, query_words(analyzer, _text(part)) if part else ())
    return tuple(word for word in found if any(_contains(whole, word) for whole in words))


def _contains(whole: UnitSequence, part: UnitSequence) -> bool:
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))


def _form(words: Iterable[CutWord]) -> UnitSequence:
    return tuple(unit for word in words for unit in word.units)


def _text(words: Sequence[CutWord]) -> str:
    """Words as they were typed, folded."""
    written = ("".join(unit.removesuffix(END) for unit in word.units) for word in words)
    return "".join(" " * word.apart + text for word, text in zip(words, written, strict=True)).strip()

"""Query nodes beside Whoosh's own; `index/engines/base.py` lists all that an engine compiles."""

from __future__ import annotations

from whoosh import query


class GramPhrase(query.Query):  # type: ignore[misc]  # whoosh has no types
    """Grams at offsets: the documents that have, at some position p, each gram at p + its offset.

    The grams at the offsets `unfinished` stand for every gram that starts so.
    With `slop`, for two grams (offset 0 and d): the second may be up to `slop` units before or after
    p + d. At least two grams; offsets ascend from 0.
    """

    def __init__(
        self,
        fieldname: str,
        grams: tuple[tuple[int, str], ...],
        slop: int = 0,
        boost: float = 1.0,
        unfinished: frozenset[int] = frozenset(),
    ) -> None:
        assert len(grams) >= 2 and grams[0][0] == 0
        assert not slop or len(grams) == 2
        self.fieldname = fieldname
        self.grams = grams
        self.slop = slop
        self.boost = boost
        self.unfinished = unfinished

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GramPhrase) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    @property
    def _values(self) -> tuple[object, ...]:
        return self.fieldname, self.grams, self.slop, self.boost, self.unfinished

    def __repr__(self) -> str:
        return (
            f"GramPhrase({self.fieldname!r}, {self.grams!r}, slop={self.slop}, boost={self.boost}, "
            f"unfinished={sorted(self.unfinished)})"
        )


class TermSet(query.Query):  # type: ignore[misc]
    """The documents with at least one of these tokens: far cheaper than an Or of a thousand."""

    def __init__(self, fieldname: str, texts: tuple[str, ...]) -> None:
        self.fieldname = fieldname
        self.texts = texts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TermSet) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    @property
    def _values(self) -> tuple[object, ...]:
        return self.fieldname, self.texts

    def __repr__(self) -> str:
        return f"TermSet({self.fieldname!r}, {self.texts!r})"

"""Fields of an article, by the names that generators and people give them."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Iterator

from index.article import Complaint, ProblemKind
from index.sources.body import one_line
from index.sources.decode import clean
from index.sources.values import Value, Values

# Characters of a title, and of another field of one line; what is longer was meant for something else.
LONGEST_LINE = 1000
# In a mapping where a text should be: the one that tells.
_NAMES = "name title label image src url path relative zh zh-cn cn slug".split()
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


class FieldReader:
    """Values of an article by field names; records problems with them."""

    def __init__(
        self, values: Values, *, decodes: bool, of_any_length: Collection[str], whole: Collection[str]
    ) -> None:
        """Fields `of_any_length` are never cut; fields that make sense `whole` only are left out instead
        of cut."""
        self._of_any_length = of_any_length
        self._whole = whole
        self._values = values
        self._decodes = decodes
        self.complaints: list[Complaint] = []

    def complain(self, reason: str, kind: ProblemKind = ProblemKind.PARTIAL) -> None:
        self.complaints.append(Complaint(reason, kind))

    def __getitem__(self, key: str) -> Value:
        return self._values.get(key, "")

    def named(self, names: Iterable[str]) -> Iterator[tuple[str, Value]]:
        """The fields of these names that have a value."""
        for name in names:
            if value := self._values.get(name):
                yield name, value

    def text(self, names: Iterable[str]) -> str:
        """One line: the first of these fields with a text."""
        return next((text for name, value in self.named(names) if (text := self.one(name, value))), "")

    def one(self, name: str, value: Value) -> str:
        """The text of a value; of a list, of the first item that has one."""
        return next(iter(self.texts(name, value)), "")

    def texts(self, name: str, value: Value) -> list[str]:
        """The texts in a value, each on one line."""
        if isinstance(value, str):
            text = one_line(self._decoded(value))
            if len(text) > LONGEST_LINE and name not in self._of_any_length:
                text = self._shortened(name, text)
            return [text] if text else []
        if isinstance(value, list):
            return [text for item in value for text in self.texts(name, item)]
        for key in _NAMES:
            if inner := value.get(key):
                return self.texts(name, inner)
        self.complain(f"{name}: must be text")
        return []

    def _shortened(self, name: str, text: str) -> str:
        if name in self._whole:
            self.complain(f"{name}: {len(text):,} characters are no address or name, and it was not read")
            return ""
        self.complain(f"{name}: {len(text):,} characters, and only the first {LONGEST_LINE:,} were read")
        return text[:LONGEST_LINE]

    def _decoded(self, text: str) -> str:
        if self._decodes and "&" in text:
            text = _REFERENCE.sub(lambda found: html.unescape(found[0]), text)
        return text if text.isascii() and text.isprintable() else clean(text)

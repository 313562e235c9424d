"""Help texts of commands, in the language and to the width of the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import copy
from inspect import cleandoc

import click

from cli.language import _, gettext, language, width

# click's sign of a paragraph whose lines stay as they are.
_VERBATIM = "\b\n"
# A line of such a paragraph: its heading, or a command and what it does, which may be below it.
_EXAMPLE = re.compile(r"(?P<command>| {2,}\S.*? {2,}| {10,})(?P<said>\S.*)")
# A word, or a wide character, with the punctuation that stays with it at the end of a line.
_OPENING, _CLOSING = "（《「『“", "、，。；：！？）》」』”…"
_PIECE = re.compile(
    rf"(\s*)([{_OPENING}]*(?:[^\s\u2e80-\uffef{_OPENING}{_CLOSING}]+|\S)[{_CLOSING}]*)",
)
# Columns before what a command does, where both do not fit into a line.
_INDENT = 6


def localized(command: click.Command) -> click.Command:
    """A command whose help is in the language of the terminal."""
    if language() == "en":
        return command
    made = copy(command)
    made.help = "\n\n".join(map(_paragraph, _paragraphs(command)))
    made.params = [_parameter(each) for each in command.params]
    if isinstance(command, click.Group) and isinstance(made, click.Group):
        made.commands = {name: localized(each) for name, each in command.commands.items()}
    return made


def messages_of(command: click.Command) -> Iterator[str]:
    """The messages in the help of a command and its subcommands."""
    for paragraph in _paragraphs(command):
        if paragraph.startswith(_VERBATIM):
            found = map(_EXAMPLE.fullmatch, paragraph.splitlines()[1:])
            yield from (line["said"] for line in found if line)
        else:
            yield _joined(paragraph)
    for each in command.params:
        if isinstance(each, click.Option) and each.help:
            yield each.help
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            yield from messages_of(subcommand)


def _paragraphs(command: click.Command) -> list[str]:
    return cleandoc(command.help or "").split("\n\n")


def _joined(paragraph: str) -> str:
    return " ".join(paragraph.split())


def _paragraph(text: str) -> str:
    if not text.startswith(_VERBATIM):
        return gettext(_joined(text))
    lines = [
        f"{found['command']}{gettext(found['said'])}" if (found := _EXAMPLE.fullmatch(line)) else line
        for line in text.splitlines()[1:]
    ]
    return _verbatim(lines)


def _parameter(parameter: click.Parameter) -> click.Parameter:
    made = copy(parameter)
    if isinstance(made, click.Option) and made.help:
        made.help = gettext(made.help)
    return made


class Formatter(click.HelpFormatter):
    """click's, for wide characters, which have no spaces between them."""

    def write_text(self, text: str) -> None:
        """Writes paragraphs. An example that is too wide has what it does in a line of its own."""
        columns = self.width - self.current_indent
        paragraphs = [
            _narrowed(part.splitlines()[1:], columns) if part.startswith(_VERBATIM) else wrap(part, columns)
            for part in text.split("\n\n")
        ]
        super().write_text("\n\n".join(map(_verbatim, paragraphs)))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Writes how a command is called."""
        # click's message, without its space.
        is_wide = width(usage := gettext("Usage:")) > len(usage)
        super().write_usage(prog, args, prefix or (usage if is_wide else f"{usage} "))

    def write_heading(self, heading: str) -> None:
        """Writes the heading of a list."""
        self.write(" " * self.current_indent + _("{heading}:", heading=heading) + "\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:  # type: ignore[override]
        """Writes a list of options or commands."""
        first = min(max(map(len, (term for term, _ in rows)), default=0), col_max) + col_spacing
        columns = max(self.width - first - 2, 10)
        super().write_dl(
            [(term, _verbatim(wrap(text, columns))) for term, text in rows], col_max, col_spacing
        )


def wrap(text: str, columns: int) -> list[str]:
    """Lines of a text. Between Chinese characters a line may end anywhere, but not before punctuation.

    >>> wrap("显示索引（index）里的数字，然后结束。", 20)
    ['显示索引（index）里', '的数字，然后结束。']
    """
    lines, line = [], ""
    for gap, piece in _PIECE.findall(text):
        joined = f"{line}{' ' if gap and line else ''}{piece}"
        if line and width(joined) > columns:
            lines.append(line)
            line = piece
        else:
            line = joined
    return [*lines, line]


def _verbatim(lines: list[str]) -> str:
    return _VERBATIM + "\n".join(lines)


def _narrowed(lines: list[str], columns: int) -> list[str]:
    if all(width(line) <= columns for line in lines):
        return lines
    narrow: list[str] = []
    for line in lines:
        found = _EXAMPLE.fullmatch(line)
        if found and found["command"]:
            command = found["command"].rstrip()
            narrow += [command] if command else []
            narrow += [" " * _INDENT + part for part in wrap(found["said"], columns - _INDENT)]
        else:
            narrow.append(line)
    return narrow

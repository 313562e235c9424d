"""Options of all commands (`--index`, `--json`), and printing."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import click

from index.settings import load_settings
from web.settings import WebSettings

if TYPE_CHECKING:
    from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., object])

# What json.dumps leaves as it is: delete and the controls of one character, directions, what can't be seen,
# lone surrogates.
_UNPRINTABLE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)


def index_option(command: Command) -> Command:
    """Adds `--index DIR`."""
    return click.option(
        "--index",
        "directory",
        metavar="DIR",
        help="The index: a directory, or a URL. [default: .souwen, or SOUWEN_INDEX]",
    )(command)


def json_option(command: Command) -> Command:
    """Adds `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def settings_for(directory: str | None) -> WebSettings:
    """The effective settings, with the index that `--index` names."""
    settings = load_settings(WebSettings)
    return replace(settings, index=directory) if directory else settings


def print_json(value: object) -> None:
    """Print JSON: characters as they are, except control characters, which a terminal would obey; all
    escaped where the output's encoding lacks some."""
    has_all = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    click.echo(_UNPRINTABLE.sub(_escaped, json.dumps(value, ensure_ascii=not has_all, indent=2)))


def console() -> Console:
    """Standard output: colours on a terminal only (and not with NO_COLOR), lines wrapped there only."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # the end of the command, and no failure of it

    made = Output(highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.soft_wrap = True
    return made


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with rate, in `unit`, and remaining time on standard error, if that is a terminal. Call it with
    the numbers done and in all."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{{task.speed:.0f}} {unit}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield show


def printable(text: str) -> str:
    """Text with its control characters, which a terminal would obey, escaped."""
    return "".join(c if c.isprintable() or c in "\u3000\xa0" else _written_out(c) for c in text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _written_out(character: str) -> str:
    return " " if character in "\n\t" else character.encode("unicode_escape").decode("ascii")

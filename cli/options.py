"""What all commands have in common: `--index`, `--json`, and how things are printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import click

from index.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., object])


def index_option(command: Command) -> Command:
    """Adds `--index DIR`."""
    return click.option(
        "--index", "directory", metavar="DIR", help="The index directory. [default: .souwen, or SOUWEN_INDEX]"
    )(command)


def json_option(command: Command) -> Command:
    """Adds `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def settings_for(directory: str | None) -> Settings:
    """The effective settings, with the index that `--index` names."""
    settings = load_settings()
    return replace(settings, index=directory) if directory else settings


def print_json(value: object) -> None:
    """JSON to standard output, characters as they are."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def console() -> Console:
    """Standard output: colours on a terminal only (and not with NO_COLOR), lines wrapped there only."""
    from rich.console import Console

    made = Console(highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.soft_wrap = True
    return made


def printable(text: str) -> str:
    """Text without control characters, which a terminal would obey: they are written out."""
    return "".join(c if c.isprintable() or c in "\u3000\xa0" else _written_out(c) for c in text)


def _written_out(character: str) -> str:
    return " " if character in "\n\t" else character.encode("unicode_escape").decode("ascii")

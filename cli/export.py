"""`souwen export`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path

import click

from cli.options import index_option, settings_for
from index.article import write_jsonl
from index.errors import InputError
from index.reader import IndexReader


@click.command("export")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A file, or a folder for several files. [default: standard output]",
)
@index_option
def export_command(output: Path | None, directory: str | None) -> None:
    """Write all articles as JSON Lines, in a form that `souwen index` reads.

    A file over max_file_mb is not read: of a large archive, make several, in a folder that is there.

    \b
    Examples:
      souwen export -o articles.jsonl
      mkdir articles && souwen export -o articles && souwen index articles --index other
    """
    settings = settings_for(directory)
    most = settings.max_file_mb * 1_000_000
    with closing(IndexReader(settings.index)) as reader, reader.acquire() as index:
        lines = (line.encode() for line in write_jsonl(index.articles.all_articles()))
        if output is None:
            for line in lines:
                sys.stdout.buffer.write(line)
        elif output.is_dir():
            _write_parts(lines, output, most)
        else:
            with output.open("wb") as file:
                size = sum(map(file.write, lines))
            if size > most:
                click.echo(
                    f"souwen: {output} has {size / 1e6:,.1f} MB, and souwen index reads files of up to "
                    f"{settings.max_file_mb} MB (max_file_mb). To have several files, name a folder that is "
                    "there.",
                    err=True,
                )


def _write_parts(lines: Iterable[bytes], folder: Path, most: int) -> None:
    """Files of up to so many bytes, in a folder that has none of them yet."""
    if taken := next(folder.glob("articles-*.jsonl"), None):
        raise InputError(f"{taken} is there already. Name an empty folder.")
    with ExitStack() as stack:
        number, size, file = 0, most + 1, None
        for line in lines:
            if file is None or size + len(line) > most:
                stack.close()
                number, size = number + 1, 0
                file = stack.enter_context((folder / f"articles-{number:05d}.jsonl").open("wb"))
            size += file.write(line)

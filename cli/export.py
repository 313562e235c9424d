"""`souwen export`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import click

from cli.language import _
from cli.options import index_option, json_option, print_json, settings_for
from index.article import write_jsonl
from index.durability import flush, unfinished_folder
from index.engines.base import Connection
from index.errors import InputError
from index.store.reader import open_articles


@click.command("export")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A file, or a folder for several files. [default: standard output]",
)
@index_option
@json_option
def export_command(output: Path | None, directory: str | None, as_json: bool) -> None:
    """Write all articles as JSON Lines, in a form that `souwen index` reads.

    A file over max_file_mb is not read: of a large archive, make several, in a folder that is there. With
    --json, the files that were written are listed; the articles are JSON in any case.

    \b
    Examples:
      souwen export -o articles.jsonl
      mkdir articles && souwen export -o articles && souwen index articles --index other
    """
    settings = settings_for(directory)
    most = settings.max_file_mb * 1_000_000
    with open_articles(settings.index, Connection.of(settings)) as articles:
        lines = (line.encode() for line in write_jsonl(articles.all_articles()))
        if output is None or str(output) == "-":
            for line in lines:
                sys.stdout.buffer.write(line)
            return
        written = _write_parts(lines, output, most) if output.is_dir() else _write(lines, output)
    if as_json:
        print_json([{"file": str(file), "bytes": size} for file, size in written.items()])
    if written.get(output, 0) > most:
        click.echo(
            "souwen: "
            + _(
                "{file} has {size:,.1f} MB, and souwen index reads files of up to {limit} MB (max_file_mb). "
                "To have several files, name a folder that is there.",
                file=output,
                size=written[output] / 1e6,
                limit=settings.max_file_mb,
            ),
            err=True,
        )


def _write(lines: Iterable[bytes], file: Path) -> dict[Path, int]:
    """The file, and its size in bytes. It has its name when it is complete."""
    with unfinished_folder(file) as folder:
        new = folder / file.name
        with new.open("wb") as out:
            size = sum(map(out.write, lines))
        flush(new)
        new.replace(file)
    return {file: size}


def _write_parts(lines: Iterable[bytes], folder: Path, most: int) -> dict[Path, int]:
    """Writes files of up to `most` bytes to a folder that has none of them yet; returns their sizes. They get
    their names when all are complete."""
    if taken := min(folder.glob("articles-*.jsonl"), default=None):
        raise InputError("{file} is there already. Name an empty folder.", file=taken)
    written: dict[Path, int] = {}
    path = folder
    with unfinished_folder(folder / "articles") as unfinished:
        with ExitStack() as last:
            for line in lines:
                if not written or written[path] + len(line) > most:
                    last.close()
                    path = folder / f"articles-{len(written) + 1:05d}.jsonl"
                    out = last.enter_context((unfinished / path.name).open("wb"))
                    written[path] = 0
                written[path] += out.write(line)
        for path in written:
            flush(unfinished / path.name)
            (unfinished / path.name).replace(path)
    return written

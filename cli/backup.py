"""`souwen backup`, `souwen restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cli.options import index_option, json_option, print_json, progress_bar, settings_for
from index.engines.base import Connection, is_address
from index.errors import InputError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("backup")
@click.argument("file", type=_FILE)
@index_option
@json_option
def backup_command(file: Path, directory: str | None, as_json: bool) -> None:
    """Write the index to one file. Others may search and write meanwhile.

    \b
    Example:
      souwen backup souwen-2022-01-04.tar.gz
    """
    from index.maintenance.backup import backup

    saved = backup(settings_for(directory).index, file)
    if as_json:
        print_json(asdict(saved))
    else:
        click.echo(f"{saved.articles:,} articles in {file}: {saved.bytes / 1e6:,.1f} MB.")


@click.command("restore")
@click.argument("file", type=_FILE)
@click.option("--replace", "replaces", is_flag=True, help="Replace an existing index.")
@index_option
@json_option
def restore_command(file: Path, replaces: bool, directory: str | None, as_json: bool) -> None:
    """Make an index from a backup. The indexed files are not needed.

    \b
    Examples:
      souwen restore souwen-2022-01-04.tar.gz
      souwen restore souwen-2022-01-04.tar.gz --replace
    """
    from index.maintenance.backup import restore

    settings = settings_for(directory)
    location = settings.index
    if is_address(location):
        raise InputError(f"{location}: a backup becomes an index in a directory. Name one with --index DIR.")
    target = Path(location)
    with progress_bar("articles") as show:
        saved = restore(target, file, Connection.of(settings), replaces=replaces, progress=show)
    if as_json:
        print_json(asdict(saved))
    else:
        click.echo(f"{saved.articles:,} articles are in {target}. To bring them up to date: souwen index")

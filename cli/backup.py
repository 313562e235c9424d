"""`souwen backup`, `souwen restore`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from cli.options import index_option, json_option, print_json, printable, progress_bar, settings_for
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
@click.argument("folders", nargs=-1, metavar="[FOLDER]…", type=click.Path(path_type=Path))
@click.option("--replace", "replaces", is_flag=True, help="Replace an existing index.")
@index_option
@json_option
def restore_command(
    file: Path, folders: Sequence[Path], replaces: bool, directory: str | None, as_json: bool
) -> None:
    """Make an index from a backup. The indexed files are not needed.

    The folders that the backup followed are shown. Of them, those that are named are followed again: a backup
    of somebody else does not decide what is read.

    \b
    Examples:
      souwen restore souwen-2022-01-04.tar.gz
      souwen restore souwen-2022-01-04.tar.gz --replace
      souwen restore souwen-2022-01-04.tar.gz ~/posts
    """
    from index.maintenance.backup import restore

    settings = settings_for(directory)
    location = settings.index
    if is_address(location):
        raise InputError(f"{location}: a backup becomes an index in a directory. Name one with --index DIR.")
    target = Path(location)
    with progress_bar("articles") as show:
        made = restore(
            target, file, Connection.of(settings), replaces=replaces, folders=folders, progress=show
        )
    if as_json:
        print_json(asdict(made))
        return
    click.echo(f"{made.articles:,} articles are in {target}.")
    if made.damaged:
        click.echo(
            f"{made.damaged:,} of them were damaged before the backup was made, and no search finds them. "
            f"See: souwen verify --deep --index {target}"
        )
    if made.unfollowed:
        click.echo("Folders of the backup, which are not followed:")
        for name, location in made.unfollowed.items():
            click.echo(f"  {printable(name)}: {printable(location) or 'nowhere'}")
        click.echo(f"To follow them again, name them: souwen index FOLDER --index {target}")
    if folders:
        click.echo(f"To bring the articles up to date: souwen index --index {target}")

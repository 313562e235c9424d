"""`souwen backup`, `souwen restore`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from cli.language import _
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
        size = saved.bytes / 1e6
        click.echo(
            _("{count:,} articles in {file}: {size:,.1f} MB.", count=saved.articles, file=file, size=size)
        )


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
        raise InputError(
            "{location}: a backup becomes an index in a directory. Name one with --index DIR.",
            location=location,
        )
    target = Path(location)
    with progress_bar(_("articles/s")) as show:
        made = restore(
            target, file, Connection.of(settings), replaces=replaces, folders=folders, progress=show
        )
    if as_json:
        print_json(asdict(made))
        return
    click.echo(_("{count:,} articles are in {directory}.", count=made.articles, directory=target))
    if made.damaged:
        click.echo(
            _(
                "{count:,} of them were damaged before the backup was made, and no search finds them. "
                "See: {command}",
                count=made.damaged,
                command=f"souwen verify --deep --index {target}",
            )
        )
    if made.unfollowed:
        click.echo(_("Folders of the backup, which are not followed:"))
        nowhere = _("nowhere")
        for name, location in made.unfollowed.items():
            click.echo(f"  {printable(name)}: {printable(location) or nowhere}")
        command = f"souwen index FOLDER --index {target}"
        click.echo(_("To follow them again, name them: {command}", command=command))
    if folders:
        command = f"souwen index --index {target}"
        click.echo(_("To bring the articles up to date: {command}", command=command))

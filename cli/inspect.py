"""`souwen stats`, `problems`, `verify`, `config`."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from cli.language import _, gettext, padded
from cli.options import console, index_option, json_option, print_json, printable, settings_for
from index.article import ProblemKind
from index.engines.base import Connection, is_address
from index.errors import InputError
from index.ingest.job import IngestRequest
from index.ingest.listing import followed_folders
from index.ingest.sync import sync
from index.language import gettext_noop
from index.maintenance.verify import Findings, repair, verify
from index.settings import setting_fields
from index.store.directory import IndexDirectory
from index.store.reader import IndexReader, catalog_of

# What a machine doesn't know that only reads what is on a cluster.
_OF_A_CATALOG = ("problems", "files", "folders", "runs", "last_run")
# Names of numbers, and of those that one of them consists of, beside the kinds of problems.
_NAMES = (
    gettext_noop("articles"),
    gettext_noop("engine"),
    gettext_noop("segmenter"),
    gettext_noop("generation"),
    gettext_noop("timezone"),
    gettext_noop("oldest"),
    gettext_noop("newest"),
    gettext_noop("problems"),
    gettext_noop("bytes"),
    gettext_noop("catalog"),
    gettext_noop("files"),
    gettext_noop("generations"),
    gettext_noop("folders"),
    gettext_noop("runs"),
    gettext_noop("last_run"),
    gettext_noop("started"),
    gettext_noop("seconds"),
    gettext_noop("added"),
    gettext_noop("changed"),
    gettext_noop("removed"),
    gettext_noop("left_out"),
)
_OF_NAMES = ("problems", "bytes", "runs", "last_run")  # others consist of folders and generations
_KINDS = (
    gettext_noop("lost"),
    gettext_noop("partial"),
    gettext_noop("guess"),
    gettext_noop("left out"),
    gettext_noop("empty"),
)
# Columns of names, and of kinds.
_NAME, _KIND = 12, 8
# Seconds that are waited for a writer.
_WAIT = 60.0


@click.command("stats")
@index_option
@json_option
def stats_command(directory: str | None, as_json: bool) -> None:
    """Print the contents of the index in numbers.

    \b
    Example:
      souwen stats --json
    """
    from search import open_index
    from search.serialize import stats_json

    settings = settings_for(directory)
    with open_index(settings.index, settings) as searcher:
        stats = searcher.stats()
    answer = {**stats_json(stats), "folders": stats.folders}
    if as_json:
        print_json(answer)
        return
    elsewhere = _OF_A_CATALOG if answer["files"] is None else ()
    for name, value in answer.items():
        if name in elsewhere:
            told = _("known only on the machine that indexes the articles")
        else:
            told = _in_words(value, has_names=name in _OF_NAMES)
        click.echo(f"{padded(gettext(name), _NAME)} {told}")


@click.command("problems")
@click.option(
    "--kind",
    metavar="K",
    type=click.Choice([kind.replace(" ", "-") for kind in ProblemKind]),
    help="Only these: lost, partial, guess, left-out, empty.",
)
@index_option
@json_option
def problems_command(kind: str | None, directory: str | None, as_json: bool) -> None:
    """List files that could not be read, only in part, or were left out, and why.

    Of what is `lost`, nothing is in the index; `partial` is there with what could be read, and a `guess` may
    be wrong in what it says. Drafts and the like are `left out`. Articles that are `empty` are listed only
    with --kind empty.

    \b
    Examples:
      souwen problems --kind left-out
      souwen problems --json | jq -r '.[] | select(.kind == "lost") | .path'
    """
    wanted = ProblemKind(kind.replace("-", " ")) if kind else None
    settings = settings_for(directory)
    reader = IndexReader(settings.index, Connection.of(settings))
    with closing(reader), reader.acquire() as index:
        problems = catalog_of(index).problems(wanted)
    if as_json:
        print_json([problem.to_json() for problem in problems])
        return
    out = console()
    for problem in problems:
        told = _("{path}: {reason}", path=printable(problem.path), reason=printable(gettext(problem.reason)))
        out.print(f"{padded(gettext(problem.kind), _KIND)} {told}")
    if not problems and wanted:
        out.print(_("No problems of the kind {kind}.", kind=gettext(wanted)))
    elif not problems:
        out.print(_("No problems: every file was read."))


@click.command("verify")
@click.option("--repair", "repairs", is_flag=True, help="Repair without a rebuild where possible.")
@click.option("--deep", "is_deep", is_flag=True, help="Compare all articles and files, and not a sample.")
@index_option
@json_option
def verify_command(repairs: bool, is_deep: bool, directory: str | None, as_json: bool) -> None:
    """Check that index, catalog and files agree. Exits with 1 where they don't.

    The files of the index are compared with what was written, articles and their files with the digests of
    what was read (a thousand of them, all with --deep), catalog and engine with each other, and a sample of
    searches with the texts.

    \b
    Examples:
      souwen verify && echo all is well
      souwen verify --deep
      souwen verify --repair
    """
    settings = settings_for(directory)
    if repairs:
        if is_address(settings.index):
            raise InputError(
                "--repair mends an index directory, and {location} is on a cluster. "
                "Name the directory that follows the folders: souwen verify --repair --index DIRECTORY",
                location=settings.index,
            )
        for done in repair(Path(settings.index), Connection.of(settings)):
            click.echo(gettext(done), err=True)
        if followed_folders(Path(settings.index)):
            sync(Path(settings.index), IngestRequest(keep=True), settings)
    findings = _verified(settings.index, Connection.of(settings), is_deep)
    if as_json:
        print_json(asdict(findings))
    else:
        for line in findings.lines(settings.index):
            click.echo(printable(gettext(line)))
    sys.exit(0 if findings.agree else 1)


def _verified(location: str, connection: Connection, is_deep: bool) -> Findings:
    """Findings to repair. A writer may be between two steps: disagreements are checked once more, when
    nobody does."""
    findings = verify(location, connection, is_deep=is_deep)
    if findings.agree or is_address(location):
        return findings
    directory = IndexDirectory(Path(location))
    end = time.monotonic() + _WAIT
    while directory.is_written() and time.monotonic() < end:
        time.sleep(0.1)
    return verify(location, connection, is_deep=is_deep)


@click.command("config")
@index_option
@json_option
def config_command(directory: str | None, as_json: bool) -> None:
    """Print the settings in effect, from the environment (SOUWEN_…), souwen.toml, or the defaults.

    \b
    Example:
      SOUWEN_TIMEZONE=Asia/Taipei souwen config
    """
    settings = settings_for(directory)
    values, table = asdict(settings), setting_fields(type(settings))
    for name, field in table.items():
        if field.metadata.get("is_secret") and values[name]:
            values[name] = _("(set)") if not as_json else "(set)"
    if as_json:
        print_json(values)
        return
    for name, field in table.items():
        is_default = values[name] == field.default
        changed = "" if is_default else _(" (default: {default!r})", default=field.default)
        click.echo(f"{name} = {values[name]!r}{changed}\n    {gettext(field.metadata['help'])}")


def _in_words(value: object, *, has_names: bool) -> str:
    if value is None:
        return _("none")
    if isinstance(value, dict):
        parts = (
            f"{gettext(key) if has_names else key} {_in_words(item, has_names=has_names)}"
            for key, item in value.items()
        )
        return _(", ").join(parts) or _("none")
    if isinstance(value, list):
        return "".join(f"\n  {_in_words(item, has_names=has_names)}" for item in value) or _("none")
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else printable(str(value))

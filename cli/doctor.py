"""`souwen doctor`."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from cli.installed import Package, packages, versions
from cli.language import _, gettext, padded
from cli.options import index_option, json_option, print_json, printable, settings_for
from index.engines.base import DEFAULT_ENGINE, is_address
from index.errors import IndexMissingError, SouwenError
from index.files import total_size
from index.language import Message, Translatable, gettext_noop
from index.packages import install_command
from index.settings import read_named_file
from index.store.directory import IndexDirectory
from web.settings import WebSettings

# Columns of a state.
_STATE = 7
_NAMES = (
    gettext_noop("installed"),
    gettext_noop("packages"),
    gettext_noop("terminal"),
    gettext_noop("settings"),
    gettext_noop("engine"),
    gettext_noop("dictionary"),
    gettext_noop("synonyms"),
    gettext_noop("index"),
    gettext_noop("rights"),
    gettext_noop("disk"),
    gettext_noop("open files"),
)
_STATES = (gettext_noop("ok"), gettext_noop("hint"), gettext_noop("failed"))
# Bytes that a run needs for a start.
_LEAST_SPACE = 200_000_000
# Open files that a server of some people needs.
_LEAST_FILES = 1024


class State(StrEnum):
    """States of what was checked."""

    OK = "ok"
    HINT = "hint"  # works, and could be better
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was checked: what was found, and what to do about it."""

    name: str
    state: State
    message: str | Translatable
    advice: str | Translatable = ""

    def to_json(self) -> dict[str, str]:
        """The check as `souwen doctor --json` gives it."""
        return {
            "name": self.name,
            "state": self.state,
            "message": str(self.message),
            "advice": str(self.advice),
        }


@click.command("doctor")
@index_option
@json_option
def doctor_command(directory: str | None, as_json: bool) -> None:
    """Check what souwen needs on this machine: packages, engine, settings, dictionary, index, cluster,
    rights and disk. Exits with 1 where something is missing or wrong.

    Nothing is changed: an article is indexed and found in a temporary folder.

    \b
    Examples:
      souwen doctor
      souwen doctor --index https://search.example.org:9200/news --json
    """
    checks: list[Check] = []
    for check in run_checks(directory):
        checks.append(check)
        if not as_json:
            told = _("{name}: {found}", name=gettext(check.name), found=printable(gettext(check.message)))
            click.echo(f"{padded(gettext(check.state), _STATE)} {told}")
            if check.advice:
                click.echo(f"{'':{_STATE}} {printable(gettext(check.advice))}")
    is_well = all(check.state is not State.FAILED for check in checks)
    if as_json:
        print_json({"ok": is_well, "checks": [check.to_json() for check in checks]})
    sys.exit(0 if is_well else 1)


def run_checks(directory: str | None) -> Iterator[Check]:
    """Everything that is checked, in order; without valid settings, what needs none."""
    yield Check("installed", State.OK, versions().replace("\n", "; "))
    yield from _packages()
    yield _terminal()
    try:
        settings = settings_for(directory)
    except SouwenError as error:
        yield Check("settings", State.FAILED, error, Message("See: docs/settings.md"))
        return
    yield Check("settings", State.OK, Message("all are valid (souwen config lists them)"))
    yield _guarded("engine", _engine)
    yield _guarded("dictionary", partial(_file, "dictionary", settings.dictionary))
    yield _guarded("synonyms", partial(_file, "synonyms", settings.synonyms))
    yield _guarded("index", partial(_index, settings))
    if not is_address(settings.index):
        yield from _rights(Path(settings.index))
        yield _disk(Path(settings.index))
    yield _open_files()


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    """The outcome of a check; what goes wrong in it is one."""
    try:
        return check()
    except SouwenError as error:
        return Check(name, State.FAILED, error)
    except (OSError, ImportError, RuntimeError) as error:
        return Check(name, State.FAILED, f"{type(error).__name__}: {error}")


def _packages() -> Iterator[Check]:
    found = packages()
    missing = [each for each in found if not each.version and not each.extra]
    wrong = [each for each in found if each.version and not _is_right(each)]
    if missing:
        message = Message("not installed: {names}", {"names": _listed(missing)})
        yield Check("packages", State.FAILED, message, _install(missing))
    if wrong:
        message = Message("of a version that souwen can't use: {names}", {"names": _listed(wrong)})
        yield Check("packages", State.FAILED, message, _install(wrong))
    if not missing and not wrong:
        needed = sum(not each.extra for each in found)
        yield Check("packages", State.OK, Message("the {count} needed are there", {"count": needed}))


def _listed(found: list[Package]) -> str:
    return ", ".join(f"{each.name} {each.version}".strip() for each in found)


def _install(found: list[Package]) -> Message:
    return _run(install_command(*(f"'{each.name}{each.asked}'" for each in found)))


def _run(command: str) -> Message:
    return Message("Run: {command}", {"command": command})


def _is_right(package: Package) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(package.asked).contains(package.version, prereleases=True)


def _terminal() -> Check:
    encoding = (sys.stdout.encoding or "").lower()
    if encoding.replace("-", "") == "utf8":
        return Check("terminal", State.OK, Message("takes UTF-8"))
    return Check(
        "terminal",
        State.HINT,
        Message(
            "takes {encoding}, which lacks most Chinese characters: they are written as \\u6587",
            {"encoding": encoding or Message("no text")},
        ),
        Message("Set: export LC_ALL=C.UTF-8 (on Windows: set PYTHONUTF8=1)"),
    )


def _engine() -> Check:
    """Indexes an article in a temporary folder, and finds it."""
    from index.ingest.add import add_articles
    from search import open_index

    with TemporaryDirectory(prefix="souwen-doctor-") as folder:
        add_articles(f"{folder}/index", f"{folder}/notes", [{"id": "a", "text": "读者坐船去借书。"}])
        with open_index(f"{folder}/index") as index:
            found = index.search("坐船 借书").total
    if found != 1:
        lost = Message("{engine} does not find what it has indexed", {"engine": DEFAULT_ENGINE})
        return Check("engine", State.FAILED, lost)
    tried = Message(
        "{engine} has indexed an article in a temporary folder, and found it", {"engine": DEFAULT_ENGINE}
    )
    return Check("engine", State.OK, tried)


def _file(name: str, path: str) -> Check:
    """A file that a setting names: it has to be there, and its lines have to be right."""
    if not path:
        return Check(name, State.OK, Message("none is set"))
    if name == "dictionary":
        from index.analysis.words import parse_dictionary

        words = parse_dictionary(read_named_file(name, path), path)
        return Check(
            name, State.OK, Message("{file} has {count:,} words", {"file": path, "count": len(words)})
        )
    from search.query.synonyms import parse_synonyms

    parse_synonyms(read_named_file(name, path), path)
    return Check(name, State.OK, Message("{file} can be read", {"file": path}))


def _index(settings: WebSettings) -> Check:
    from search import open_index

    # The files of the settings have checks of their own.
    plain = replace(settings, synonyms="", dictionary="", query_log="")
    try:
        with open_index(settings.index, plain) as index:
            stats, overview = index.stats(), index.overview()
    except IndexMissingError as error:
        return Check("index", State.HINT, error)
    message = Message(
        "{count:,} articles in {path}, by {engine} and {segmenter}",
        {
            "count": stats.articles,
            "path": settings.index,
            "engine": stats.engine,
            "segmenter": stats.segmenter,
        },
    )
    if overview.articles != stats.articles:
        return Check(
            "index",
            State.FAILED,
            Message("{found}; the engine knows {count:,}", {"found": message, "count": overview.articles}),
            _run(f"souwen verify --repair --index {settings.index}"),
        )
    gone = [name for name, folder in stats.folders.items() if not Path(folder).exists()]
    if gone:
        return Check(
            "index",
            State.FAILED,
            Message(
                "{found}; of the folders that it follows, these are not there: {names}",
                {"found": message, "names": ", ".join(gone)},
            ),
            Message(
                "Mount them, or: {command}",
                {"command": f"souwen index --forget NAME --index {settings.index}"},
            ),
        )
    unread = [name for name, folder in stats.folders.items() if not os.access(folder, os.R_OK | os.X_OK)]
    if unread:
        names = {"found": message, "names": ", ".join(unread)}
        return Check("index", State.FAILED, Message("{found}; these folders can't be read: {names}", names))
    return Check("index", State.OK, message)


def _rights(directory: Path) -> Iterator[Check]:
    """Whether this user may write the index, and whether others may, too."""
    nearest = _parent(directory)
    path = {"path": nearest}
    if not os.access(nearest, os.W_OK):
        message = Message("{path} can't be written by this user, but searched", path)
        yield Check("rights", State.HINT, message)
    elif directory.exists() and IndexDirectory(directory).is_written():
        yield Check("rights", State.OK, Message("{path} can be written, and is being written now", path))
    else:
        yield Check("rights", State.OK, Message("{path} can be written", path))
    if directory.exists() and os.name != "nt" and directory.stat().st_mode & stat.S_IWOTH:
        yield Check(
            "rights",
            State.FAILED,
            Message("everybody on this machine may write {path}", {"path": directory}),
            _run(f"chmod o-w {directory}"),
        )


def _disk(directory: Path) -> Check:
    free = shutil.disk_usage(_parent(directory)).free
    size = total_size(directory.rglob("*")) if directory.exists() else 0
    message = Message(
        "{free:,.1f} GB are free, the index has {size:,.2f}", {"free": free / 1e9, "size": size / 1e9}
    )
    if free < _LEAST_SPACE:
        least = Message("Free some space: {least:.0f} MB at least.", {"least": _LEAST_SPACE / 1e6})
        return Check("disk", State.FAILED, message, least)
    if free < 2 * size:
        return Check("disk", State.HINT, message, Message("A rebuild needs twice the size of the index."))
    return Check("disk", State.OK, message)


def _parent(path: Path) -> Path:
    """The path, or the first folder above it that is there."""
    path = path.resolve()
    return next(each for each in (path, *path.parents) if each.exists())


def _open_files() -> Check:
    try:
        import resource
    except ImportError:  # Windows
        return Check("open files", State.OK, Message("no limit is known"))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < _LEAST_FILES:
        return Check(
            "open files",
            State.HINT,
            Message(
                "a process may have {count:,}: souwen serve keeps half of them for connections",
                {"count": most},
            ),
            Message(
                "Raise the limit (ulimit -Hn {least}; LimitNOFILE= of a systemd unit).",
                {"least": _LEAST_FILES},
            ),
        )
    return Check("open files", State.OK, Message("a process may have enough"))

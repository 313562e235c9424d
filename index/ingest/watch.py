"""Following folders as they change: a run for each batch of changes.

watchfiles only triggers a run; each run compares all files. So renamed and replaced folders, thousands of
files at once, and missed events all end in the same state.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import watchfiles
from watchfiles._rust_notify import WatchfilesRustInternalError

from index.errors import IndexBusyError, InputError, SettingsError, SouwenError, VanishedError
from index.files import identity
from index.ingest.creation import settings_difference
from index.ingest.job import IngestReport, IngestRequest
from index.ingest.listing import followed_folders
from index.language import Message, Translatable
from index.settings import Settings
from index.sources.posts import SUFFIXES
from index.sources.scan import IGNORE_FILE
from index.sources.sites import CONFIGURATIONS
from index.store.directory import IndexDirectory

# Milliseconds without a change that end a batch, and after which it ends in any case.
_QUIET_MS, _BATCH_MS = 150, 500
# Seconds in which a file that has just changed must stay as it is; else it is being written.
_DEBOUNCE = 0.25
# Seconds between two looks at whether the folders are still those that are watched.
_LOOK_EVERY = 0.5

Folders = dict[Path, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """Seconds that a folder may be gone, or empty, while another takes its place (`patience`); seconds, and
    times the length of the last run, after which everything is looked at unasked (`round_every`,
    `round_share`): network drives tell of no change, and a flood of changes may lose some."""

    patience: float = 10.0
    round_every: float = 60.0
    round_share: float = 20.0


WATCH_LIMITS = WatchLimits()


class Watcher:
    """Keeps an existing index in step with its folders. `run` updates the index; `warn` reports to a
    person."""

    def __init__(
        self,
        directory: Path,
        settings: Settings,
        run: Callable[[IngestRequest], IngestReport],
        warn: Callable[[Translatable], None],
        *,
        jobs: int = 1,
        allow_empty: bool = False,
        limits: WatchLimits = WATCH_LIMITS,
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._run = run
        self._warn = warn
        self._limits = limits
        # What the first run was asked for is done: an index that others rebuild is followed as it is then.
        self._request = IngestRequest(jobs=jobs, allow_empty=allow_empty, debounce=_DEBOUNCE, keep=True)
        self._index = directory.resolve()
        self._due = 0.0
        self._vanished: float | None = None
        self._told: set[str] = set()
        self._difference = ""

    def follow(self, stop: threading.Event) -> None:
        """Runs until `stop` is set, or a person is needed. Raises VanishedError where a folder is gone and
        stays so, and whatever else a run raises."""
        while not stop.is_set():
            folders = _identities(followed_folders(self._directory))
            self._due = 0.0  # at once: something may have changed before the watching began
            if not folders or None in folders.values():
                self._look()
                stop.wait(_LOOK_EVERY)
                continue
            for has_changed in self._changes(folders, stop):
                if has_changed or time.monotonic() >= self._due:
                    self._look()
                    if list(folders) != followed_folders(self._directory):
                        break
                if _identities(list(folders)) != folders:
                    break  # another folder has the name; the system would go on watching the old one

    def _changes(self, folders: Folders, stop: threading.Event) -> Iterator[bool]:
        """Yields True for each batch of changes, False at regular intervals without any."""
        try:
            for changes in watchfiles.watch(
                *folders,
                watch_filter=lambda _, path: changes_matter(path, folders, self._index),
                step=_QUIET_MS,
                debounce=_BATCH_MS,
                rust_timeout=round(_LOOK_EVERY * 1000),
                yield_on_timeout=True,
                stop_event=stop,
                ignore_permission_denied=True,
            ):
                yield bool(changes)
        except FileNotFoundError:
            return  # gone since it was looked for
        except (OSError, WatchfilesRustInternalError) as error:
            raise InputError(
                "can't watch {folders}: {reason}. Allow more watches (on Linux: sysctl "
                "fs.inotify.max_user_watches=1000000), or set WATCHFILES_FORCE_POLLING=true",
                folders=", ".join(map(str, folders)),
                reason=error,
            ) from None

    def _look(self) -> None:
        try:
            report = self._run(self._request)
        except IndexBusyError as error:
            self._tell_once(Message("{error} Waiting.", {"error": error}))
            self._due = time.monotonic() + _LOOK_EVERY
        except VanishedError as error:
            now = time.monotonic()
            self._vanished = self._vanished or now
            if now - self._vanished >= self._limits.patience:
                raise
            patience = self._limits.patience
            self._tell_once(
                Message("{error} Waiting for {seconds:.0f} s.", {"error": error, "seconds": patience})
            )
            self._due = now + _LOOK_EVERY
        else:
            self._vanished = None
            self._told.clear()
            limits = self._limits
            wait = max(limits.round_every, limits.round_share * report.seconds)
            self._due = time.monotonic() + (_DEBOUNCE if report.being_written else wait)
            self._tell_of_settings()

    def _tell_of_settings(self) -> None:
        """Warns of changed settings that take a rebuild, such as another dictionary. The index goes on
        with the old ones."""
        try:
            live = IndexDirectory(self._directory).current()
            difference: SouwenError | None = settings_difference(live, IngestRequest(), self._settings)
        except SettingsError as error:
            difference = error
        told = str(difference or "")
        if told != self._difference:
            self._difference = told
            if difference is not None:
                self._warn(difference)

    def _tell_once(self, message: Message) -> None:
        if str(message) not in self._told:
            self._told.add(str(message))
            self._warn(message)


def _identities(folders: list[Path]) -> Folders:
    return {folder: identity(folder) for folder in folders}


def changes_matter(path: str, folders: Iterable[Path], index: Path) -> bool:
    """True if a run would look at the file or folder at this path; `index` is the index directory."""
    location = Path(path)
    if location.is_relative_to(index):
        return False
    if location.name in CONFIGURATIONS or location.name == IGNORE_FILE:
        return True
    for folder in folders:
        if location.is_relative_to(folder):
            if any(part.startswith(".") for part in location.relative_to(folder).parts):
                return False
            break
    # What has another suffix, and is gone, may have been a folder.
    return location.suffix.lower() in SUFFIXES or not location.exists() or location.is_dir()

"""The index directory: generations, the swap, the lock, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.analysis import ANALYSIS_VERSION, hash_dictionary
from index.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    IndexWriteError,
)
from index.store.directory import FORMAT, Generation, IndexDirectory, Meta

META = Meta(engine="tantivy", segmenter="rjieba", dictionary="", timezone="Asia/Shanghai")


@pytest.fixture
def directory(tmp_path: Path) -> IndexDirectory:
    (tmp_path / "index").mkdir()
    return IndexDirectory(tmp_path / "index")


def publish(directory: IndexDirectory, meta: Meta = META, dictionary: str = "") -> Generation:
    generation = directory.create(meta, dictionary)
    directory.publish(generation)
    return generation


def names(directory: IndexDirectory) -> set[str]:
    return {path.name for path in directory.path.iterdir()}


def test_without_an_index_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    directory = IndexDirectory(tmp_path / "nowhere")
    assert directory.current_name() == ""
    with pytest.raises(IndexMissingError, match=r"Make one with: souwen index FOLDER --index .*nowhere"):
        directory.current()
    assert not directory.path.exists()


def test_a_generation_says_what_it_was_made_with(directory: IndexDirectory) -> None:
    dictionary = "放管服 100\n"
    made = directory.create(
        Meta(engine="whoosh", segmenter="jieba", dictionary=hash_dictionary(dictionary), timezone="UTC"),
        dictionary,
    )
    with pytest.raises(IndexMissingError):
        directory.current()  # not before it is published
    directory.publish(made)
    found = directory.current()
    assert found == made
    assert found.dictionary == dictionary
    assert (found.meta.engine, found.meta.segmenter, found.meta.timezone) == ("whoosh", "jieba", "UTC")
    assert (found.meta.format, found.meta.analysis) == (FORMAT, ANALYSIS_VERSION)
    assert found.meta.created.endswith("Z")


def test_the_live_generation_is_the_one_published_last(directory: IndexDirectory) -> None:
    first = publish(directory)
    second = directory.create(META, "")
    assert (first.path.name, second.path.name) == ("gen-000001", "gen-000002")
    assert directory.current() == first
    directory.publish(second)
    assert directory.current() == second


def test_a_swap_that_fails_leaves_the_old_generation_live(
    directory: IndexDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(directory)
    second = directory.create(META, "")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            directory.publish(second)
    assert directory.current() == first
    directory.prune()
    assert directory.current() == first
    assert names(directory) == {"current", "gen-000001"}


def test_pruning_leaves_the_live_generation_and_what_is_not_souwens(directory: IndexDirectory) -> None:
    for _ in range(3):
        live = publish(directory)
    (directory.path / "gen-000009").mkdir()  # killed before anything was in it
    others = {
        "notes.txt": "",
        "gen-old": "",
        "gen-12": "",
        "gen-000010/diary.md": "",
        "gen-000010/meta.json": "",
    }
    for name in others:
        (directory.path / name).parent.mkdir(exist_ok=True)
        (directory.path / name).write_text("mine")
    directory.prune()
    assert names(directory) == {"current", live.path.name, "notes.txt", "gen-old", "gen-12", "gen-000010"}
    assert (directory.path / "gen-000010/diary.md").read_text() == "mine"
    assert directory.create(META, "").path.name == "gen-000011"


def test_the_writer_id_of_an_older_index_is_taken_over(directory: IndexDirectory) -> None:
    """The file had another name. A new id would orphan all that this directory has on the cluster."""
    (directory.path / "ledger").write_text("north-1\n", encoding="utf-8")
    assert directory.writer_id("south") == directory.writer_id() == "north-1"
    assert names(directory) == {"writer-id"}


# What is refused


def rewrite(generation: Generation, change: Callable[[dict[str, object]], object]) -> None:
    file = generation.path / "meta.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    change(values)
    file.write_text(json.dumps(values), encoding="utf-8")


MEND = r"Run: souwen index FOLDER --rebuild --index .*index$"
# Where the catalog can be read, it knows the folders.
REMAKE = r"Run: souwen index --rebuild --index .*index$"


def test_another_format_is_refused(directory: IndexDirectory) -> None:
    """Whatever else it has: a later version may describe itself in another way."""
    rewrite(publish(directory), lambda values: values.update(format=FORMAT + 1, compression="zstd"))
    with pytest.raises(IndexMismatchError, match=rf"has format {FORMAT + 1}, .* reads {FORMAT}\. {MEND}"):
        directory.current()


def test_another_analysis_is_refused(directory: IndexDirectory) -> None:
    rewrite(publish(directory), lambda values: values.update(analysis=ANALYSIS_VERSION + 1))
    with pytest.raises(IndexMismatchError, match=rf"queries would not match\. {REMAKE}"):
        directory.current()


def test_a_dictionary_that_was_changed_inside_the_index_is_refused(directory: IndexDirectory) -> None:
    dictionary = "放管服\n"
    meta = Meta(engine="tantivy", segmenter="rjieba", dictionary=hash_dictionary(dictionary), timezone="UTC")
    file = publish(directory, meta, dictionary).path / "dictionary.txt"
    file.write_text("交管\n", encoding="utf-8")
    with pytest.raises(IndexMismatchError, match=rf"dictionary\.txt is not the dictionary .* {MEND}"):
        directory.current()
    file.unlink()
    with pytest.raises(IndexDamagedError, match=r"dictionary\.txt: can't be read"):
        directory.current()


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b"{}", b'{"format": 1}', b'{"format": 1, "engine": "x", "y": 2}', b"[1]"],
)
def test_a_damaged_description_is_refused(directory: IndexDirectory, damage: bytes) -> None:
    (publish(directory).path / "meta.json").write_bytes(damage)
    with pytest.raises(IndexDamagedError, match=rf"meta\.json: is not a description of an index\. {MEND}"):
        directory.current()


def test_a_description_that_cannot_be_read_is_refused(directory: IndexDirectory) -> None:
    file = publish(directory).path / "meta.json"
    file.write_bytes(b"\xff")
    with pytest.raises(IndexDamagedError, match=r"meta\.json: can't be read"):
        directory.current()
    file.unlink()
    with pytest.raises(IndexDamagedError, match=r"meta\.json: can't be read"):
        directory.current()


def test_a_damaged_name_of_the_live_generation_is_refused(directory: IndexDirectory) -> None:
    publish(directory)
    for name in (b"", b"\xff\xfe", b"gen-000099\n", b"\0", b"..", b"gen-1/..", b"\xe2" * 300):
        (directory.path / "current").write_bytes(name)
        with pytest.raises(IndexDamagedError, match=r"current: |gen-000099.meta\.json: can't be read"):
            directory.current()
        directory.prune()
        assert names(directory) == {"current", "gen-000001"}  # it may be the one that was live


# The lock

HOLD = """
import sys
from pathlib import Path
from index.store.directory import IndexDirectory
with IndexDirectory(Path(sys.argv[1])).write_lock():
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_writer(directory: IndexDirectory) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(directory.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_another_process_that_writes_is_named(directory: IndexDirectory) -> None:
    with other_writer(directory) as process:
        message = rf"is being written by process {process.pid}, since 20.*Z\. Wait for it to end"
        with pytest.raises(IndexBusyError, match=message), directory.write_lock():
            pass
        process.communicate("")  # it ends in peace
        with directory.write_lock():
            pass


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL")
def test_a_killed_writer_leaves_the_lock_free(directory: IndexDirectory) -> None:
    with other_writer(directory) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with directory.write_lock():
            text = (directory.path / "write.lock").read_text()
            assert text.startswith(f"process {os.getpid()}, since ")


def test_the_lock_is_free_after_a_failure(directory: IndexDirectory) -> None:
    with pytest.raises(ZeroDivisionError), directory.write_lock():
        raise ZeroDivisionError
    busy = pytest.raises(IndexBusyError, match=rf"process {os.getpid()}, ")
    with directory.write_lock(), busy, directory.write_lock():
        pass
    with directory.write_lock():
        pass


def test_the_lock_makes_the_directory(tmp_path: Path) -> None:
    with IndexDirectory(tmp_path / "a/b").write_lock():
        assert (tmp_path / "a/b").is_dir()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(IndexWriteError, match="can't be written: "),
        IndexDirectory(tmp_path / "file").write_lock(),
    ):
        pass

"""What only a Whoosh index has: files of pickled data, which must be nobody else's."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from index.analysis.document import Document
from index.engines.base import engine_class
from index.errors import EngineError


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_a_whoosh_index_that_others_can_write_is_refused(tmp_path: Path) -> None:
    engine_class("whoosh").create(tmp_path / "engine").close()
    (tmp_path / "engine").chmod(stat.S_IRWXU | stat.S_IRWXG)
    with pytest.raises(EngineError, match="chmod -R go-w"):
        engine_class("whoosh").open(tmp_path / "engine")


@pytest.mark.skipif(os.name != "posix", reason="owners and modes of POSIX")
def test_a_whoosh_index_keeps_its_files_to_itself(tmp_path: Path) -> None:
    """Whatever the system gives to new files; and a file that somebody else has put there is refused."""
    before = os.umask(0o002)
    try:
        engine = engine_class("whoosh").create(tmp_path / "engine")
        with closing(engine), engine.writer() as writer:
            writer.add(Document("1", "", "图书 书馆", "图书馆"))
            writer.commit()
    finally:
        os.umask(before)
    files = list((tmp_path / "engine").iterdir())
    assert files
    assert not any(path.stat().st_mode & 0o022 for path in files)
    toc = next((tmp_path / "engine").glob("*.toc"))
    toc.chmod(0o666)
    with pytest.raises(EngineError, match=rf"{toc.name}: refused, since others can write"):
        engine_class("whoosh").open(tmp_path / "engine")
    toc.chmod(0o644)
    engine_class("whoosh").open(tmp_path / "engine").close()
    if os.geteuid() == 0:
        os.chown(toc, 65534, -1)
        with pytest.raises(EngineError, match=rf"refused, .*chown -R 0 {tmp_path}"):
            engine_class("whoosh").open(tmp_path / "engine")

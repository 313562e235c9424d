"""An index that is damaged while it is served: pages say what mends it, and are back once it is mended."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from archive import Archive
from bs4 import BeautifulSoup
from engines import EMBEDDED
from flask.testing import FlaskClient
from pages import one

from index.ingest.sync import IngestRequest
from web.app import create_app
from web.settings import WebSettings


def _overwrite(file: Path) -> None:
    """As a bad disk would: something else stands there, as long as what was there."""
    with file.open("r+b") as opened:
        opened.write(b"\xa5" * file.stat().st_size)


def _overwrite_catalog(generation: Path) -> None:
    for log in generation.glob("catalog.sqlite-*"):
        log.unlink()
    _overwrite(generation / "catalog.sqlite")


def _overwrite_engine(generation: Path) -> None:
    for file in (generation / "engine").glob("[!.]*"):
        _overwrite(file)


# What happens to a generation; and whether an index that is open can go on without what was lost.
DAMAGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "the catalog is overwritten": (_overwrite_catalog, False),
    "the catalog is gone": (lambda generation: (generation / "catalog.sqlite").unlink(), True),
    "the engine's files are overwritten": (_overwrite_engine, False),
    "the engine's files are gone": (lambda generation: shutil.rmtree(generation / "engine"), False),
    "the name of the generation is none": (lambda g: (g.parent / "current").write_bytes(b"\xff"), False),
    "the name of the generation is gone": (lambda g: (g.parent / "current").unlink(), False),
    "everything is gone": (lambda generation: shutil.rmtree(generation.parent), False),
}
MENDING = ("souwen index FOLDER", "souwen index FOLDER --rebuild")


@pytest.fixture(scope="module", params=EMBEDDED)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive of 30 articles."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "posts").mkdir()
    archive = Archive(folder / "posts", folder / "index", request.param)
    for number in range(30):
        archive.post(f"{number}.md", f"图书馆的第{number}层" * 50)
    archive.sync()
    return archive


@pytest.fixture
def archive(whole: Archive, tmp_path: Path) -> Archive:
    """The archive with an index of its own."""
    return replace(whole, directory=shutil.copytree(whole.directory, tmp_path / "index"))


@pytest.fixture
def served(archive: Archive) -> FlaskClient:
    """The archive, in which somebody has searched already."""
    app = create_app(WebSettings(index=str(archive.directory)))
    app.extensions["souwen"].searcher.reader.stale_after = 0
    client = app.test_client()
    assert client.get("/search?q=图书馆").status_code == 200
    return client


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told_and_mended(archive: Archive, served: FlaskClient, damage: str) -> None:
    if archive.engine == "whoosh" and damage == "the engine's files are overwritten":
        pytest.skip("Whoosh leaves files open that it can't read")
    do, survives = DAMAGES[damage]
    with closing(served.application.extensions["souwen"]):
        do(next(archive.directory.glob("gen-*")))
        statuses = {served.get(f"/search?q=第{number}层").status_code for number in range(3)}
        assert statuses <= {200, 503}
        assert served.get("/healthz").status_code == (200 if survives else 503)
        assert served.get("/healthz/live").status_code == 200
        if not survives:
            page = served.get("/search?q=第5层")
            assert page.status_code == 503
            command = one(BeautifulSoup(page.text, "lxml"), ".command").text
            assert command.removesuffix(f" --index {archive.directory}") in MENDING
            error = json.loads(served.get("/api/search?q=第5层").data)["error"]
            assert error["code"] in ("no_index", "index_damaged")
            assert f"--index {archive.directory}" in error["message"]
        archive.sync(IngestRequest([archive.folder], rebuild=True, engine=archive.engine))
        assert served.get("/healthz").status_code == 200
        assert json.loads(served.get("/api/search?q=图书馆").data)["total"] == 30

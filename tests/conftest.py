"""Fixtures that several test modules share: the example archive, indexed once."""

from __future__ import annotations

import gc
import os
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cluster as opensearch
import pytest
from archive import Archive
from browser import NONE_FOUND, Visitor, find_browser, launch, serving
from engines import EMBEDDED, new_engine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2.bccache import Bucket, BytecodeCache
from playwright.sync_api import Browser, sync_playwright

from index.article import Article
from index.engines.base import ENGINES, Engine
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from search.searcher import Searcher
from search.settings import SearchSettings
from web.app import create_app
from web.context import Context
from web.settings import WebSettings

# How long an example takes says nothing: dictionaries are loaded when first used, machines are busy.
settings.register_profile("souwen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("souwen"), max_examples=20)
settings.load_profile("souwen")
# Messages are compared in English, whatever the language of who runs the tests.
os.environ["LC_ALL"] = "C.UTF-8"


class Templates(BytecodeCache):
    """Compiled templates of all apps of a process; those of one page take a quarter of a second."""

    def __init__(self) -> None:
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": Templates()}

EXAMPLES = Path(__file__).parent.parent / "examples" / "articles"


def on_cluster(item: pytest.Item) -> bool:
    """Whether a test needs a cluster."""
    return "cluster" in getattr(item, "fixturenames", ()) or "opensearch" in item.nodeid


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Marks tests on a browser or a cluster as slow."""
    for item in items:
        if on_cluster(item) or "browser" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Tells the garbage collector that what there is now stays."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keeps the cluster to a test that kills its nodes: in other processes, none on the cluster runs then."""
    if not (on_cluster(item) and opensearch.nodes()):
        return (yield)
    with opensearch.locked(alone="breakable_cluster" in getattr(item, "fixturenames", ())):
        return (yield)


@pytest.fixture(scope="session")
def example_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of an index over the example archive. Read it, don't write to it."""
    directory = tmp_path_factory.mktemp("examples") / "index"
    sync(directory, IngestRequest([EXAMPLES]), Settings())
    return directory


@pytest.fixture(scope="module", params=list(ENGINES))
def name(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


@pytest.fixture
def engine(name: str, tmp_path: Path) -> Iterator[Engine]:
    """An empty index of its own for each test."""
    with new_engine(name, tmp_path / "engine") as made:
        yield made


@pytest.fixture(scope="session")
def searcher(example_index: Path) -> Iterator[Searcher]:
    """Searches the example archive."""
    # Corrections have all the time they need, however slow the machine.
    with closing(Searcher(example_index, SearchSettings(), processor_clock=lambda: 0.0)) as opened:
        yield opened


@pytest.fixture(scope="session")
def articles(searcher: Searcher) -> dict[str, Article]:
    """All articles of the archive, by id."""
    with searcher.reader.acquire() as index:
        return {article.id: article for article in index.articles.all_articles()}


@pytest.fixture(scope="session")
def app(example_index: Path) -> Iterator[Flask]:
    """The web front end over the example archive."""
    made = create_app(WebSettings(index=str(example_index)))
    yield made
    context: Context = made.extensions["souwen"]
    context.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without cookies or history."""
    return app.test_client()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive, to be indexed by tantivy."""
    (tmp_path / "posts").mkdir()
    return Archive(tmp_path / "posts", tmp_path / "index")


@pytest.fixture(params=EMBEDDED)
def any_archive(request: pytest.FixtureRequest, archive: Archive) -> Archive:
    """An empty archive, to be indexed by each engine in turn."""
    archive.engine = request.param
    return archive


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser. Without one the tests that need it are left out, which the end of the run says;
    never in continuous integration."""
    program = find_browser()
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NONE_FOUND)
    with sync_playwright() as playwright:
        launched = launch(playwright, program)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(browser: Browser, example_index: Path) -> Iterator[str]:
    """The address of a server over the example archive."""
    with serving(example_index) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[..., Visitor]]:
    """Opens a window for a person: `visit(site=…, locale="en", …)`, options as in Playwright's
    `new_context`. None of the pages may have had anything to complain about."""
    visitors: list[Visitor] = []

    def open_window(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, **{"site": site, **options}))
        return visitors[-1]

    yield open_window
    for visitor in visitors:
        visitor.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture(scope="session")
def cluster() -> list[str]:
    """The addresses of a real cluster's nodes. Without one the tests that need it are left out, which the end
    of the run says; never in continuous integration."""
    urls = opensearch.nodes()
    if not urls:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(opensearch.NONE_FOUND)
    opensearch.wait_green()
    return urls


@pytest.fixture
def index_prefix(cluster: list[str]) -> Iterator[str]:
    """What the names of all indices of a test start with. They are removed after it."""
    prefix = f"test-{uuid.uuid4().hex[:12]}-"
    yield prefix
    opensearch.remove_indices(prefix)


@pytest.fixture
def address(cluster: list[str], index_prefix: str) -> str:
    """Where a test may have an index on the cluster."""
    return f"{','.join(cluster)}/{index_prefix}posts"


@pytest.fixture
def machine(tmp_path: Path, address: str) -> Callable[[str], Archive]:
    """An empty archive on a machine of this name, to be indexed by the cluster."""

    def make(name: str) -> Archive:
        folder = tmp_path / name
        folder.mkdir()
        return Archive(folder, tmp_path / f"{name}-index", "opensearch", address)

    return make


@pytest.fixture
def breakable_cluster(cluster: list[str], index_prefix: str) -> Iterator[list[str]]:
    """A cluster whose nodes may be killed, halted and started; after the test all are started again."""
    if not opensearch.is_ours():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(opensearch.NOT_OURS)
    yield cluster
    opensearch.start()
    opensearch.wait_green()

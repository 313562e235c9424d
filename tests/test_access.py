"""Who may ask, and how often."""

from __future__ import annotations

import json
import math
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import examples
from werkzeug.exceptions import HTTPException
from werkzeug.security import check_password_hash
from werkzeug.test import Client, TestResponse

from cli.main import souwen
from index.errors import SettingsError, TooSlowError
from search.request import SearchRequest
from search.searcher import Results, Searcher
from search.settings import SearchSettings
from web.access import MAX_GUESSES, Guard, Limits, init_access
from web.app import create_app
from web.context import Context
from web.counts import SharedStorage
from web.fair import MOST, Fair
from web.proxies import MANY
from web.settings import WebSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Make = Callable[..., FlaskClient]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """A browser at an app with these settings; there is no index."""
    with ExitStack() as opened:

        def client(**settings: str) -> FlaskClient:
            app = create_app(WebSettings(index=str(tmp_path / "none"), **settings))  # type: ignore[arg-type]
            opened.enter_context(closing(app.extensions["souwen"]))
            return app.test_client()

        yield client


def _basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def hashed() -> str:
    """A hash of 打开:芝麻."""
    return CliRunner().invoke(souwen, ["password", "--password", "打开:芝麻"]).output.strip()


@pytest.mark.slow
@pytest.mark.parametrize("is_hashed", [False, True], ids=["as it is", "hashed"])
def test_only_the_right_name_and_password_are_let_in(make: Make, hashed: str, is_hashed: bool) -> None:
    client = make(password=hashed if is_hashed else "打开:芝麻", username="馆员")
    right = _basic("馆员", "打开:芝麻")
    for wrong in ({}, _basic("馆员", "芝麻"), _basic("souwen", "打开:芝麻"), {"Authorization": "Bearer x"}):
        for path in ("/help", "/metrics", "/static/souwen.css", "/no"):
            answer = client.get(path, headers=wrong)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert json.loads(client.get("/api/openapi.json").data)["error"]["code"] == "unauthorized"
    for _ in range(2):
        assert client.get("/help", headers=right).status_code == 200
        assert client.get("/help", headers=_basic("馆员", "x")).status_code == 401
    assert client.get("/healthz/live").status_code == 200
    assert client.get("/healthz").status_code == 503


def test_a_hash_is_checked_once(hashed: str) -> None:
    checked: list[str] = []
    settings = WebSettings(password=hashed)
    guard = Guard(
        settings, Limits(settings), lambda h, p: checked.append(p) is None and check_password_hash(h, p)
    )
    assert all(guard.is_right("souwen", "打开:芝麻") for _ in range(5))
    assert checked == ["打开:芝麻"]


SETTINGS = WebSettings(username="a", password="b:c")
GUARD = Guard(SETTINGS, Limits(SETTINGS))


@settings(max_examples=examples(30))  # each takes a twentieth of a second
@given(st.text(max_size=3), st.text(max_size=3))
def test_nothing_else_is_taken_for_the_password(name: str, password: str) -> None:
    assert GUARD.is_right("a", "b:c")
    assert GUARD.is_right(name, password) == ((name, password) == ("a", "b:c"))
    assert not GUARD.is_right("a:b", "c")


PATHS = ("/help", "/no", "/api/search", "/static/souwen.css", "/static/no", "/metrics", "/search.csv")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE"])
def test_every_wrong_password_counts_everywhere(make: Make, method: str) -> None:
    client = make(password="x")
    wrong = _basic("souwen", "y")
    paths = [PATHS[number % len(PATHS)] for number in range(MAX_GUESSES)]
    assert {client.open(path, method=method, headers=wrong).status_code for path in paths} == {401}
    for headers in (wrong, _basic("souwen", "x")):  # that it would have been right isn't told
        for path in PATHS:
            answer = client.open(path, method=method, headers=headers)
            assert answer.status_code == 429
            assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert client.get("/healthz/live").status_code == 200
    other = {"X-Forwarded-For": "203.0.113.9"} | _basic("souwen", "x")
    assert client.get("/help", headers=other).status_code == 200


def test_one_address_guesses_ten_times_a_minute(tmp_path: Path) -> None:
    now = 1_800_000_000.0
    settings = WebSettings(index=str(tmp_path / "none"), password="x")
    app = Flask(__name__)
    init_access(app, settings, lambda: now)
    answered = []
    for number in range(300):  # one a second
        now += 1
        answer = app.test_client().get("/", headers=_basic("souwen", str(number)))
        answered.append(answer.status_code)
    assert set(answered) == {401, 429}
    assert all(answered[start : start + 60].count(401) <= MAX_GUESSES for start in range(240))
    assert answered.count(401) == 5 * MAX_GUESSES
    now += 61
    assert app.test_client().get("/", headers=_basic("souwen", "x")).status_code == 404


def test_an_ipv6_guesser_has_one_network(make: Make) -> None:
    client = make(password="x")
    for number in range(2 * MAX_GUESSES):
        told = {"X-Forwarded-For": f"2001:db8::{number:x}"} | _basic("souwen", "y")
        with client.get("/help", headers=told) as answer:
            assert answer.status_code == (401 if number < MAX_GUESSES else 429)
    told = {"X-Forwarded-For": "2001:db8:0:1::1"} | _basic("souwen", "x")
    assert client.get("/help", headers=told).status_code == 200


def test_other_authorization_is_none(make: Make) -> None:
    client = make(password="x")
    for told in ("Bearer x", "Digest username=souwen", "Basic", "Basic !", "x", ""):
        for _ in range(MAX_GUESSES):  # they aren't guesses
            assert client.get("/help", headers={"Authorization": told}).status_code == 401
    assert client.get("/help", headers=_basic("souwen", "x")).status_code == 200


def test_every_request_without_the_password_counts_for_the_limit(make: Make) -> None:
    for path in PATHS:
        client = make(rate_limit="3/hour", password="x")
        statuses = [client.post(path).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429], path


def test_pages_that_are_none_count(make: Make) -> None:
    client = make(rate_limit="3/hour")
    answers = [client.get("/no"), client.post("/help"), client.get("/api/no"), client.get("/no")]
    assert [answer.status_code for answer in answers] == [404, 405, 404, 429]


def test_guessers_keep_few_threads(hashed: str) -> None:
    """While two hashes are being checked, others are told to come again; who was let in doesn't wait."""
    go_on = threading.Event()

    def check(_: str, password: str) -> bool:
        go_on.wait(60)
        return password == "right"

    settings = WebSettings(password=hashed)
    guard = Guard(settings, Limits(settings), check)
    app = Flask(__name__)

    def ask(password: str) -> int:
        with app.test_request_context(headers=_basic("souwen", password)):
            try:
                guard.refuse()
            except HTTPException as error:
                return error.code or 0
            return 200

    go_on.set()
    assert ask("right") == 200
    go_on.clear()
    with ThreadPoolExecutor() as guessers:
        guesses = [guessers.submit(ask, "wrong") for _ in range(3)]
        assert next(as_completed(guesses)).result() == 503  # one is checked, and one waits
        assert ask("right") == 200
        go_on.set()
        assert sorted(guess.result() for guess in guesses) == [401, 401, 503]


def test_processes_count_together(tmp_path: Path) -> None:
    """In a file; what is out of date is removed."""
    now = 1000.0
    first, second = (SharedStorage(tmp_path / "counts", lambda: now) for _ in range(2))
    with closing(first), closing(second):
        assert [storage.incr("a", 60) for storage in (first, second, first)] == [1, 2, 3]
        assert [storage.acquire_entry("a", 3, 60) for storage in (first, second) * 2] == [True] * 3 + [False]
        assert second.get_moving_window("a", 3, 60) == (1000, 3)
        assert (second.get("a"), second.get_expiry("a")) == (3, 1060)
        now += 61
        assert (first.get("a"), first.incr("a", 60), second.get_moving_window("a", 3, 60)[1]) == (0, 1, 0)
        for number in range(600):
            first.acquire_entry(str(number), 1, 60)
            now += 1
        assert first.reset() < 300


def test_a_hash_is_no_password(make: Make, hashed: str) -> None:
    assert make(password=hashed).get("/help", headers=_basic("souwen", hashed)).status_code == 401


def test_the_password_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUWEN_PASSWORD", "geheim")
    for options in ([], ["--json"]):
        printed = CliRunner().invoke(souwen, ["config", *options]).output
        assert "geheim" not in printed
        assert "(set)" in printed


def test_more_requests_than_allowed_are_refused(make: Make) -> None:
    client = make(rate_limit="3/hour", password="x")
    for _ in range(3):  # a wrong password counts
        assert client.get("/help").status_code == 401
    answer = client.get("/api/openapi.json", headers=_basic("souwen", "x"))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    error = json.loads(answer.data)["error"]
    assert error["code"] == "too_many_requests"
    assert "3 per 1 hour" in error["message"]
    assert client.get("/help", headers=_basic("souwen", "x")).status_code == 429
    assert client.get("/healthz/live").status_code == 200
    assert client.get("/metrics", headers=_basic("souwen", "x")).status_code == 200
    other = {"X-Forwarded-For": "203.0.113.9"} | _basic("souwen", "x")
    assert client.get("/help", headers=other).status_code == 200


@pytest.mark.parametrize(
    "settings", [{"rate_limit": "viele"}, {"rate_limit": "1/hour", "rate_limit_storage": "nowhere://"}]
)
def test_a_limit_that_is_none_is_told(make: Make, settings: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="rate_limit"):
        make(**settings)


class Clock:
    """A clock that stands still until it has been read `times` times, and then has gone on by an hour."""

    def __init__(self, times: float = math.inf) -> None:
        self.times, self.readings = times, 0

    def __call__(self) -> float:
        self.readings += 1
        return 0.0 if self.readings <= self.times else 3600.0


def late(index: Path, request: SearchRequest, clock: Clock, *, advise: bool = True) -> Results | None:
    """What a search by this clock finds; None where it is told that it takes too long."""
    with closing(Searcher(index, SearchSettings(), clock)) as searcher:
        try:
            return searcher.search(request, advise=advise)
        except TooSlowError:
            return None


def readings(index: Path, request: SearchRequest, *, advise: bool = True) -> int:
    """How often a search reads the clock, but for the last time, which tells how long it has taken."""
    clock = Clock()
    assert late(index, request, clock, advise=advise) is not None
    return clock.readings - 1


def test_a_search_may_take_so_long_only(
    example_index: Path, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Searcher(example_index, SearchSettings(), Clock(1))) as slow:
        context: Context = app.extensions["souwen"]
        monkeypatch.setitem(app.extensions, "souwen", replace(context, searcher=slow))
        found = client.get("/api/search?q=临江")
    with closing(Searcher(example_index, SearchSettings(), Clock(1))) as slow:
        monkeypatch.setitem(app.extensions, "souwen", replace(context, searcher=slow))
        answer = client.get("/api/search?q=tensor%3Flow")
    assert found.status_code == 200  # what was found is shown
    assert "10 s (max_search_seconds)" in json.loads(found.data)["notes"][0]
    assert answer.status_code == 400
    error = json.loads(answer.data)["error"]
    assert error["code"] == "too_slow"
    assert "10 s (max_search_seconds)" in error["message"]


def test_an_explanation_may_take_so_long_only(example_index: Path) -> None:
    request = SearchRequest("临江 地铁", explain=True)
    explained = readings(example_index, request, advise=False)
    plain = readings(example_index, replace(request, explain=False), advise=False)
    assert explained > plain
    whole = late(example_index, request, Clock(), advise=False)
    assert whole is not None and not whole.notes
    for times in range(1, explained + 1):
        found = late(example_index, request, Clock(times), advise=False)
        if found is None:
            continue
        # The full matches are there, with a note; partial ones say what they lack, or are not there.
        assert found.total == whole.total
        assert [hit.article.id for hit in found.full] == [hit.article.id for hit in whole.full]
        assert len(found.hits) in (len(found.full), len(whole.hits))
        assert found.notes or times == explained
        assert found.notes or found.hits[0].explanation is not None


def test_corrections_may_take_so_much_processor_time_only(example_index: Path) -> None:
    def corrected(clock: Clock) -> Results:
        with closing(Searcher(example_index, SearchSettings(), Clock(), clock)) as searcher:
            return searcher.search(SearchRequest("临江地贴"))

    unlimited = Clock()
    whole = corrected(unlimited)
    assert whole.suggestion is not None
    late = Clock(1)
    cut = corrected(late)
    assert late.readings < unlimited.readings / 2
    assert cut.suggestion is None
    assert cut.zero_results is not None  # why nothing was found is told all the same


def test_what_was_found_is_shown_though_there_is_no_time_for_advice(example_index: Path) -> None:
    request = SearchRequest("不在此处的话*")
    plain, advised = readings(example_index, request, advise=False), readings(example_index, request)
    assert plain < advised
    for times in range(1, advised + 1):
        found = late(example_index, request, Clock(times))
        if found is not None:
            assert (found.zero_results is None) == (times < advised)
            assert found.notes or times >= plain


def test_one_address_never_has_all_threads() -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()

    def app(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        begun.release()
        go_on.wait(60)
        start("200 OK", [])
        return [b"x"]

    fair = Client(Fair(app))

    def ask(address: str, path: str = "/", **environ: bool) -> TestResponse:
        return fair.get(path, environ_overrides={"REMOTE_ADDR": address} | environ)

    with ThreadPoolExecutor(MOST) as threads:
        first = [threads.submit(ask, f"2001:db8::{number}") for number in range(MOST)]
        for _ in first:
            begun.acquire()
        refused = ask("2001:db8::99", "/api/search")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert refused.json
        assert refused.json["error"]["code"] == "too_many_requests"
        assert ask("2001:db8::99").text.startswith(f"{MOST} requests of this address")
        go_on.set()
        assert ask("192.0.2.1").status_code == ask("2001:db8::99", **{MANY: True}).status_code == 200
        for answer in first:
            answer.result().close()
    assert ask("2001:db8::99").status_code == 200

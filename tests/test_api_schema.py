"""What the OpenAPI document says is so, for requests that nobody would write: schemathesis makes them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Literal

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from werkzeug.wsgi import ClosingIterator

from web.openapi import make_document

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from schemathesis import Case
    from schemathesis.schemas import APIOperation, BaseSchema

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def described(app: Flask) -> BaseSchema:
    import schemathesis  # which takes a second, also of those who leave these tests out

    def whole(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        """The application's answers, read to their end and closed, as every server does."""
        with closing(ClosingIterator(app(environ, start))) as parts:
            return [b"".join(parts)]

    return schemathesis.openapi.from_wsgi("/api/openapi.json", whole)


def _ask(operation: APIOperation, mode: Literal["POSITIVE", "NEGATIVE"]) -> None:
    """Forty requests, each time the same. Not every number and date is right that looks right."""
    from schemathesis import GenerationMode
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=GenerationMode[mode]))
    def ask(case: Case) -> None:
        plain = {"Accept-Encoding": "identity"}
        case.call_and_validate(headers=plain, excluded_checks=[positive_data_acceptance])

    ask()


@pytest.mark.parametrize("path", list(make_document()["paths"]))
def test_what_the_document_allows_is_answered_as_it_says(described: BaseSchema, path: str) -> None:
    _ask(described[path]["GET"], "POSITIVE")


@pytest.mark.parametrize(
    "path", ["/api/search", "/api/suggest", "/api/similar/{id}", "/search.csv", "/search.jsonl"]
)
def test_what_it_forbids_is_refused(described: BaseSchema, path: str) -> None:
    _ask(described[path]["GET"], "NEGATIVE")

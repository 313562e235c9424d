"""What the OpenAPI document says is so, for requests that nobody would write: schemathesis makes them."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from web.openapi import make_document

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def described(app: Flask) -> BaseSchema:
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


def _ask(operation: APIOperation, mode: GenerationMode) -> None:
    """Forty requests, each time the same. Not every number and date is right that looks right."""

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        plain = {"Accept-Encoding": "identity"}
        case.call_and_validate(headers=plain, excluded_checks=[positive_data_acceptance])

    ask()


@pytest.mark.parametrize("path", list(make_document()["paths"]))
def test_what_the_document_allows_is_answered_as_it_says(described: BaseSchema, path: str) -> None:
    _ask(described[path]["GET"], GenerationMode.POSITIVE)


@pytest.mark.parametrize(
    "path", ["/api/search", "/api/suggest", "/api/similar/{id}", "/search.csv", "/search.jsonl"]
)
def test_what_it_forbids_is_refused(described: BaseSchema, path: str) -> None:
    _ask(described[path]["GET"], GenerationMode.NEGATIVE)

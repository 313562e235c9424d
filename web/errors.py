"""Error responses: JSON for programs, a page for people, never a stack trace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from index.errors import (
    EngineError,
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    NotFoundError,
    QueryError,
    SouwenError,
)
from index.language import gettext_noop
from search.request import SearchRequest
from search.serialize import error_json
from web.context import context

STATUS: dict[type[SouwenError], int] = {
    QueryError: 400,
    NotFoundError: 404,
    IndexMissingError: 503,
    IndexDamagedError: 503,
    IndexMismatchError: 503,
    IndexBusyError: 503,
    EngineError: 503,
}
# Commands that repair or check an index that can't be read, where the message has none.
_REBUILD = "souwen index FOLDER --rebuild --index {index}"
_VERIFY = "souwen verify --index {index}"
_OF_THE_INDEX = (IndexDamagedError, IndexMismatchError, EngineError)
_JSON_PATHS = (
    "/api/",
    "/healthz",
    "/search.csv",
    "/search.jsonl",
    "/search.ris",
    "/search.bib",
    "/search.txt",
)


_REFERENCE = re.compile(r"/article/.*\.(?:ris|bib)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as shown to people: an English template, which pages translate, and its values. The value
    `command` is the command that repairs it."""

    status: int
    code: str
    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The one form of errors in the API."""
        message = self.template.format(**self.values) if self.values else self.template
        if "command" in self.values and "{command}" not in self.template:
            message = f"{message.rstrip('.')}. Run: {self.values['command']}"
        return error_json(self.code, message)


def init_errors(app: Flask) -> None:
    """Registers the error handlers of an app."""
    app.register_error_handler(SouwenError, _souwen_error)
    app.register_error_handler(HTTPException, _http_error)


def failure_of(error: SouwenError) -> Failure:
    """The displayed form of one of souwen's errors."""
    status = next((number for kind, number in STATUS.items() if isinstance(error, kind)), 500)
    failure = Failure(status, error.code, error.template, error.values)
    if not isinstance(error, _OF_THE_INDEX) or "command" in error.values:
        return failure
    command = (_VERIFY if isinstance(error, EngineError) else _REBUILD).format(index=context().settings.index)
    return replace(failure, values={**error.values, "command": command})


def _souwen_error(error: SouwenError) -> Response:
    return _answer(failure_of(error))


def _http_error(error: HTTPException) -> Response:
    """Handler for unknown addresses, wrong methods, and (as status 500) unexpected exceptions."""
    status = error.code or 500
    code = "internal_error" if status == 500 else HTTPStatus(status).name.lower()
    values: dict[str, object]
    template, values = error.description or HTTPStatus(status).phrase, getattr(error, "values", {})
    if status == 404:
        template = gettext_noop("there is nothing at {path}. The API is described at /api/openapi.json.")
        values = {"path": request.path}
    elif status == 405:
        allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ("GET",)))
        template = gettext_noop("{method} is not allowed at {path}. Allowed: {allowed}.")
        values = {"method": request.method, "path": request.path, "allowed": allowed}
    elif status == 500:
        template = gettext_noop("internal error in souwen. The server's log has the details.")
    response = _answer(Failure(status, code, template, values))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _page(failure: Failure) -> str:
    """The page has what was typed in its box: it can be mended there."""
    return render_template("error.html", failure=failure, wanted=SearchRequest(request.args.get("q", "")))


def _answer(failure: Failure) -> Response:
    # A page has addresses, which can't be made for a host that is no name (".").
    is_nowhere = request_ctx.url_adapter is None
    if is_nowhere or request.path.startswith(_JSON_PATHS) or _REFERENCE.match(request.path):
        response = jsonify(failure.to_json())
    else:
        response = make_response(_page(failure))
    response.status_code = failure.status
    return response

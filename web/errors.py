"""Errors as answers: JSON of one form for programs, a page for people, a stack trace for nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
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
# How each can be mended, where the message itself doesn't say.
_REBUILD = "souwen index FOLDER --rebuild --index {index}"
_COMMAND = re.compile(r": (souwen .+)$", re.MULTILINE)
_JSON_PATHS = ("/api/", "/healthz")


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is shown. `command` is what to run to mend it, if anything."""

    status: int
    code: str
    message: str
    command: str = ""

    def to_json(self) -> dict[str, object]:
        """The one form of errors in the API."""
        return {"error": {"code": self.code, "message": self.message}}


def init_errors(app: Flask) -> None:
    """Makes an app answer errors so."""
    app.register_error_handler(SouwenError, _souwen_error)
    app.register_error_handler(HTTPException, _http_error)


def failure_of(error: SouwenError) -> Failure:
    """An error of souwen as it is shown; what an index needs is part of the message."""
    status = next((number for kind, number in STATUS.items() if isinstance(error, kind)), 500)
    message = str(error)
    found = _COMMAND.search(message)
    command = found[1] if found and status == 503 else ""
    if isinstance(error, IndexDamagedError | IndexMismatchError) and not command:
        command = _REBUILD.format(index=context().settings.index)
        message = f"{message.rstrip('.')}. Run: {command}"
    return Failure(status, error.code, message, command)


def _souwen_error(error: SouwenError) -> Response:
    return _answer(failure_of(error))


def _http_error(error: HTTPException) -> Response:
    """Unknown addresses, wrong methods, and (as status 500) what nobody expected."""
    status = error.code or 500
    code = "internal_error" if status == 500 else HTTPStatus(status).name.lower()
    if status == 404:
        message = f"there is nothing at {request.path}. The API is described at /api/openapi.json."
    elif status == 405:
        allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ("GET",)))
        message = f"{request.method} is not allowed at {request.path}. Allowed: {allowed}."
    elif status == 500:
        message = "something went wrong in souwen itself. The server's log says what."
    else:
        message = error.description or HTTPStatus(status).phrase
    response = _answer(Failure(status, code, message))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _answer(failure: Failure) -> Response:
    if request.path.startswith(_JSON_PATHS):
        response = jsonify(failure.to_json())
    else:
        response = make_response(render_template("error.html", failure=failure))
    response.status_code = failure.status
    return response

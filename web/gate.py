"""Requests that are refused before anything else is looked at: those under a foreign name, and those with a
body that is larger than any that souwen reads."""

from __future__ import annotations

import re

from flask import Flask, request
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
)

from index.language import gettext_noop
from web.proxies import parse_address
from web.settings import WebSettings

# Bytes of a body. No page reads one; forms and scripts may send a little.
MAX_BODY = 8192
# Characters of the address and of all headers: twice the longest query, percent-encoded.
MAX_HEAD = 24_576
_OWN = frozenset(["localhost", "127.0.0.1", "::1"])
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:@/,\s]+?)\.?)(?::\d*)?", re.IGNORECASE)


class MisdirectedRequestError(HTTPException):
    """The request is for another server (RFC 9110, 15.5.20), as an English template and its values."""

    code = 421

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.values = values


class Gate:
    """Names by which the server may be called. On loopback these are its own alone, and those in the setting
    `allowed_hosts`: a page of another site whose name leads to 127.0.0.1 (DNS rebinding) could read all
    otherwise. On other addresses every name is answered until the setting has some."""

    def __init__(self, settings: WebSettings) -> None:
        names = settings.allowed_hosts.lower().replace(",", " ").split()
        self._any = "*" in names
        self._allowed = frozenset(name.strip("[].") for name in names)

    def refuse(self) -> None:
        """Raises an HTTPException that says what is wrong."""
        _refuse_size()
        if self._any:
            return
        told = request.environ
        direct = told.get("werkzeug.proxy_fix.orig", told)  # what a trusted proxy says replaces what it sends
        local, host = str(direct["SERVER_NAME"]), str(direct.get("HTTP_HOST") or "")
        if not host:  # no browser leaves it out
            if told.get("SERVER_PROTOCOL") == "HTTP/1.1":
                raise BadRequest(gettext_noop("the request has no Host."))
            return
        if _is_loopback(local) or self._allowed:
            self._check(host, local)
        if self._allowed:
            self._check(str(told.get("HTTP_HOST") or ""), local)

    def _check(self, host: str, local: str) -> None:
        found = _HOST.fullmatch(host)
        name = (found[1] or found[2]).lower() if found else ""
        if not name or name not in _OWN | self._allowed | {local.lower()}:
            raise MisdirectedRequestError(
                gettext_noop("this server is not called {host}. Names that it answers to: allowed_hosts."),
                host=host,
            )


def init_gate(app: Flask, settings: WebSettings) -> None:
    """Refuse such requests to an app."""
    app.before_request(Gate(settings).refuse)


def _refuse_size() -> None:
    """Raises for headers or a body that are too large. Where the length of a body is told in two ways, the
    server passes one of them on: it is refused with all bodies that come in chunks."""
    told = request.environ
    size = len(told.get("QUERY_STRING", "")) + len(told.get("PATH_INFO", ""))
    size += sum(len(name) + len(value) for name, value in told.items() if name.startswith("HTTP_"))
    if size > MAX_HEAD:
        raise RequestHeaderFieldsTooLarge(gettext_noop("address and headers may have 24 KB."))
    if "HTTP_TRANSFER_ENCODING" in told:
        raise BadRequest(gettext_noop("a body in chunks (Transfer-Encoding) is not taken."))
    length = told.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise BadRequest(gettext_noop("Content-Length must be a number."))
    if len(length) > 9 or int(length) > MAX_BODY:
        raise RequestEntityTooLarge(gettext_noop("a body may have 8 KB."))


def _is_loopback(name: str) -> bool:
    address = parse_address(name)
    return name == "localhost" or (address is not None and address.is_loopback)

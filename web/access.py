"""Authentication and rate limit: basic authentication (settings `username` and `password`) and a rate limit
(`rate_limit` and `rate_limit_storage`), both off by default.

`/healthz` needs neither: monitoring has no password and asks often.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable

from flask import Flask, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.security import check_password_hash

from index.errors import SettingsError
from web.language import gettext_noop
from web.settings import WebSettings

# What a hash begins with, as `souwen password` makes it, or older versions of werkzeug.
_HASHES = ("scrypt:", "pbkdf2:")
_FREE = frozenset(["health.ready", "health.live"])
_UNCOUNTED = _FREE | {"health.metrics", "static"}


def init_access(app: Flask, settings: WebSettings) -> None:
    """Add the rate limit and the password of the settings to an app. Raises SettingsError."""
    if settings.rate_limit:
        _init_rate_limit(app, settings)  # before the password, so that guessing is counted
    if settings.password:
        app.before_request(Guard(settings).refuse)


class Guard:
    """Checks name and password.

    Checking a hash takes tens of milliseconds. So the right answer is remembered as a digest, and one hash
    is checked at a time: guessing keeps at most one core busy.
    """

    def __init__(
        self, settings: WebSettings, check_hash: Callable[[str, str], bool] = check_password_hash
    ) -> None:
        self._check_hash = check_hash
        self._name = settings.username.encode()
        self._password = settings.password
        self._key = secrets.token_bytes(32)
        self._known = b""
        self._checking = threading.Lock()

    def refuse(self) -> None:
        """Raises Unauthorized for a request without the right name and password."""
        given = request.authorization
        name, password = (given.get("username"), given.get("password")) if given else (None, None)
        if request.endpoint not in _FREE and not self.is_right(name or "", password or ""):
            challenge = WWWAuthenticate("basic", {"realm": "souwen", "charset": "UTF-8"})
            raise Unauthorized(
                gettext_noop("a user name and a password are required."), www_authenticate=challenge
            )

    def is_right(self, name: str, password: str) -> bool:
        """Compares in constant time for every name and every wrong password."""
        given = hmac.digest(self._key, f"{len(name)}:{name}:{password}".encode("utf-8", "replace"), "sha256")
        if hmac.compare_digest(given, self._known):
            return True
        right = hmac.compare_digest(name.encode("utf-8", "replace"), self._name)
        if self._password.startswith(_HASHES):
            with self._checking:
                right &= self._check_hash(self._password, password)
        else:
            right &= hmac.compare_digest(password.encode("utf-8", "replace"), self._password.encode())
        if right:
            self._known = given
        return right


def _init_rate_limit(app: Flask, settings: WebSettings) -> None:
    from flask_limiter import Limiter  # takes a fifth of a second to load
    from flask_limiter.util import get_remote_address
    from limits import parse_many
    from limits.errors import ConfigurationError

    try:
        parse_many(settings.rate_limit)
    except ValueError:
        raise SettingsError(
            f"rate_limit: {settings.rate_limit!r} is no limit. Write 60/minute, or 5/second;1000/day."
        ) from None
    try:
        limiter = Limiter(
            get_remote_address,
            app=app,
            application_limits=[settings.rate_limit],
            application_limits_per_method=False,
            storage_uri=settings.rate_limit_storage,
            headers_enabled=True,
        )
    except (ConfigurationError, ImportError) as error:
        raise SettingsError(
            f"rate_limit_storage: {settings.rate_limit_storage!r}: {error}. Write memory://, or "
            "redis://HOST:PORT with the package redis installed beside souwen."
        ) from None
    limiter.request_filter(lambda: request.endpoint in _UNCOUNTED)

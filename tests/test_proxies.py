"""Whose request it is: behind proxies, real ones too."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from browser import serving
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SettingsError
from web.app import create_app
from web.proxies import TrustedProxies, limited_unit, parse_address
from web.settings import WebSettings

DEPLOY = Path(__file__).parent.parent / "docs" / "deploy.md"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ("127.0.0.1", "127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "127.0.0.1", "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "192.0.2.9", "6.6.6.6", "192.0.2.9"),
        ("127.0.0.1 10.0.0.0/8", "127.0.0.1", "6.6.6.6, 192.0.2.1, 10.1.2.3", "192.0.2.1"),
        ("127.0.0.1 10.0.0.0/8", "127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("*", "192.0.2.9", "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "127.0.0.1", "6.6.6.6, unknown", "127.0.0.1"),
        ("::1", "::1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("127.0.0.1", "::ffff:127.0.0.1", "192.0.2.1:80", "192.0.2.1"),
        ("", "127.0.0.1", "6.6.6.6", "127.0.0.1"),
    ],
)
def test_the_right_most_untrusted_address_is_the_client(
    trusted: str, peer: str, forwarded: str, client: str
) -> None:
    proxies = TrustedProxies(trusted)
    found = proxies.client(peer, forwarded) if peer in proxies else peer
    assert found == client


def test_an_ipv6_client_is_its_network() -> None:
    assert limited_unit("2001:db8:1:2:3:4:5:6") == limited_unit("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert limited_unit("::ffff:192.0.2.1") == limited_unit("192.0.2.1") == "192.0.2.1"
    assert limited_unit("fe80::1%eth0") == "fe80::/64"


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_may_stand_there(peer: str, forwarded: str) -> None:
    parse_address(forwarded)
    limited_unit(peer)
    TrustedProxies("127.0.0.1 10.0.0.0/8").client(peer, forwarded)


def test_a_wrong_address_is_told() -> None:
    with pytest.raises(SettingsError, match=r"trusted_proxy: .*Write addresses or networks"):
        TrustedProxies("10.0.0.1/40")


@pytest.mark.parametrize(
    ("trusted", "headers", "path", "warned"),
    [
        ("127.0.0.1 ::1", {}, "/help", False),  # the default: nobody said that there is a proxy
        ("127.0.0.1 ::1", {"X-Forwarded-Host": "archive.example"}, "/help", True),
        ("127.0.0.1", {}, "/help", True),
        ("127.0.0.1", {}, "/healthz", False),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, "/help", False),
        ("10.0.0.1", {}, "/help", False),
    ],
)
def test_a_proxy_that_tells_no_address_is_warned_of_once(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    trusted: str,
    headers: dict[str, str],
    path: str,
    warned: bool,
) -> None:
    app = create_app(WebSettings(index=str(tmp_path / "none"), trusted_proxy=trusted))
    with closing(app.extensions["souwen"]), caplog.at_level(logging.WARNING, "souwen"):
        for _ in range(3):
            app.test_client().get(path, headers=headers)
    assert [record.args for record in caplog.records if record.name == "souwen"] == [("127.0.0.1",)] * warned


@contextmanager
def _nginx(folder: Path, site: str, listen: str) -> Iterator[int]:
    """The port of an nginx before a site, with the block of docs/deploy.md."""
    assert NGINX
    [block] = re.findall(r"```nginx\n(.*?)```", DEPLOY.read_text(), re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {temporary}\n"
        f"server {{ listen {listen}:{port}; {block.replace('http://127.0.0.1:8000', site)} }} }}"
    )
    with subprocess.Popen([NGINX, "-p", folder, "-c", config], stderr=subprocess.DEVNULL) as nginx:
        try:
            host = listen.strip("[]")
            for _ in range(600):
                with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as trying:
                    if trying.connect_ex((host, port)) == 0:
                        break
                time.sleep(0.05)
            yield port
        finally:
            nginx.send_signal(signal.SIGTERM)


def _ask(port: int, address: str, path: str, **headers: str) -> tuple[int, str]:
    """Status and text, asked from an address of this machine."""
    host = "::1" if ":" in address else "127.0.0.1"
    with closing(HTTPConnection(host, port, timeout=60, source_address=(address, 0))) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.mark.slow
def test_behind_nginx_nobody_chooses_an_address(example_index: Path, tmp_path: Path) -> None:
    """With the block of the documentation, and two processes that count together."""
    if NGINX is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("nginx is not installed")
    with (
        serving(example_index, "--processes", "2", rate_limit="5/hour") as site,
        _nginx(tmp_path, site, "127.0.0.1") as port,
    ):
        claims = [
            {"X-Forwarded-For": f"192.0.2.{number}", "X_Forwarded_For": f"192.0.2.{number}"}
            for number in range(12)
        ]
        statuses = [_ask(port, "127.0.0.1", "/archive/help", **claim)[0] for claim in claims]
        assert statuses == [200] * 5 + [429] * 7
        assert _ask(port, "127.0.0.2", "/archive/help")[0] == 200
        status, document = _ask(port, "127.0.0.3", "/archive/api/openapi.json", Host="archive.example")
        assert (status, json.loads(document)["servers"]) == (200, [{"url": "/archive"}])
        assert _ask(port, "127.0.0.3", "/archive/feed.atom", Host="archive.example")[1].count(
            "http://archive.example/archive/article/"
        )


@pytest.mark.slow
def test_behind_nginx_an_ipv6_client_is_limited(example_index: Path, tmp_path: Path) -> None:
    if NGINX is None or not socket.has_ipv6:
        pytest.skip("nginx is not installed, or there is no IPv6")
    with (
        serving(example_index, "--processes", "1", rate_limit="2/hour") as site,
        _nginx(tmp_path, site, "[::1]") as port,
    ):
        assert [_ask(port, "::1", "/archive/help")[0] for _ in range(3)] == [200, 200, 429]

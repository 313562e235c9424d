"""A node: where it lives, whether it runs, what it answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from cluster.java import SOURCE, ClusterError

JVM_OPTIONS = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    # The first compiler only: over 30,000 documents and 2,400 searches the second takes as much processor
    # time as all the rest. What runs for longer may want it.
    *os.environ.get("TEST_CLUSTER_JAVA", "-XX:TieredStopAtLevel=1").split(),
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    f"-Dlog4j2.configurationFile={SOURCE / 'log4j2.properties'}",
)


@dataclass(frozen=True, slots=True)
class Node:
    """One of the nodes: its number, from 1; the folder of its data, log and process id; its port for HTTP."""

    number: int
    folder: Path
    port: int

    @property
    def name(self) -> str:
        return f"node-{self.number}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def transport_port(self) -> int:
        return self.port + 100

    def process(self) -> int | None:
        """The id of its process, if that runs. Once a process has ended a stranger may get its id, so what
        counts is that it was started for this folder."""
        try:
            pid = int((self.folder / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if f" Node {self.folder} cluster.name=" in _command(pid) else None

    def get(self, path: str) -> str | None:
        """What it answers, even if that is an error; None if it doesn't."""
        try:
            with build_opener(ProxyHandler({})).open(self.url + path, timeout=5) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            return error.read().decode()
        except OSError:
            return None

    def check_ports(self) -> None:
        """Refuses ports that are taken."""
        for port in (self.port, self.transport_port):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    raise ClusterError(
                        f"Port {port} on 127.0.0.1 is taken. Set TEST_CLUSTER_PORT to the first of three "
                        "that are free, with three more a hundred higher."
                    ) from None

    def launch(self, all_nodes: Sequence[Node], jdk: Path, library: Path, option: str) -> None:
        """Starts it, with an option of the JVM, and doesn't wait until it is up."""
        settings = {
            "cluster.name": f"souwen-{all_nodes[0].port}",
            "node.name": self.name,
            "network.host": "127.0.0.1",
            "http.port": str(self.port),
            "transport.port": str(self.transport_port),
            "discovery.type": "zen",
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{node.transport_port}" for node in all_nodes),
            "cluster.initial_cluster_manager_nodes": ",".join(node.name for node in all_nodes),
            # A node that is alone says so at once.
            "discovery.initial_state_timeout": "0s",
            # A disk that is nearly full is no reason to refuse writes.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            # What is garbage would count until memory is full, and requests would be refused for it.
            "indices.breaker.total.use_real_memory": "false",
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            started = subprocess.Popen(
                [
                    jdk / "bin" / "java",
                    *JVM_OPTIONS,
                    option,
                    "Node",
                    self.folder,
                    *map("=".join, settings.items()),
                ],
                cwd=self.folder,
                env={**os.environ, "CLASSPATH": ":".join(map(str, sorted(library.glob("*.jar"))))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.folder / "pid").write_text(str(started.pid))
        while not self.process() and started.poll() is None:
            time.sleep(0.01)  # its arguments can be seen a moment after it has started

    def signal(self, how: signal.Signals) -> None:
        """Sends a signal to its process, if that runs."""
        if pid := self.process():
            with suppress(ProcessLookupError):
                os.kill(pid, how)

    def end_of_log(self) -> str:
        log = self.folder / "log"
        return f"The end of {log}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:])


def _command(pid: int) -> str:
    """How a process was started; nothing if it doesn't run."""
    if not Path("/proc/self/cmdline").exists():
        shown = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True
        )
        return shown.stdout
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""

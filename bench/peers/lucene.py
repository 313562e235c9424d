"""Lucene in a process of its own (Lucene.java), fetched from Maven Central."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

from base import Answer, Indexed, Record
from records import read_record, write_record

_HERE = Path(__file__).resolve().parent
# A JDK is looked for as for the cluster of the tests.
sys.path.append(str(_HERE.parents[1] / "script"))

from cluster.java import find_jdk, run  # noqa: E402

_COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_OPTIONS = (
    "-Xmx1g",
    "-XX:+UseSerialGC",
    "--enable-native-access=ALL-UNNAMED",
    "--add-modules=jdk.incubator.vector",
)


class LucenePeer:
    """Lucene with one of its analyzers for Chinese: `cjk` (pairs of characters) or `smartcn` (words).

    Whole matches are highlighted, which is its default, or `terms`, each for itself, which is quicker.
    """

    def __init__(self, analyzer: str, folder: Path, highlights: str = "matches") -> None:
        self.name = f"Lucene, {analyzer}{', highlights by term' if highlights == 'terms' else ''}"
        self._highlights = highlights
        self.directory = folder / f"lucene-{analyzer}"
        self._log = folder / f"lucene-{analyzer}-{highlights}.log"
        self._analyzer = analyzer
        jdk = find_jdk()
        self._command: list[str | Path] = [
            jdk / "bin" / "java",
            *_OPTIONS,
            "-cp",
            _classes(folder, jdk),
            "Lucene",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def index(self, articles: Iterable[Record]) -> Indexed:
        part = self.directory.with_name(f"{self.directory.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        started, cpu = time.perf_counter(), _children_cpu()
        with self._start("index", part) as process:
            assert process.stdin is not None
            for article in articles:
                write_record(process.stdin, article)
            process.stdin.close()
        if process.returncode:
            raise SystemExit(f"{self.name}: indexing failed; see {self._log}")
        part.rename(self.directory)
        return Indexed(time.perf_counter() - started, _children_cpu() - cpu)

    def search(self, query: str) -> Answer:
        if self._process is None:
            self._process = self._start("search", self.directory)
        assert self._process.stdin is not None and self._process.stdout is not None
        write_record(self._process.stdin, [query])
        self._process.stdin.flush()
        whole, without_highlights, total, text = read_record(self._process.stdout)
        return Answer(int(whole) / 1e6, int(total), text, int(without_highlights) / 1e6)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()

    def _start(self, what: str, directory: Path) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [*self._command, what, directory, self._analyzer, self._highlights]
        with self._log.open("w") as log:
            return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)


def _children_cpu() -> float:
    """CPU seconds of processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _classes(folder: Path, jdk: Path) -> str:
    """The class path of the peer, fetched and compiled again when its sources or the JDK change."""
    pom, source = _HERE / "pom.xml", _HERE / "Lucene.java"
    made_of = str(jdk).encode() + pom.read_bytes() + source.read_bytes()
    library = folder / f"lib-{zlib.crc32(made_of):08x}"
    if not library.exists():
        part = folder / "lib.part"
        run(["mvn", "-q", "-B", "-f", pom, _COPY_JARS, f"-DoutputDirectory={part}"], jdk)
        run([jdk / "bin" / "javac", "-proc:none", "-cp", f"{part}/*", "-d", part, source], jdk)
        part.rename(library)
    return f"{library}/*:{library}"

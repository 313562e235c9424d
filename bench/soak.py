"""Whether a server stays well while its archive grows: readers, a watcher, and posts that come and go.

    python bench/soak.py POSTS [--seconds 600] [--rate 50] [--readers 8] [--pause 0.2] [--base 5000]

`base` of the posts are indexed; `souwen index --watch` follows the folder, `souwen serve` answers. Then so
many posts a second are written (of ten, eight are new, one is changed, one is removed), while each reader
asks for pages, the API, suggestions and articles, with a pause after each answer. What is not status 200 is
an error, and so is an answer that breaks off. Memory is what processes have for themselves (RssAnon), without
the files of the index. In the end, the index must hold what the folder holds. Exits with 1 where anything
went wrong.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from latency import percentiles

_COMMAND = (sys.executable, "-W", "ignore", "-m", "cli")
_LOOK_EVERY = 5.0
_FIRST_MINUTE = 60.0
# Seconds until the last posts have to be found.
_PATIENCE = 60.0


@dataclass
class Findings:
    """What was seen: milliseconds of each answer, with what was asked and when for the slowest; errors; and
    bytes of memory by process and time."""

    took: list[float] = field(default_factory=list)
    slowest: list[tuple[float, str, float]] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    memory: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: {"server": [], "watcher": []})


class Folder:
    """A folder of posts that come, change and go. A file that is written is renamed into its place."""

    def __init__(self, folder: Path, source: list[Path], chooser: random.Random) -> None:
        self._folder = folder
        self._source = source
        self._random = chooser
        self._made = 0
        self.there: list[Path] = []

    def add(self) -> None:
        """A new post: the text of one of the source's, with a title of its own."""
        self._made += 1
        path = self._folder / f"{self._made % 100:02d}" / f"{self._made}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write(path)
        self.there.append(path)

    def step(self) -> None:
        """One of ten changes a post, one removes it."""
        kind = self._random.randrange(10)
        if kind == 0:
            self._write(self._random.choice(self.there))
        elif kind == 1:
            number = self._random.randrange(len(self.there))
            self.there[number], self.there[-1] = self.there[-1], self.there[number]
            self.there.pop().unlink()
        else:
            self.add()

    def _write(self, path: Path) -> None:
        text = self._random.choice(self._source).read_text(encoding="utf-8", errors="replace")
        beside = path.with_suffix(".part")
        beside.write_text(f"{text}\n<p>{path.stem} {time.time_ns()}</p>\n", encoding="utf-8")
        beside.replace(path)


@contextmanager
def running(*command: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A command of souwen, and the lines that it writes to standard error."""
    lines: list[str] = []
    with subprocess.Popen(
        [*_COMMAND, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        stream = process.stderr
        reader = threading.Thread(target=lambda: lines.extend(stream), daemon=True)
        reader.start()
        try:
            yield process, lines
        finally:
            process.terminate()
            process.wait(30)
            reader.join(10)


def address_of(lines: list[str]) -> str:
    """Where the server is, once it says so."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for line in lines:
            if found := re.search(r"http://\S+", line):
                return urlsplit(found[0]).netloc
        time.sleep(0.1)
    raise SystemExit("the server does not start: " + " ".join(lines))


def read(host: str, words: list[str], findings: Findings, pause: float, is_over: threading.Event) -> None:
    """One reader: asks for something, looks at it, asks for something else."""
    chooser = random.Random(threading.get_ident())
    connection = http.client.HTTPConnection(host, timeout=30)
    ids: list[str] = []
    while not is_over.is_set():
        word = quote(chooser.choice(words))
        kinds = [f"/search?q={word}", f"/api/search?q={word}", f"/api/suggest?q={word}"]
        kinds += [f"/article/{ids.pop()}?q={word}"] if ids else []
        path = chooser.choice(kinds)
        started = time.perf_counter()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            findings.errors[f"{path.split('?')[0]}: {type(error).__name__}"] += 1
            connection.close()
            continue
        took = (time.perf_counter() - started) * 1000
        findings.took.append(took)
        findings.slowest = sorted([*findings.slowest, (took, path, time.monotonic())], reverse=True)[:5]
        # An article may have been removed since it was found.
        if answer.status != 200 and not (answer.status == 404 and path.startswith("/article/")):
            findings.errors[f"{path.split('?')[0]}: status {answer.status}"] += 1
        if path.startswith("/api/search") and answer.status == 200:
            ids = [quote(hit["id"], safe="") for hit in json.loads(body)["hits"]]
        is_over.wait(pause)
    connection.close()


def anonymous(pid: int) -> int:
    """Bytes that a process and its children have for themselves."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it has just ended
        return 0
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return (int(found[1]) * 1024 if found else 0) + sum(anonymous(int(child)) for child in children)


def articles(host: str) -> int:
    connection = http.client.HTTPConnection(host, timeout=120)
    connection.request("GET", "/api/stats")
    number = int(json.loads(connection.getresponse().read())["articles"])
    connection.close()
    return number


def report(findings: Findings, started: float, late: float, problems: list[str]) -> None:
    print(f"{len(findings.took)} answers: {percentiles(findings.took)}")
    for took, path, at in findings.slowest:
        print(f"  {took:.0f} ms until {at - started:.1f} s: {path.partition('?')[0]}")
    print(f"errors: {dict(findings.errors) or 'none'}")
    for name, samples in findings.memory.items():
        after = [size for at, size in samples if at >= _FIRST_MINUTE] or [size for _, size in samples]
        middle = len(after) // 2
        halves = [max(half) / 2**20 for half in (after[:middle] or after, after[middle:])]
        print(
            f"memory of the {name}: {after[0] / 2**20:.0f} MB after the first minute; then at most "
            f"{halves[0]:.0f} in the first half and {halves[1]:.0f} in the second; {after[-1] / 2**20:.0f} "
            "at the end"
        )
    print(f"the index holds all posts {late:.1f} s after the last")
    for line in problems:
        print(f"said: {line.rstrip()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("posts", type=Path)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=50, help="posts a second")
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds of a reader after each answer")
    parser.add_argument("--base", type=int, default=5000, help="posts to begin with")
    arguments = parser.parse_args()
    chooser = random.Random(1)
    source = sorted(path for path in arguments.posts.rglob("*.md") if path.stat().st_size < 100_000)
    findings, is_over = Findings(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="souwen-soak-") as folder:
        folder = Folder(Path(folder, "posts"), source, chooser)
        for _ in range(arguments.base):
            folder.add()
        index = str(Path(folder, "index"))
        subprocess.run(
            [*_COMMAND, "index", str(Path(folder, "posts")), "--index", index], check=True, stdout=sys.stderr
        )
        words = sorted(
            {word for path in source[:3000] for word in re.findall(r"[\u4e00-\u9fff]{2,4}", path.stem)}
        )
        with (
            running("index", str(Path(folder, "posts")), "--watch", "--index", index) as (watcher, told),
            running("serve", "--port", "0", "--index", index) as (server, lines),
        ):
            host = address_of(lines)
            articles(host)  # answers once a process is ready
            asked = (host, words, findings, arguments.pause, is_over)
            readers = [threading.Thread(target=read, args=asked) for _ in range(arguments.readers)]
            for reader in readers:
                reader.start()
            started = time.monotonic()
            steps = looks = 0
            while (now := time.monotonic() - started) < arguments.seconds:
                while steps < now * arguments.rate:
                    folder.step()
                    steps += 1
                if now >= looks * _LOOK_EVERY:
                    looks += 1
                    for name, process in (("server", server), ("watcher", watcher)):
                        findings.memory[name].append((now, anonymous(process.pid)))
                time.sleep(0.01)
            ended = time.monotonic()
            while articles(host) != len(folder.there) and time.monotonic() - ended < _PATIENCE:
                time.sleep(0.1)
            late, held = time.monotonic() - ended, articles(host)
            is_over.set()
            for reader in readers:
                reader.join()
            if held != len(folder.there):
                findings.errors[f"the index holds {held} of {len(folder.there)} posts"] += 1
            for name, process in (("server", server), ("watcher", watcher)):
                if process.poll() is not None:
                    findings.errors[f"the {name} ended with status {process.returncode}"] += 1
        print(f"{steps} posts came, changed or went in {arguments.seconds:.0f} s; {held} are there")
    report(findings, started, late, [*told[1:], *lines[1:]])
    sys.exit(1 if findings.errors else 0)


if __name__ == "__main__":
    main()

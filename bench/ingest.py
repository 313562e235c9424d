"""How fast folders become searchable, and what that takes.

    python bench/ingest.py POSTS [--index DIR] [--peer 1000]

In one run, so that the ratio holds on a noisy machine: the peer (bench/peer.py) over a sample of the
posts, souwen over all of them, a run over the unchanged folder, and one new post until it is found.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SOUWEN = [sys.executable, "-W", "ignore", "-m", "cli"]
NEW_POST = """
---
title: '测速用的新文章'
categories:
 - 测试
author: 测速员
date: Tue, 04 Jan 2022 06:00:06 GMT
---

<div>
<p>　　鹮鹳鹟鹬，这四个字别处没有。</p>
</div>
"""


class PeakMemory:
    """The most memory (resident, bytes) that a process and its children had at one time; `own` is without
    the files that they have mapped."""

    def __init__(self, process_id: int) -> None:
        self.peak = 0
        self.own = 0
        self._process_id = process_id
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> int:
        self._done.set()
        self._thread.join()
        return self.peak

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            peak, own = _resident(self._process_id)
            self.peak, self.own = max(self.peak, peak), max(self.own, own)


def _resident(process_id: int) -> tuple[int, int]:
    """Proportional set size (shared pages counted once) of a process and all below it; and of it, what is in
    no file."""
    total = own = 0
    try:
        rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {
            name: int(size.split()[0]) * 1024 for name, _, size in (line.partition(":") for line in rollup)
        }
        total, own = sizes["Pss"], sizes["Pss_Anon"]
        for task in Path(f"/proc/{process_id}/task").iterdir():
            for child in (task / "children").read_text().split():
                below = _resident(int(child))
                total, own = total + below[0], own + below[1]
    except (OSError, KeyError):
        pass
    return total, own


def run(*arguments: str) -> tuple[float, int, str]:
    """Runs souwen: seconds of the whole process, peak memory in bytes, standard output."""
    started = time.perf_counter()
    with subprocess.Popen([*SOUWEN, *arguments], stdout=subprocess.PIPE, text=True) as process:
        memory = PeakMemory(process.pid)
        output, _ = process.communicate()
    return time.perf_counter() - started, memory.stop(), output


def size_of(directory: Path) -> int:
    """Bytes in a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("posts", type=Path)
    parser.add_argument("--index", type=Path, help="where the index is left [default: thrown away]")
    parser.add_argument("--peer", type=int, default=1000, help="posts for the peer; 0 leaves it out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        peer_rate = _peer(arguments.posts, Path(scratch) / "peer", arguments.peer) if arguments.peer else 0.0
        # Links, not copies: a post is added and taken away again without touching the original.
        posts = Path(scratch) / arguments.posts.name
        shutil.copytree(
            arguments.posts,
            posts,
            copy_function=os.link if _same_disk(arguments.posts, scratch) else shutil.copy2,
        )
        folder = arguments.index or Path(scratch) / "index"
        option = ["--index", str(folder), "--json"]
        seconds, memory, output = run("index", str(posts), "--rebuild", *option)
        report = json.loads(output)
        rate = report["articles"] / seconds
        generation = folder / report["generation"]
        print(
            f"souwen: {report['articles']} posts in {seconds:.1f} s, {rate:.0f} posts/s "
            f"on {os.cpu_count()} cores"
        )
        if peer_rate:
            print(f"ratio to the peer: {rate / peer_rate:.0f}")
        print(f"peak memory, all processes: {memory / 1e6:.0f} MB")
        for name in ("engine", "catalog.sqlite"):
            path = generation / name
            size = size_of(path) if path.is_dir() else path.stat().st_size
            print(f"{name}: {size / 1e6:.0f} MB, {size / report['articles'] / 1024:.2f} KB a post")
        seconds, _, _ = run("index", str(posts), *option)
        print(f"a run over the unchanged folder: {seconds:.2f} s")
        new = posts / "测速用的新文章.md"
        new.write_text(NEW_POST, encoding="utf-8")
        seconds, _, _ = run("index", str(posts), *option)
        _, _, output = run("search", '"鹮鹳鹟鹬"', *option)
        print(f"one new post: {seconds:.2f} s, found: {json.loads(output)['total']}")


def _peer(posts: Path, directory: Path, limit: int) -> float:
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("peer.py"))]
    done = subprocess.run(
        [*command, str(posts), str(directory), "--limit", str(limit)],
        capture_output=True,
        text=True,
        check=True,
    )
    print(done.stdout.strip())
    return float(done.stdout.split(",")[-1].split()[0])


def _same_disk(path: Path, other: str) -> bool:
    return path.stat().st_dev == Path(other).stat().st_dev


if __name__ == "__main__":
    main()

"""Flips single bits of an index, as failing disks and memories do, and counts what comes of it.

Each flip is done to a fresh copy of a small index, with the times of the file as they were. Then
`souwen verify --deep` runs, a set of commands whose answers are compared with those of the healthy copy, and
`souwen verify --repair`, with the same answers once more. A flip is

    harmless        verify says that all agrees, and every answer is right
    found           verify names it
    clear error     verify, or a command that needs what was hit, ends with a sentence
    silently wrong  verify says that all agrees, and an answer is another; or it is another after a repair
    traceback       a command ends with one, or is killed
    hang            a command takes over a minute

Usage: python bench/decay.py [--flips 500] [--seed 0] [--engine tantivy]

Half of the flips are drawn by byte, half by file, so that small files have their share.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from cli.main import main as souwen

ARTICLES = 60
MINUTE = 60
WORDS = "漂浮 图书馆 钟楼 修钟人 河岸 码头 茶馆 渡船 邮差 天文台 旧书 灯塔 风筝 集市 桥头 石阶".split()
# What is asked of each copy that is said to be sound, or mended; `index` writes.
COMMANDS = (
    ["export"],
    ["search", "漂浮 图书馆", "-n", "100", "--json"],
    ["search", "标签:河岸 date:2019..2021", "--sort", "newest", "--json"],
    ["similar", "r3", "--json"],
    ["show", "r5", "--json"],
    ["problems", "--json"],
    ["stats", "--json"],
    ["index", "--json"],
    ["export"],
)
# What is asked of a copy that is known to be damaged: it ends, with a sentence if need be.
OF_DAMAGED = (["export"], ["search", "漂浮 图书馆", "--json"], ["stats", "--json"])
# Loaded once, and not in every process.
MODULES = (
    "cli.export cli.index cli.inspect cli.search index.engines.tantivy.engine index.engines.whoosh.engine "
    "search.searcher search.serialize rich.console search.explain search.similar"
)
# Of an answer, what differs from run to run, or with a repair.
VARIABLE = {"took_ms", "seconds", "bytes", "engine_bytes", "catalog_bytes", "generation", "generations"}
OF_RUNS = {"runs", "last_run", "created", "unchanged", "score"}


def main() -> None:
    """Flips, counts, and prints one line for each outcome."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--flips", type=int, default=500)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--engine", default="tantivy")
    options = arguments.parse_args()
    for module in MODULES.split():
        import_module(module)
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder).resolve(), options.flips, options.seed, options.engine)


def run(base: Path, flips: int, seed: int, engine: str) -> None:
    draw = random.Random(seed)
    healthy, copy = base / "healthy", base / "index"
    write_articles(base / "posts", draw)
    warm_up(base)
    command(copy, base, ["index", str(base / "posts"), "--engine", engine])
    copy.rename(healthy)
    shutil.copytree(healthy, copy)
    assert command(copy, base, ["verify", "--deep"])[0] == 0
    right, problem = answers(copy, base)
    assert not problem, problem
    outcomes: Counter[str] = Counter()
    repairs: Counter[str] = Counter()
    started = time.monotonic()
    for number in range(flips):
        shutil.rmtree(copy)
        shutil.copytree(healthy, copy)
        where = flip(copy, draw, by_file=number % 2 == 0)
        outcome, repaired = outcome_of(healthy, copy, base, where, right)
        outcomes[outcome] += 1
        repairs[repaired] += 1
        if {outcome, repaired} & {"silently wrong", "traceback", "hang"}:
            print(f"  {number}: {where[0]} byte {where[1]} bit {where[2]}: {outcome}, {repaired}", flush=True)
    print(f"{flips} flips of an index of {ARTICLES} articles ({engine}), seed {seed}:")
    for name in ("harmless", "found", "clear error", "silently wrong", "traceback", "hang"):
        print(f"{name:16} {outcomes[name]:4}")
    print("After --repair: " + ", ".join(f"{name} {count}" for name, count in sorted(repairs.items())))
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    sys.exit(bool(outcomes["silently wrong"] + outcomes["traceback"] + outcomes["hang"]))


def warm_up(base: Path) -> None:
    """Loads dictionaries once, and not in every process; with the engine that has no threads."""
    printed = sys.stdout
    for words in (["index", str(base / "posts"), "--engine", "whoosh", "--jobs", "1"], *COMMANDS):
        end_of([*words, "--index", str(base / "warm")])
    sys.stdout = printed


def write_articles(folder: Path, draw: random.Random) -> None:
    """Posts and records of invented sentences, one that is lost, a draft, and an id that is used twice."""
    folder.mkdir()

    def text() -> str:
        return "。".join("".join(draw.choices(WORDS, k=8)) for _ in range(draw.randint(3, 60))) + "。"

    for number in range(ARTICLES // 2):
        head = (
            f"title: {draw.choice(WORDS)}{number}\nauthor: {draw.choice(WORDS)}\n"
            f"date: {draw.randint(2015, 2022)}-0{draw.randint(1, 9)}-04\n"
            f"categories: [{draw.choice(WORDS)}, {draw.choice(WORDS)}]\ntags: [{draw.choice(WORDS)}]"
        )
        (folder / f"{number}.md").write_text(f"---\n{head}\n---\n<p>{text()}</p>\n", encoding="utf-8")
    lines = [
        json.dumps({"id": f"r{number}", "title": f"{draw.choice(WORDS)}{number}", "text": text()})
        for number in range(ARTICLES // 2)
    ]
    (folder / "records.jsonl").write_text("\n".join([*lines, "{", lines[0]]) + "\n", encoding="utf-8")
    (folder / "z.jsonl").write_text(lines[1] + "\n", encoding="utf-8")
    (folder / "draft.md").write_text("---\ndraft: true\n---\n草稿", encoding="utf-8")
    for path in folder.iterdir():
        os.utime(path, (1_600_000_000, 1_600_000_000))


def flip(index: Path, draw: random.Random, *, by_file: bool) -> tuple[str, int, int]:
    """Flips a bit; the file looks as before. Gives its name, the byte and the bit."""
    files = sorted(path for path in index.rglob("*") if path.is_file() and path.stat().st_size)
    sizes = [path.stat().st_size for path in files]
    path = draw.choice(files) if by_file else draw.choices(files, sizes)[0]
    status = path.stat()
    byte, bit = draw.randrange(status.st_size), draw.randrange(8)
    data = bytearray(path.read_bytes())
    data[byte] ^= 1 << bit
    path.write_bytes(bytes(data))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return str(path.relative_to(index)), byte, bit


def outcome_of(
    healthy: Path, copy: Path, base: Path, where: tuple[str, int, int], right: list[object]
) -> tuple[str, str]:
    """The outcome of a flip, and that of a repair."""
    status, _, problem = command(copy, base, ["verify", "--deep"])
    data = (copy / where[0]).read_bytes()
    found, failed = answers(copy, base, COMMANDS if status == 0 else OF_DAMAGED)
    if problem or failed:
        return problem or failed, "not tried"
    if status == 0:
        is_told = any(isinstance(answer, str) for answer in found)
        return "harmless" if found == right else "clear error" if is_told else "silently wrong", "not needed"
    outcome = "found" if status == 1 else "clear error"
    shutil.rmtree(copy)
    shutil.copytree(healthy, copy)
    (copy / where[0]).write_bytes(data)
    status, _, problem = command(copy, base, ["verify", "--repair"])
    if problem:
        return problem, problem
    found, failed = answers(copy, base)
    if failed:
        return failed, failed
    if mended(found) == mended(right):
        return outcome, "right"
    if status == 0 and not any(isinstance(answer, str) for answer in found):
        return "silently wrong", "silently wrong"
    return outcome, "told that it can't"


def answers(index: Path, base: Path, commands: Sequence[list[str]] = COMMANDS) -> tuple[list[object], str]:
    """The answers of all commands; an error as its text. And a traceback or a hang, if there is one."""
    found: list[object] = []
    status, said, problem = run_commands(index, base, commands)
    if problem:
        return found, problem
    for words, (status, text) in zip(commands, json.loads(said), strict=True):
        if status not in (0, 1):
            found.append("error")
        elif words[0] == "export":
            found.append([json.loads(line) for line in text.splitlines()])
        else:
            found.append(without(json.loads(text), VARIABLE))
    return found, ""


def mended(found: list[object]) -> list[object]:
    """Answers as they are after a repair: deleted documents count in scores for a while, and so in orders."""
    kept: list[object] = []
    for words, answer in zip(COMMANDS, found, strict=True):
        if isinstance(answer, dict) and "hits" in answer:
            answer = answer | {"hits": sorted(answer["hits"], key=lambda hit: hit["id"])}
        if words[0] != "similar":
            kept.append(without(answer, OF_RUNS))
    return kept


def without(value: object, names: set[str]) -> object:
    """JSON without the values of these names."""
    if isinstance(value, dict):
        return {key: without(item, names) for key, item in value.items() if key not in names}
    return [without(item, names) for item in value] if isinstance(value, list) else value


def command(index: Path, base: Path, words: list[str]) -> tuple[int, str, str]:
    """Runs `souwen`: its exit status, what it printed, and "traceback" or "hang"."""
    status, said, problem = run_commands(index, base, [words])
    return (status, "", problem) if problem else (*json.loads(said)[0], "")


def run_commands(index: Path, base: Path, commands: Sequence[list[str]]) -> tuple[int, str, str]:
    """Runs `souwen` several times in a process of its own: the exit status of that, exit statuses and outputs
    as JSON, and "traceback" or "hang"."""
    out, err = base / "stdout", base / "stderr"
    child = os.fork()
    if not child:
        os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        signal.alarm(MINUTE)
        code = 99
        with contextlib.suppress(Exception):
            ends = [end_of([*words, "--index", str(index)]) for words in commands]
            out.write_text(json.dumps(ends), encoding="utf-8")
            code = 0
        os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGALRM:
        return status, "", "hang"
    is_broken = status != 0 or "Traceback" in err.read_text(errors="replace")
    return status, out.read_text(encoding="utf-8") if not is_broken else "", "traceback" if is_broken else ""


def end_of(words: list[str]) -> tuple[int, str]:
    """Exit status and output of `souwen`."""
    sys.argv = ["souwen", *words]
    sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    code = 0
    try:
        souwen()
    except SystemExit as ended:
        code = int(ended.code or 0)
    sys.stdout.flush()
    return code, sys.stdout.buffer.getvalue().decode()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()

"""Programs in processes of their own, forked from one that has loaded souwen.

To load it takes most of the time of a process that does little else. Where the start itself is tested, a
process is started.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent

# The parent reads orders, a line each, and says how each child ended. A child goes on below the loop, where
# the interpreter treats its exceptions, its exit code and what it has not yet written as any program's.
_PARENT = """
import json, os, sys
import portalocker, rich.console, rich.progress, rjieba
import cli.backup, cli.export, cli.index, cli.inspect, cli.main, cli.search
import index.analysis.bulk, index.ingest.sync, index.maintenance.backup
import search.assist.spelling, search.assist.suggest, search.assist.zero_results, search.searcher
from index.analysis import Analyzer
from index.engines.base import engine_class
from search.assist.pinyin import readings

for engine in ("tantivy", "whoosh"):
    engine_class(engine)
index.analysis.bulk.accelerate_folding()
readings().of_word(Analyzer().words("图书馆")[0])
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
for number, path in enumerate([os.devnull, *order["files"]]):
    os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
sys.argv = ["souwen", *order["arguments"]]
exec(order["program"], {"__name__": "__main__"})
"""


@cache
def _parent() -> subprocess.Popen[str]:
    """The process that forks."""
    parent = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    atexit.register(parent.communicate)
    return parent


def run_forked(program: str, *arguments: str, output: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a program, whose `sys.argv` begins with `souwen`, to its end; `output` is a file for its standard
    output. POSIX only."""
    parent = _parent()
    assert parent.stdin is not None
    assert parent.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, "stdout"), Path(folder, "stderr")]
        order = {
            "program": program,
            "arguments": arguments,
            "files": [output or str(files[0]), str(files[1])],
        }
        print(json.dumps(order), file=parent.stdin, flush=True)
        code = int(parent.stdout.readline())
        said = (path.read_text("utf-8") if path.exists() else "" for path in files)
        return subprocess.CompletedProcess(arguments, code, *said)

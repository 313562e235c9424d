"""Installs the wheel of a folder as people do, with every Python from 3.11 on that is here, and tries it.

    script/check_install.py dist

`uv tool install` (without a cache) and `pipx install` have to take less than a minute each, and an
installation less than `LARGEST` megabytes; it has to index the examples, find an article, and be well by its
own doctor. For a Python that is not here, the parts need wheels. Then the fast tests run from the sdist.
Needs uv and pipx on the PATH (script/release --check).
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# Megabytes, without compiled bytecode (numpy has 57, jieba 27, granian 22). Seconds of processor time.
LARGEST, LONGEST = 220, 60


def main(dist: Path) -> None:
    (wheel,) = dist.resolve().glob("*.whl")
    (sdist,) = dist.resolve().glob("*.tar.gz")
    with TemporaryDirectory(prefix="souwen-install-") as name:
        folder = Path(name)
        for version in PYTHONS:
            if found := find(version):
                for tool in ("uv", "pipx"):
                    check(tool, version, found, wheel, folder / f"{tool}-{version}")
            else:
                check_wheels(version, wheel, folder / f"wheels-{version}")
        check_sdist(sdist, folder / "sdist")


def find(version: str) -> str:
    """A Python of this version; empty where there is none."""
    command = ["uv", "python", "find", "--no-python-downloads", "--no-project", version]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def check(tool: str, version: str, python: str, wheel: Path, folder: Path) -> None:
    """Installs the wheel by a tool and tries it."""
    folder.mkdir()
    environment = os.environ | {
        "UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin"),
        "PIPX_HOME": str(folder / "tools"), "PIPX_BIN_DIR": str(folder / "bin"),
        "UV_CACHE_DIR": str(folder / "cache"), "PIP_NO_CACHE_DIR": "1", "PIPX_DEFAULT_BACKEND": "pip",
    }  # fmt: skip
    command = {
        "uv": ["uv", "tool", "install", "--quiet", "--python", python, str(wheel)],
        "pipx": ["pipx", "install", "--quiet", "--python", python, str(wheel)],
    }[tool]
    begun, used = time.monotonic(), processor_time()
    run(command, environment)
    seconds, used = time.monotonic() - begun, processor_time() - used
    (packages,) = folder.glob("tools/**/lib/python*/site-packages/souwen-*.dist-info")
    size = size_of(packages.parent)
    print(f"{tool:8}Python {version}: {seconds:5.1f} s ({used:.1f} s of processor time), {size:5.1f} MB")
    souwen = str(folder / "bin" / "souwen")
    index = str(folder / "index")
    run([souwen, "index", str(ROOT / "examples" / "articles"), "--index", index], environment)
    assert "漂浮" in run([souwen, "search", "漂浮图书馆", "--index", index], environment)
    run([souwen, "doctor", "--index", index], environment)
    assert "not installed" in run([souwen, "--version"], environment)
    assert used < LONGEST, f"{tool} took {used:.0f} s"
    assert size < LARGEST, f"an installation has {size:.0f} MB"
    shutil.rmtree(folder)


def processor_time() -> float:
    """Seconds that processes which have ended took: what others do on this machine doesn't count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def size_of(folder: Path) -> float:
    """Megabytes of the files in a folder, without compiled bytecode, and pip, which pipx shares."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sum(path.stat().st_size for path in files) / 1e6


def check_wheels(version: str, wheel: Path, folder: Path) -> None:
    """Checks that everything has a wheel for a Python that is not here, but for jieba, which is published as
    pure source alone."""
    command = ["uv", "pip", "install", "--quiet", "--target", str(folder), "--python-version", version]
    run(
        [
            *command,
            "--only-binary",
            ":all:",
            "--no-binary",
            "jieba",
            f"souwen[opensearch,mcp] @ {wheel.as_uri()}",
        ],
        dict(os.environ),
    )
    print(f"wheels  Python {version}: there are all; that Python is not on this machine")
    shutil.rmtree(folder)


def check_sdist(sdist: Path, folder: Path) -> None:
    """Runs the fast tests from the sdist."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    begun = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run(["sh", "script/test", "--fast"], environment, source)
    print(f"sdist   its fast tests pass, in {time.monotonic() - begun:.0f} s")


def run(command: list[str], environment: dict[str, str], folder: Path = ROOT) -> str:
    """The output of a command, which has to succeed."""
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    if command[0].endswith("souwen") and "Warning" in done.stderr:  # the first run compiles what uv doesn't
        sys.exit(f"{' '.join(command)}: people see warnings of packages\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))

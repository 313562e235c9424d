"""What the nodes run on: a JDK of this machine, and OpenSearch's jars from Maven Central."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
OLDEST_JDK = 21
_COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


class ClusterError(Exception):
    """What can't be done, in words for the one who asked."""


def run(command: Sequence[str | Path], jdk: Path) -> None:
    """Runs a program with a JDK to its end, and says what it said if it fails."""
    done = subprocess.run(command, env={**os.environ, "JAVA_HOME": str(jdk)}, capture_output=True, text=True)
    if done.returncode:
        raise ClusterError(f"{command[0]} failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")


def find_jdk() -> Path:
    """The home of a JDK that is new enough: JAVA_HOME, the one on the PATH, or one where systems put them."""
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    if on_path := shutil.which("javac"):
        homes.append(Path(on_path).resolve().parent.parent)
    for folder, pattern in (("/usr/lib/jvm", "*"), ("/Library/Java/JavaVirtualMachines", "*/Contents/Home")):
        homes += sorted(Path(folder).glob(pattern), reverse=True)
    found = []
    for home in homes:
        if (home / "bin" / "javac").exists() and (home / "release").exists():
            version = re.search(r'^JAVA_VERSION="((\d+)[^"]*)', (home / "release").read_text(), re.MULTILINE)
            if version and int(version[2]) >= OLDEST_JDK:
                return home
            found.append(f"{home} ({version[1] if version else 'of an unknown version'})")
    raise ClusterError(
        f"OpenSearch needs a JDK of version {OLDEST_JDK} or newer: install one, or set JAVA_HOME to it.\n"
        f"Found: {', '.join(dict.fromkeys(found)) or 'none'}"
    )


def fetch(jdk: Path, folder: Path) -> Path:
    """The folder of OpenSearch's jars and of our class's, made again when their sources or the JDK change."""
    pom, source = SOURCE / "pom.xml", SOURCE / "Node.java"
    made_of = str(jdk).encode() + b"".join(path.read_bytes() for path in (pom, source, jdk / "release"))
    library = folder / f"lib-{zlib.crc32(made_of):08x}"
    if library.exists():
        return library
    if not shutil.which("mvn"):
        raise ClusterError("OpenSearch is fetched by Maven: install it, as by apt-get install maven.")
    for old in folder.glob("lib-*"):
        shutil.rmtree(old)
    print("Fetching OpenSearch from Maven Central …", file=sys.stderr)
    part = folder / "lib-part"
    run(["mvn", "-q", "-B", "-f", pom, _COPY_JARS, f"-DoutputDirectory={part}"], jdk)
    compiler: list[str | Path] = [jdk / "bin" / "javac", "--release", str(OLDEST_JDK), "-proc:none"]
    run([*compiler, "-cp", f"{part}/*", "-d", part, source], jdk)
    # The JVM shares what is in jars only.
    with zipfile.ZipFile(part / "node.jar", "w") as jar:
        jar.write(part / "Node.class", "Node.class")
    return part.rename(library)

"""A PostgreSQL on this machine and for these tests alone, on a socket in a folder.

Debian's package `postgresql` has its programs below /usr/lib/postgresql. A server
refuses to be root: where the tests are, it runs as the user that the package makes, or
as nobody.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
PLACES = os.pathsep.join([*map(str, FOLDERS), os.environ.get("PATH", "")])
USERS = ("postgres", "nobody")  # who may run it in place of root
START = 60  # [s] until the server takes connections
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def missing() -> str:
    """Why there can be no PostgreSQL here; "" where there can."""
    lacking = [n for n in ("initdb", "postgres") if not shutil.which(n, path=PLACES)]
    if lacking:
        said = f"no PostgreSQL here ({', '.join(lacking)} not found)"
        return f"{said}; on Debian: apt-get install postgresql"
    if not find_spec("psycopg"):
        return "no driver of PostgreSQL here; pip install 'fieldnotes[postgres]'"
    if os.geteuid() == 0 and not _other():
        return f"PostgreSQL refuses to be root, and there is none of {USERS} here"
    return ""


def _other() -> dict[str, Any]:
    """For a process of root's: the user and group that it becomes."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    found = [known[name] for name in USERS if name in known]
    if not found:
        return {}
    return {"user": found[0].pw_uid, "group": found[0].pw_gid, "extra_groups": []}


@contextmanager
def postgres() -> Iterator[str]:
    """A running server; the URL of its database, without the last word.

    Raises:
        TimeoutError: it takes no connections; the message ends with its log.
    """
    # Pytest's folders are too deep for a socket and closed to other users.
    folder, other = Path(tempfile.mkdtemp(prefix="postgres-")), _other()
    try:
        if other:
            os.chown(folder, other["user"], other["group"])
        process = _start(folder, other)
        try:
            yield f"postgresql://tester@/{{database}}?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, other: dict[str, Any]) -> subprocess.Popen:
    options: dict[str, Any] = {
        **other,
        "cwd": folder,
        "env": {"PATH": PLACES, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        "stdin": subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
    }
    log = folder.with_suffix(".log")
    try:
        with log.open("wb") as told:
            options["stdout"] = told
            made = [shutil.which("initdb", path=PLACES), f"--pgdata={folder}/data"]
            # Another order of letters than Python's, as on a desk machine.
            made += [
                "--username=tester",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
            ]
            made += ["--locale-provider=icu", "--icu-locale=en-US"]
            subprocess.run(made, **options, timeout=START, check=False)
            words = [shutil.which("postgres", path=PLACES), f"-D{folder}/data"]
            words += [f"-k{folder}", "-clisten_addresses="]
            process = subprocess.Popen(
                words + [f"-c{word}" for word in QUICK], **options
            )
        limit = time.monotonic() + START
        while not _answers(folder):
            if process.poll() is not None or time.monotonic() > limit:
                process.kill()
                process.wait()
                message = f"PostgreSQL takes no connections:\n{log.read_text()[-3000:]}"
                raise TimeoutError(message)
            time.sleep(0.05)
        return process
    finally:
        log.unlink(missing_ok=True)


def _answers(folder: Path) -> bool:
    import psycopg

    try:
        psycopg.connect(host=str(folder), user="tester", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True

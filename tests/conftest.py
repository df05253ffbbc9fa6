"""What every test shares: a quiet, closed environment."""

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Tests must not inherit the run or the project of a session they are started from.
for name in ("FIELDNOTES_RUN", "FIELDNOTES_PROJECT", "FIELDNOTES_DATABASE"):
    os.environ.pop(name, None)
# The kernels' debugger warns about frozen modules on every start.
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
# Most of the time goes into compiling: the programs are kept for the next time.
PROGRAMS = ROOT / ".pytest_cache" / "jax"
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(PROGRAMS))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
# Otherwise a program is known by the folder it is kept in as well.
os.environ.setdefault("JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES", "none")


@pytest.fixture(scope="module", autouse=True)
def _free_compiled_programs() -> Iterator[None]:
    """Drop what a file compiled: kept to the end, it is several gigabytes a worker."""
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
        gc.collect()


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of this repository."""
    return ROOT


@pytest.fixture
def patience() -> float:
    """How long `wait_for` waits where a test does not say [s]."""
    return 30


@pytest.fixture
def wait_for(patience: float) -> Callable[..., None]:
    """Wait until something is true, for at most so many seconds."""

    def wait(happened: Callable[[], Any], seconds: float = patience) -> None:
        limit = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < limit, "it did not happen in time"
            time.sleep(0.05)

    return wait

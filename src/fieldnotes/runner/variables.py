"""The environment of a run: where it is, how many threads it has, what it shares."""

import os

from fieldnotes.project import Project


def environment(project: Project, threads: int = 1) -> dict[str, str]:
    """Variables to lay over `os.environ` for a kernel of this project.

    Args:
        threads: the run's share of the cores.
    """
    path = [str(project.src), *filter(None, [os.environ.get("PYTHONPATH")])]
    share = str(threads)
    return {
        "FIELDNOTES_PROJECT": str(project.root),
        "PYTHONPATH": os.pathsep.join(path),
        # Only PJRT_NPROC caps JAX on a CPU; numpy and its kind listen to the others.
        "PJRT_NPROC": share,
        # An ensemble is spread over devices; a CPU is as many as it is told to be.
        "JAX_NUM_CPU_DEVICES": share,
        "OMP_NUM_THREADS": share,
        "OPENBLAS_NUM_THREADS": share,
        "MKL_NUM_THREADS": share,
        "JAX_COMPILATION_CACHE_DIR": str(project.cache / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        # Equinox's error checks are host callbacks, which no cache can hold: a failed
        # solve gives NaN instead, and is looked for where it matters.
        "EQX_ON_ERROR": "nan",
        "PLOTLY_RENDERER": "plotly_mimetype",
        # The debugger's warning about frozen modules would stand in every log.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

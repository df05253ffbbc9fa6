"""The environment of a run: where it is, how many threads it has, what it shares."""

import os

from fieldnotes.project import Project


def environment(project: Project, threads: int = 1) -> dict[str, str]:
    """Variables to lay over `os.environ` for a kernel of this project.

    Variables of the settings go over those that suit everybody.

    Args:
        threads: the run's share of the cores.

    Raises:
        SettingsError: the settings of the project cannot be used as written.
    """
    path = [str(project.src), *filter(None, [os.environ.get("PYTHONPATH")])]
    share = str(threads)
    named = {"cache": str(project.cache), "root": str(project.root)}
    return {
        # numpy and its kind listen to these
        "OMP_NUM_THREADS": share,
        "OPENBLAS_NUM_THREADS": share,
        "MKL_NUM_THREADS": share,
        "PLOTLY_RENDERER": "plotly_mimetype",
        # The debugger's warning about frozen modules would stand in every log.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **project.settings.variables(threads=share, **named),
        "FIELDNOTES_PROJECT": str(project.root),
        "PYTHONPATH": os.pathsep.join(path),
    }


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""Case to run folder: what must run and why, and one process for each run.

`make_plan` says which runs are done and which are not; `execute` runs those, each as
`fieldnotes run-one FOLDER` in a slot;
`project_status` and `accept` read and bless the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldnotes.runner.batch import Outcome, execute
    from fieldnotes.runner.errors import RunnerError
    from fieldnotes.runner.plan import make_plan
    from fieldnotes.runner.planned import Plan, PlannedRun
    from fieldnotes.runner.report import ProjectStatus, accept, project_status
    from fieldnotes.runner.slots import LocalSlots
    from fieldnotes.runner.variables import environment

__all__ = [
    "LocalSlots",
    "Outcome",
    "Plan",
    "PlannedRun",
    "ProjectStatus",
    "RunnerError",
    "accept",
    "environment",
    "execute",
    "make_plan",
    "project_status",
]

_HOMES = {
    "variables": ("environment",),
    "batch": ("Outcome", "execute"),
    "errors": ("RunnerError",),
    "plan": ("make_plan",),
    "planned": ("Plan", "PlannedRun"),
    "report": ("ProjectStatus", "accept", "project_status"),
    "slots": ("LocalSlots",),
}


def __getattr__(name: str) -> Any:
    """Load a name when it is asked for: a run imports its worker and no planner."""
    for home, names in _HOMES.items():
        if name in names:
            module = import_module(f"fieldnotes.runner.{home}")
            globals().update({each: getattr(module, each) for each in names})
            return globals()[name]
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)

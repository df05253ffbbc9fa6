"""GPUs of this machine as slots: one run a device, runs without one beside them."""

import os
import shutil
import subprocess
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from fieldnotes.clusters.settings import ClusterError
from fieldnotes.runner.planned import DONE, Plan, PlannedRun
from fieldnotes.runner.slots import LocalSlots
from fieldnotes.runs import read_manifest

VARIABLE = "CUDA_VISIBLE_DEVICES"
# A run that asks for none neither sees one nor waits for one.
ON_CPU = {VARIABLE: "", "JAX_PLATFORMS": "cpu"}
# Otherwise JAX takes three quarters of the device's memory at once.
ON_GPU = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
LISTING = ("nvidia-smi", "--query-gpu=index", "--format=csv,noheader")
PATIENCE = 20  # [s] for the driver to answer


def devices() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get(VARIABLE)
    if named is None:
        named = _listing().replace("\n", ",")
    names = (name.strip() for name in named.split(","))
    return [name for name in names if name not in ("", "-1")]


def _listing() -> str:
    """The indices of the GPUs, one a line; "" where there is no driver."""
    if shutil.which(LISTING[0]) is None:
        return ""
    answer = subprocess.run(
        LISTING, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return "" if answer.returncode else answer.stdout


def gpus_of(run: PlannedRun) -> int:
    """How many GPUs the stage of a run asks for."""
    return int((run.definition.limits or {}).get("gpus") or 0)


def most_gpus(plan: Plan) -> PlannedRun | None:
    """The unfinished run that asks for the most GPUs; None where none asks for any."""
    asking = [run for run in plan.runs if run.state != DONE and gpus_of(run)]
    return max(asking, key=gpus_of, default=None)


def refuse_too_many(run: PlannedRun, names: Sequence[str]) -> None:
    """Refuse a run that asks for more GPUs than there are.

    Raises:
        ClusterError: it does.
    """
    if gpus_of(run) <= len(names):
        return
    message = (
        f"stage {run.qualified}: `limits: {{gpus: {gpus_of(run)}}}` asks for more than "
        f"the {len(names)} GPUs of this machine (by {VARIABLE} and nvidia-smi). Send "
        "it to a cluster with --on, or take `gpus` out of its limits, and it runs on "
        "the CPU. Nothing was run."
    )
    raise ClusterError(message)


class DeviceSlots(LocalSlots):
    """Slots on this machine, some of which may hold a GPU.

    Args:
        size: runs at once, with or without a GPU.
        names: the GPUs to give out.
    """

    def __init__(self, size: int, names: Sequence[str]):
        super().__init__(size)
        self._free = deque(names)

    def takes(self, run: PlannedRun) -> bool:
        """Whether the GPUs that a run asks for are free now."""
        return gpus_of(run) <= len(self._free)

    def submit(self, fn: Any, /, *args: Any) -> Future:
        """Start `fn(folder, root)` with the GPUs that the manifest asks for."""
        manifest = read_manifest(Path(args[0]))
        number = 0 if manifest is None else manifest.limits.gpus
        held = [self._free.popleft() for _ in range(number)]
        variables = {VARIABLE: ",".join(held), **ON_GPU} if held else ON_CPU
        future = super().submit(fn, *args, variables)
        future.add_done_callback(lambda _: self._free.extend(held))
        return future

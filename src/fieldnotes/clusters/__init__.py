"""Runs past this machine: array jobs of Slurm and LSF, Dask, other slots, GPUs.

`run_on` takes a plan to a place. A cluster gets scripts, orders and a manifest of runs
(`sending`); on a node `element` works them off; `sent` tells what waits from what was
lost. Every place starts the same `fieldnotes run-one FOLDER`, and how a run stands is
read from its folder.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldnotes.clusters.places import run_on
    from fieldnotes.clusters.sent import mark_lost
    from fieldnotes.clusters.settings import Cluster, ClusterError, read_cluster

__all__ = ["Cluster", "ClusterError", "mark_lost", "read_cluster", "run_on"]

_HOMES = {
    "run_on": "places",
    "mark_lost": "sent",
    "Cluster": "settings",
    "ClusterError": "settings",
    "read_cluster": "settings",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is asked for: an element of an array needs few of them."""
    if name in _HOMES:
        return getattr(import_module(f"fieldnotes.clusters.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)

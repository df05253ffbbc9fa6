"""Run folders: what a run is, one reader of it, and the one writer of its manifest.

A run folder holds `params.json` (the manifest), `status.json`, a lock while it runs,
`metrics.json` (scraps), `figures/` and `models/` with a record beside each file, and
`accepted.json` where it was blessed for later code. Nothing here is slow to import.
"""

from fieldnotes.runs.manifest import (
    MANIFEST,
    CodeKeys,
    Limits,
    Manifest,
    MemberEntry,
    ModelEntry,
    described,
    read_manifest,
)
from fieldnotes.runs.records import Accepted, Figure, Model, Scrap, whole_model
from fieldnotes.runs.run import (
    NoSuchRun,
    Run,
    find_run,
    list_runs,
    read_run,
    run_folders,
)
from fieldnotes.runs.states import FAILED, FINISHED, STATES, UNREADABLE
from fieldnotes.runs.status import STATUS, Status, now, read_status

__all__ = [
    "FAILED",
    "FINISHED",
    "MANIFEST",
    "STATES",
    "STATUS",
    "UNREADABLE",
    "Accepted",
    "CodeKeys",
    "Figure",
    "Limits",
    "Manifest",
    "MemberEntry",
    "Model",
    "ModelEntry",
    "NoSuchRun",
    "Run",
    "Scrap",
    "Status",
    "described",
    "find_run",
    "list_runs",
    "now",
    "read_manifest",
    "read_run",
    "read_status",
    "run_folders",
    "whole_model",
]

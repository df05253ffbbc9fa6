"""The states of a run, in the words that the runner, the catalogue and the site share.

A run is `queued` until a worker takes it, `running` while one works, and then in one of
the others. `blocked` could not start; `unreadable` has a status that cannot be read,
which counts as a failure: nobody knows what became of it. A run is `diverged` when all
of its trainings did, and `stuck` when the others learned nothing: both are results.
"""

QUEUED, RUNNING, BLOCKED, UNREADABLE = "queued", "running", "blocked", "unreadable"
DONE, DIVERGED, STUCK = "done", "diverged", "stuck"
KILLED, INTERRUPTED = "killed", "interrupted"
FINISHED = frozenset({DONE, DIVERGED, STUCK})
_FAILED = (
    *("failed", "out-of-memory", "timed-out", KILLED, "stopped-early", INTERRUPTED),
    UNREADABLE,
)
FAILED = frozenset(_FAILED)
# The order in which counts of states are told.
STATES = (DONE, DIVERGED, STUCK, *_FAILED, BLOCKED, RUNNING, QUEUED)

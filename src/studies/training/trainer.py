"""Training: phases of scanned steps, chunk by chunk, for an ensemble at once."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optax

from studies.training.checkpoints import Keeper
from studies.training.job import Job
from studies.training.models import seed_array
from studies.training.parts import Data
from studies.training.phases import Phase
from studies.training.placement import Placement
from studies.training.progress import Progress
from studies.training.result import Result
from studies.training.stretch import Stretch
from studies.training.trees import as_arrays

LONGEST_CHUNK = 1000  # steps
CHUNK_SECONDS = 0.25


def train(
    models: Any,
    loss: Callable[..., Any],
    batch: Callable[..., Any] | None,
    phases: Phase | Sequence[Phase],
    *,
    data: Any = None,
    seeds: Sequence[int] | np.ndarray,
    optimiser: Callable[..., optax.GradientTransformation] = optax.adam,
    validation: Callable[..., Any] | None = None,
    validation_data: Any = None,
    validate_every: int = 100,
    hyper: Any = None,
    per_member_data: bool = False,
    chunk: int | None = None,
    divergence: float | None = 1e3,
    clip: float | None = None,
    checkpoint: Path | str | None = None,
    checkpoint_seconds: float = 30.0,
    report: Callable[..., None] | None = None,
    mapping: str = "auto",
    devices: Sequence[Any] | None = None,
) -> Result:
    """Train an ensemble of models, each as if it were alone.

    The functions are pure and written for one member. Beside the arguments shown they
    receive what they name: `hyper` and the arguments of the phase.

    Args:
        models: stacked, as `initialise` or `stack` make them.
        loss: `(model, batch, key) -> (total, {term: value})`, all scalars.
        batch: `(key, step, data) -> batch`, with a key of (seed, phase, step) and the
            step within the phase. If it names `phase_key`, that is the key of (seed,
            phase), the same at every step: for an order that lasts an epoch. None:
            the data is the batch.
        phases: what is done, in order.
        data: what `batch` draws from.
        seeds: one integer for each member. All its keys derive from it.
        optimiser: makes an optax transformation from a `learning_rate`.
        validation: `(model, data) -> (total, terms)`; if it names `key`, a key of its
            seed that never changes. Judges which parameters are best. Without it a
            running mean of the training loss does, over about `validate_every` steps.
        validation_data: what validation uses; None: `data`.
        validate_every: steps between validations; the last step of a phase is another.
        hyper: hyperparameters, arrays with a leading axis of members.
        per_member_data: all data have a leading axis of members.
        chunk: steps between reports; None: as many as take about 0.25 s.
        divergence: growth of the loss, over the largest loss that a phase so far began
            with, past which a member counts as diverged; None: only when not finite.
        clip: largest global norm of a gradient, where a phase names none.
        checkpoint: file to resume from if it is there, and to keep up to date.
        checkpoint_seconds: least time between two writings of it; 0: every chunk.
        report: called between chunks as `report(step, loss, **terms)` with the number
            of steps done and the members' means at the last of them.
        mapping: how members share a device: "vmap", "map" or "auto" (`choose_mapping`).
        devices: where to run; None: all devices of the default backend.

    Returns:
        The result. Where everything has diverged, the training ends early.

    Raises:
        TrainingError: the arguments do not fit together.
        CheckpointError: the checkpoint is of another training, or damaged.
    """
    phases = (phases,) if isinstance(phases, Phase) else tuple(phases)
    job = Job(
        models=as_arrays(models),
        functions={
            "batch": as_arrays(batch),
            "loss": as_arrays(loss),
            "validation": as_arrays(validation),
            "optimiser": as_arrays(optimiser),
        },
        phases=phases,
        data=Data(data, data if validation_data is None else validation_data),
        seeds=seed_array(seeds),
        hyper=as_arrays(hyper),
        per_member_data=per_member_data,
        every=validate_every,
        divergence=math.inf if divergence is None else divergence,
        clip=clip,
        mapping=mapping,
        placement=Placement(len(seeds), devices),
        capacity=LONGEST_CHUNK if chunk is None else chunk,
    )
    job.check()
    keeper = Keeper(checkpoint, checkpoint_seconds, job)
    progress = keeper.load() or job.begin()
    pace = _Pace(chunk)
    while not progress.finished(len(phases)):
        _train_phase(Stretch(job, progress), progress, pace, keeper, report)
    keeper.save(progress, at_once=True)
    return job.result(progress)


def _train_phase(
    stretch: Stretch,
    progress: Progress,
    pace: "_Pace",
    keeper: Keeper,
    report: Callable[..., None] | None,
) -> None:
    """Train to the end of the phase, or until every member has diverged."""
    state = stretch.begin(progress)
    while progress.step < stretch.phase.steps and (progress.diverged_at < 0).any():
        with pace:
            stop = stretch.next_stop(progress.step, pace.steps)
            state, record = stretch.run(state, progress.step, stop)
            stretch.note(progress, state, record, stop)
        keeper.save(progress)
        if report is not None:
            _tell(report, progress, len(stretch.job.phases))
    stretch.end(progress, state)


def _tell(report: Callable[..., None], progress: Progress, phases: int) -> None:
    """Call `report` with the means over the members that still train."""
    running = progress.diverged_at < 0
    latest = progress.columns[-1]
    terms = {
        name: float(values[running, -1].mean()) if running.any() else math.nan
        for name, values in latest.items()
        if name.startswith("loss")
    }
    total = terms.pop("loss")
    terms = {name.removeprefix("loss."): value for name, value in terms.items()}
    if progress.validation:
        seen = progress.validation[-1]["validation"][running, -1]
        terms["validation"] = float(seen.mean()) if running.any() else math.nan
    if phases > 1:
        terms["phase"] = progress.phase
    report(int(latest["step"][-1]) + 1, total, **terms)


class _Pace:
    """How many steps to take at once: as asked, or what takes about a quarter second.

    The length of a chunk changes nothing but the time between reports, since the
    program takes it as an argument.
    """

    def __init__(self, steps: int | None):
        self.adapts = steps is None
        self.steps = 10 if steps is None else steps

    def __enter__(self) -> None:
        self.start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        elapsed = time.monotonic() - self.start
        if self.adapts and elapsed < CHUNK_SECONDS / 2:
            self.steps = min(4 * self.steps, LONGEST_CHUNK)
        elif self.adapts and elapsed > CHUNK_SECONDS * 2:
            self.steps = max(self.steps // 2, 1)

"""One phase of a training, laid out for the devices and run chunk by chunk."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from studies.training.job import Job
from studies.training.parts import Control, Functions, Member, Program, State
from studies.training.phases import learning_rates, trainable_filter
from studies.training.placement import choose_mapping
from studies.training.program import compiled
from studies.training.progress import Progress
from studies.training.step import member_keys, transformation
from studies.training.trees import Skeleton, as_arrays


class Stretch:
    """A phase of a job, from the progress at which it begins or goes on."""

    def __init__(self, job: Job, progress: Progress):
        self.job, self.index = job, progress.phase
        self.phase = job.phases[self.index]
        self.offset = sum(phase.steps for phase in job.phases[: self.index])
        models = job.rebuild(progress.models)
        trained, rest = eqx.partition(models, trainable_filter(self.phase, models))
        self.rest = rest
        self.trained, self.trained_tree = jax.tree.flatten(trained)
        rates = learning_rates(self.phase, len(job.seeds), job.hyper)
        self.rates = rates.astype(jnp.result_type(*self.trained))
        self.clip = job.clip if self.phase.clip is None else self.phase.clip
        shapes = self._optimiser_shapes()
        leaves = jax.tree_util.tree_leaves_with_path(shapes)
        self.optimiser_tree = jax.tree.structure(shapes)
        self.optimiser = {jax.tree_util.keystr(path): leaf for path, leaf in leaves}
        self._fresh = [True] * len(leaves)
        self._lay_out()

    def _optimiser_shapes(self) -> Any:
        """The optimiser's state for one member, as shapes."""
        one = [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in self.trained]
        tree = jax.tree.unflatten(self.trained_tree, one)
        factory = self.job.functions["optimiser"]
        return jax.eval_shape(
            lambda x: transformation(factory, 1.0, self.clip).init(x), tree
        )

    def _lay_out(self) -> None:
        """Arrays on the devices, and the program they are for."""
        job, place = self.job, self.job.placement
        own = self.phase.data
        data = job.data if own is None else job.data._replace(training=own)
        arguments = as_arrays(dict(self.phase.arguments))
        functions = Functions(**job.functions, arguments=arguments)
        keys = member_keys(job.seeds, np.int32(self.index))
        member = Member(self.rest, keys, job.hyper)
        put_data = place.spread if job.per_member_data else place.everywhere
        functions, function_skeleton = Skeleton.split(functions)
        member, member_skeleton = Skeleton.split(member)
        data, data_skeleton = Skeleton.split(as_arrays(data))
        self.functions = place.everywhere(functions)
        self.member = place.spread(member)
        self.data = put_data(data)
        size = sum(x[0].size for x in self.trained)
        platform = place.devices[0].platform
        self.program = Program(
            functions=function_skeleton,
            member=member_skeleton,
            data=data_skeleton,
            data_per_member=job.per_member_data,
            trained=self.trained_tree,
            optimiser_state=self.optimiser_tree,
            clip=self.clip,
            mapping=choose_mapping(job.mapping, place.share, platform, size),
            platform=platform,
            mesh=place.mesh,
            capacity=job.capacity,
        )

    def begin(self, progress: Progress) -> State:
        """The state to go on from, on the devices."""
        state = progress.state
        if state is None:
            state = self._first_state(progress)
        place = self.job.placement
        # The padding counts as diverged, so that one after the other it costs nothing.
        diverged = np.zeros(len(place.rows), np.int32)
        diverged[: place.members] = state.diverged_at
        state = place.spread(state)._replace(diverged_at=place.put(diverged))
        progress.state = state
        return state

    def _first_state(self, progress: Progress) -> State:
        members = len(self.job.seeds)
        real = progress.reference.dtype
        optimiser = []
        for place, (path, shape) in enumerate(self.optimiser.items()):
            known = None if self.phase.reset_optimiser else progress.moments.get(path)
            self._fresh[place] = known is None
            blank = np.zeros((members, *shape.shape), shape.dtype)
            optimiser.append(blank if known is None else known)
        return State(
            trained=[np.array(x) for x in self.trained],
            optimiser=optimiser,
            best=[np.array(x) for x in self.trained],
            best_loss=np.full(members, np.inf, real),
            best_step=np.full(members, self.offset, np.int32),
            average=np.zeros(members, real),
            reference=progress.reference,
            diverged_at=progress.diverged_at,
        )

    def next_stop(self, step: int, most: int) -> int:
        """The end of a chunk that begins at `step`: before a reset of the optimiser."""
        resets = [at for at in self.phase.reset_at if at > step]
        return min(step + most, self.phase.steps, *resets)

    def run(self, state: State, first: int, stop: int) -> tuple[State, dict[str, Any]]:
        """Take the steps from `first` to `stop`."""
        rates = np.ones((len(self.job.seeds), self.job.capacity), self.rates.dtype)
        rates[:, : stop - first] = self.rates[:, first:stop]
        whole = first in self.phase.reset_at
        fresh = self._fresh if first == 0 else [False] * len(self._fresh)
        control = Control(
            offset=np.int32(self.offset),
            first=np.int32(first),
            stop=np.int32(stop),
            steps=np.int32(self.phase.steps),
            every=np.int32(self.job.every),
            divergence=jnp.result_type(float).type(self.job.divergence),
            reset=tuple(np.bool_(whole or new) for new in fresh),
        )
        take = compiled(self.program.platform)
        return take(
            self.program,
            state,
            self.member,
            rates[self.job.placement.rows],
            self.functions,
            self.data,
            control,
        )

    def note(
        self, progress: Progress, state: State, record: dict[str, Any], stop: int
    ) -> None:
        """Write a chunk into the progress."""
        gather, first = self.job.placement.gather, progress.step
        record = {k: x[:, : stop - first] for k, x in gather(record).items()}
        done = np.arange(first, stop) + 1
        phase = np.full(stop - first, self.index)
        training = {k: x for k, x in record.items() if k.startswith("loss")}
        rates = {"learning_rate": self.rates[:, first:stop]}
        steps = {"step": self.offset + done - 1, "phase": phase}
        progress.columns.append(steps | rates | training)
        due = (done % self.job.every == 0) | (done == self.phase.steps)
        if due.any() and len(training) < len(record):
            seen = {"validation_step": self.offset + done, "validation_phase": phase}
            seen |= {k: x for k, x in record.items() if k not in training}
            progress.validation.append({k: x[..., due] for k, x in seen.items()})
        progress.state, progress.step = state, stop
        progress.diverged_at = gather(state.diverged_at)

    def end(self, progress: Progress, state: State) -> None:
        """Write the end of the phase into the progress."""
        state = self.job.placement.gather(state)
        progress.models = self._arrays(state.trained)
        progress.best.append(self._arrays(state.best))
        progress.best_loss.append(state.best_loss)
        progress.best_step.append(state.best_step)
        progress.reference = state.reference
        progress.moments = dict(zip(self.optimiser, state.optimiser, strict=True))
        progress.state, progress.step = None, 0
        progress.phase += 1

    def _arrays(self, trained: list[Any]) -> list[Any]:
        """The arrays of the whole models with these trained parameters."""
        tree = jax.tree.unflatten(self.trained_tree, trained)
        return Skeleton.split(eqx.combine(tree, self.rest))[0]

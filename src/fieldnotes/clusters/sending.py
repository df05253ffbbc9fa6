"""A plan becomes array jobs: only what is missing is sent, and what waits is left."""

import shlex
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from fieldnotes.clusters.arrays import Array, arrange
from fieldnotes.clusters.orders import Ordering, write_orders
from fieldnotes.clusters.schedulers import can_submit, scheduler_of, submit
from fieldnotes.clusters.scripts import (
    LOGS,
    counted,
    manifest_of,
    resources,
    script_of,
)
from fieldnotes.clusters.sent import SentArray, Submission, Waiting, new_folder
from fieldnotes.clusters.settings import Cluster, ClusterError
from fieldnotes.files import write_text
from fieldnotes.project import Project
from fieldnotes.runner.batch import check_writable
from fieldnotes.runner.manifest import limits_of, write_spreads
from fieldnotes.runner.planned import TO_RUN, Plan, PlannedRun
from fieldnotes.runs import Limits, now

Say = Callable[[str], None]


class Sending:
    """One call of `run --on CLUSTER`.

    Args:
        chunk: runs of one element, in place of the cluster's.
        throttle: elements at once, in place of the cluster's.
        timeout: limit of each run [s], in place of its stage's.
        memory: limit of each run [GB], in place of its stage's and the cluster's.
        say: called with each line that the user shall read.
    """

    def __init__(
        self,
        project: Project,
        plan: Plan,
        cluster: Cluster,
        *,
        chunk: int | None = None,
        throttle: int | None = None,
        timeout: float | None = None,
        memory: float | None = None,
        say: Say = print,
    ):
        self.project, self.plan, self.cluster, self.say = project, plan, cluster, say
        self.scheduler = scheduler_of(cluster)
        self.chunk = chunk or cluster.chunk
        self.throttle = throttle or cluster.throttle
        self.timeout, self.memory = timeout, memory
        self.folder = new_folder(project)

    def dry_run(self) -> None:
        """Say what would be submitted, script by script; nothing is written."""
        arrays = self._arrays(self._missing({}), {})
        for array in arrays:
            jobs = [f"<job of {name}>" for name in array.after]
            self.say(f"# {self._command(array, [*array.jobs, *jobs])}")
            self.say(self._script(array))
        runs = counted(sum(len(array.runs) for array in arrays), "run")
        number = counted(len(arrays), "array")
        self.say(f"# {runs} in {number}; nothing was written or sent.")

    def send(self) -> int:
        """Submit what is missing; 0 when all of it was taken.

        Raises:
            ClusterError: the scheduler cannot be asked, or did not take a script.
            RunnerError: the catalogue cannot be written.
        """
        can_submit(self.scheduler)
        check_writable(self.project)
        waiting = self._waiting()
        missing = self._missing(waiting)
        if waiting:
            self.say(f"{counted(len(waiting), 'run')} still in the scheduler")
        write_spreads(self.project, self.plan)
        ordered = self._order(missing)
        arrays = self._arrays(ordered, waiting)
        if not arrays:
            self.say("Nothing to send.")
            return 0
        self._write(arrays)
        self._submit(arrays)
        self.say(f"Scripts and logs: {self.project.relative(self.folder)}")
        return 0

    def _waiting(self) -> dict[str, str]:
        """Jobs of the plan's runs that were sent before and have not ended, by key."""
        known = Waiting(self.project)
        jobs = {run.key: known.job(run.folder) for run in self._to_run()}
        return {key: job for key, job in jobs.items() if job is not None}

    def _to_run(self) -> list[PlannedRun]:
        return [run for run in self.plan.runs if run.state == TO_RUN]

    def _missing(self, waiting: dict[str, str]) -> list[PlannedRun]:
        return [run for run in self._to_run() if run.key not in waiting]

    def _order(self, runs: list[PlannedRun]) -> list[PlannedRun]:
        """Write the manifests; the runs that are ready to be sent."""
        ordering = Ordering(self.project, self.plan.by_key, self.say)
        ready, others = [], Counter()
        for run in runs:
            try:
                state, cause = ordering.order(run, self._limits(run))
            except OSError as error:
                state, cause = "failed", f"cannot write its folder: {error.strerror}"
            if state == TO_RUN:
                ready.append(run)
            else:
                others[f"{state}: {cause}" if cause else state] += 1
        for said, number in others.items():
            self.say(f"{number} not sent: {said}")
        return ready

    def _limits(self, run: PlannedRun) -> Limits:
        """A run's limits: it ends by its memory limit before the scheduler kills it."""
        memory = self.memory or resources(self.cluster, Array("", [[run]]))[0]
        return limits_of(run, self.timeout, memory, self.cluster.cpus)

    def _arrays(self, runs: list[PlannedRun], waiting: dict[str, str]) -> list[Array]:
        return arrange(
            runs,
            chunk=self.chunk,
            largest=self.cluster.largest_array,
            waiting=waiting,
        )

    def _script(self, array: Array) -> str:
        return script_of(
            self.project,
            self.cluster,
            self.scheduler,
            array,
            self.folder,
            self.throttle,
        )

    def _path(self, array: Array, ending: str) -> Path:
        return self.folder / f"{array.name}{ending}"

    def _command(self, array: Array, after: list[str]) -> str:
        return shlex.join(self.scheduler.command(self._path(array, ".sh"), after))

    def _write(self, arrays: list[Array]) -> None:
        (self.folder / LOGS).mkdir(parents=True)
        for array in arrays:
            write_text(self._path(array, ".sh"), self._script(array))
            write_text(self._path(array, ".manifest"), manifest_of(self.project, array))
            orders = [[(run, self._limits(run)) for run in e] for e in array.elements]
            write_orders(self._path(array, ".orders"), orders, self.plan.by_key)

    def _submit(self, arrays: list[Array]) -> None:
        """Submit one array after the other, each after those that it needs.

        Raises:
            ClusterError: one was not taken; those before it stay submitted.
        """
        record = Submission(
            cluster=self.cluster.name,
            scheduler=self.cluster.scheduler,
            sent=now(),
            spreads=[spread.name for spread in self.plan.spreads if spread.asked],
        )
        jobs: dict[str, str] = {}
        for array in arrays:
            after = [*array.jobs, *(jobs[name] for name in array.after)]
            try:
                job = submit(self.scheduler, self._path(array, ".sh"), after)
            except ClusterError as error:
                message = (
                    f"{error} {len(jobs)} of {len(arrays)} arrays were submitted; the "
                    "same command sends the rest."
                )
                raise ClusterError(message) from error
            jobs[array.name] = job
            record.arrays.append(SentArray(array.name, job, self._folders(array)))
            record.write(self.folder)
            self._tell(array, job, after)

    def _folders(self, array: Array) -> list[list[str]]:
        relative = self.project.relative
        return [[relative(run.folder) for run in each] for each in array.elements]

    def _tell(self, array: Array, job: str, after: list[str]) -> None:
        runs, elements = len(array.runs), len(array.elements)
        when = f", after {', '.join(after)}" if after else ""
        number = f"{counted(runs, 'run')} in {counted(elements, 'element')}"
        self.say(f"job {job}: {array.runs[0].qualified}, {number}{when}")

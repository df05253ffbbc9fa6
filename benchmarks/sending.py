"""What it costs to send 6,000 runs and a summary of them to a cluster.

Run it with `python benchmarks/sending.py [RUNS]`. Stand-ins for `sbatch` and `squeue`
answer at once, so what is timed is this project's own part: the plan, the scripts of a
dry run, the manifests and orders, the status with what was lost, and the second call,
which sends nothing because everything waits.

Measured on two cores with some twenty other busy processes: 3.4 s the plan, 0.1 s the
scripts, 195 s the manifests and orders (33 ms a run; four fifths of it is waiting until
the disk has two files), 5.6 s the status, 19 s the second call, of which the plan is
most. The orders of all 1,001 elements take 1.9 MB.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from fieldnotes.clusters import mark_lost
from fieldnotes.clusters.sending import Sending
from fieldnotes.clusters.settings import Cluster
from fieldnotes.project import Project
from fieldnotes.runner import Plan, make_plan, project_status
from fieldnotes.spreads import load_spreads

RUNS, CHUNK = 6000, 6
NOTEBOOK = """\
# %% [markdown]
# # A number
#
# What is it?

# %% tags=["parameters"]
turn: int = 0  # [1] which time this is

# %%
print(turn)
"""
SPREAD = """\
stages:
  each: {{notebook: toy/number, vary: [{{grid: {{turn: {{range: {runs}}}}}}}]}}
  summary: {{notebook: toy/number, needs: each, partial: true}}
"""
SBATCH = """\
#!/bin/sh
set -e
n=$(ls {folder}/*.job 2>/dev/null | wc -l); n=$((n + 1))
for word in "$@"; do script=$word; done
elements=$(sed -n 's/^#SBATCH --array=1-\\([0-9]*\\).*/\\1/p' "$script")
seq "$elements" | sed "s/^/$n /" > {folder}/$n.job
echo $n
"""


def stand_ins(folder: Path) -> None:
    """Commands of Slurm that note what they were given."""
    scripts = {
        "sbatch": SBATCH.format(folder=folder),
        "squeue": f"#!/bin/sh\ncat {folder}/*.job 2>/dev/null\nexit 0\n",
    }
    for name, text in scripts.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def timed(what: str, began: float) -> None:
    print(f"{what:44} {time.perf_counter() - began:6.1f} s", flush=True)


def plan(project: Project) -> Plan:
    return make_plan(project, load_spreads(project, ["many"]))


def main(runs: int) -> None:
    """Make a project, send its runs, look at them, and send again."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "lab")
        commands = Path(name, "commands")
        for folder in (commands, root / "notebooks/toy", root / "params", root / "src"):
            folder.mkdir(parents=True)
        stand_ins(commands)
        (root / "notebooks/toy/number.py").write_text(NOTEBOOK)
        (root / "params/many.yml").write_text(SPREAD.format(runs=runs))
        project, cluster = Project(root), Cluster("slurm", "slurm", chunk=CHUNK)
        began = time.perf_counter()
        made = plan(project)
        timed(f"plan of {len(made.runs)} runs", began)
        began = time.perf_counter()
        Sending(project, made, cluster, say=lambda line: None).dry_run()
        timed("scripts of a dry run", began)
        began = time.perf_counter()
        Sending(project, made, cluster).send()
        timed("manifests, orders and submission", began)
        began = time.perf_counter()
        standing = project_status(project)
        mark_lost(project, standing.runs)
        timed(f"status: {dict(standing.spreads['many'])}", began)
        began = time.perf_counter()
        Sending(project, plan(project), cluster).send()
        timed("the same command again", began)
        size = sum(f.stat().st_size for f in root.rglob("*.orders")) / 1e6
        print(f"orders of all elements: {size:.1f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else RUNS)

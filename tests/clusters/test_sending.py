"""Arrays of a plan, and what `run --on CLUSTER` prints, without a cluster."""

import pytest
from click.testing import CliRunner

from fieldnotes.cli import main
from fieldnotes.clusters.arrays import arrange
from fieldnotes.clusters.orders import read_orders
from fieldnotes.clusters.settings import ClusterError

CHAIN = """
    stages:
      train:
        notebook: toy/train
        vary: [{grid: {rate: {range: 7}, seed: {range: 2}}}]
        limits: {memory: 2.5, timeout: 60}
      assess:
        notebook: toy/assess
        needs: train
        fix: {models: {from: train}}
"""
SHARED = "notebook: toy/train\nvary: [{grid: {seed: [0, 1]}}]\ntogether: seed"
CLUSTER = """
scheduler: slurm
partition: short
time: 2.5
largest_array: 3
setup:
  - module load python
  - export A='b c'
options: [--account=lab]
"""


@pytest.fixture
def chain(toy, monkeypatch):
    """A spread of 14 trainings and a summary, and a cluster called `mine`."""
    toy.spread("chain", CHAIN)
    (toy.project.params / "clusters" / "mine.yml").write_text(CLUSTER)
    monkeypatch.setenv("FIELDNOTES_PROJECT", str(toy.root))
    monkeypatch.delenv("SLURM_CONF", raising=False)
    return toy


def command(*words: str):
    return CliRunner().invoke(main, ["run", "chain", "--on", "mine", *words])


def test_chunks_fill_elements_and_elements_fill_arrays(chain):
    arrays = arrange(chain.plan("chain").runs, chunk=2, largest=3, waiting={})
    sizes = [[len(element) for element in array.elements] for array in arrays]
    assert sizes == [[2, 2, 2], [2, 2, 2], [2], [1]]
    assert [array.name for array in arrays][-2:] == ["3-chain.train", "4-chain.assess"]
    assert arrays[-1].after == [array.name for array in arrays[:3]]
    assert all(array.after == [] for array in arrays[:3])


def test_what_waits_in_an_earlier_job_is_waited_for(chain):
    *trainings, summary = chain.plan("chain").runs
    waiting = {run.key: "17" for run in trainings[1:]}
    arrays = arrange([trainings[0], summary], chunk=1, largest=3, waiting=waiting)
    assert [(array.jobs, array.after) for array in arrays] == [
        ([], []),
        (["17"], ["1-chain.train"]),
    ]


def test_runs_that_train_the_same_model_are_not_sent_side_by_side(toy):
    toy.spread("a", SHARED)
    toy.spread("b", SHARED.replace("[0, 1]", "[1, 2]"))
    arrays = arrange(toy.plan("a", "b").runs, chunk=5, largest=5, waiting={})
    assert [array.after for array in arrays] == [[], [arrays[0].name]]


def test_a_dry_run_prints_the_scripts_and_writes_nothing(chain):
    before = sorted(chain.root.rglob("*"))
    shown = command("--dry-run", "--chunk", "5", "--jobs", "2")
    assert shown.exit_code == 0, shown.output
    assert sorted(chain.root.rglob("*")) == before
    first, _, second = shown.output.partition("# sbatch --parsable '--dependency=")
    assert (
        "\n".join(
            [
                "#SBATCH --job-name=1-chain.train",
                "#SBATCH --array=1-3%2",
            ]
        )
        in first
    )
    for line in (
        "#SBATCH --time=3",
        "#SBATCH --mem=2800M",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH --signal=B:USR2@45",
        "#SBATCH --requeue",
        "#SBATCH --partition=short",
        "#SBATCH --account=lab",
        "# chain.train: 14 runs in 3 elements",
        "module load python",
        "export A='b c'",
        f"export FIELDNOTES_PROJECT='{chain.root}'",
    ):
        assert line in first.splitlines()
    assert second.startswith("afterany:<job of 1-chain.train>' ")
    assert "#SBATCH --mem=4300M" in second.splitlines()
    assert shown.output.endswith(
        "# 15 runs in 2 arrays; nothing was written or sent.\n"
    )


def test_without_the_scheduler_nothing_is_written(chain, monkeypatch):
    monkeypatch.setenv("PATH", "")
    before = sorted(chain.root.rglob("*"))
    shown = command()
    assert shown.exit_code == 2
    assert "sbatch: not on the PATH" in shown.output
    assert "Nothing was sent." in shown.output
    assert sorted(chain.root.rglob("*")) == before


@pytest.mark.parametrize("option", [["--fail-fast"], ["--max-failures", "2"]])
def test_options_for_runs_that_are_watched_are_refused(chain, option):
    shown = command(*option)
    assert shown.exit_code == 2
    assert f"--on mine: `{option[0]}` is for runs that this command waits for" in (
        shown.output
    )


@pytest.mark.parametrize("option", [["--dry-run"], ["--chunk", "2"], ["--wait"]])
def test_options_for_clusters_are_refused_on_this_machine(chain, option):
    shown = CliRunner().invoke(main, ["run", "chain", *option])
    assert shown.exit_code == 2
    assert f"--on local: `{option[0]}` is for clusters" in shown.output


def test_a_command_on_completion_needs_a_completion(chain):
    shown = command("--then", "true")
    assert shown.exit_code == 2
    assert "--on mine: --then needs --wait. Nothing was run." in shown.output


def test_orders_that_cannot_be_read_say_what_to_do(tmp_path):
    (tmp_path / "1.orders").write_bytes(b"no archive")
    with pytest.raises(ClusterError, match="Plan and send the runs again."):
        read_orders(tmp_path / "1.orders", 1)

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can one-step dynamics be learned from your recording?
#
# A model needs voltages of many neurons on one time base, and the stimulus that drove
# them. The recording is cut into three parts in time. The first part is used for
# training, with samples as rare as you ask for. The other two test the models at every
# step.
#
# **You will see** the contents of the file, the training, and rollouts of the trained
# models beside holding the first state and linear interpolation between samples.
# **Needs** an .npz file or a zarr folder with `voltage` (time, neuron), `stimulus`
# (time, dimension; row t drives the step t → t + 1) and `dt` [s], and if you have them
# `type_index` with `type_names`, `positions`, and the connectome `pre`, `post`,
# `weight`. Without a file an example is written and read back. **Takes** about a minute
# with the example.
#
# A file that does not fit is refused before anything runs. The message names the array,
# what was found and what is needed.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
data_file: str = ""  # [file] your recording (npz or zarr); if empty, an example
mode: Literal["all", "aligned", "staggered"] = "aligned"  # [-] order of acquisition
tu: int = 5  # [steps] in [1, 1000]: steps between two samples of a neuron
ems: int = 4  # [1] in [1, 100]: samples ahead in a training window
phase_seed: int = 0  # [1] in [0, inf): seed of the phases of staggered samples
stimulus_mode: Literal["all", "none", "constant", "interpolate", "learned"] = (
    "all"
)  # [-] steps at which the stimulus is known, and how others are filled
latent: int = 48  # [1] in [1, 4096]: dimensions of the latent state
width: int = 48  # [1] in [1, 4096]: units of a hidden layer
stimulus_latent: int = 16  # [1] in [1, 4096]: dimensions of the latent stimulus
warm_up: int = 1000  # [1] in [0, inf): updates of encoder and decoder before the map
updates: int = 1500  # [1] in [1, inf): updates of the whole model
learning_rate: float = 2e-3  # [1] in (0, 1]: learning rate of Adam
batch: int = 32  # [1] in [1, inf): windows in an update
rollout_steps: int = 500  # [steps] in [1, inf): length of a test rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each part of the recording
seed: list[int] = [0, 1]  # [1] in [0, 4294967295]: seeds of weights, one a model
# fmt: on

# %%

import numpy as np
from IPython.display import Markdown

from fieldnotes.catalogue import (
    artifact,
    load_model,
    members,
    parameters,
    progress,
    record,
    save_figure,
    save_model,
)
from studies.evidence import number
from studies.latent import (
    figures,
    learning,
    models,
    openings,
    recipes,
    reports,
    sources,
)
from studies.latent.figures import judgement
from studies.latent.recordings import save_npz

# %% [markdown]
# ## The file

# %%
path = data_file
if not path:
    example = sources.recordings("hexeye", "tiny").train
    path = save_npz(example, artifact("example-recording.npz"))
sets = sources.recordings("file", data_file=path)
whole = sets.train
for label, part in {"train": whole, **sets.judged}.items():
    name = label.replace(" ", "_")
    record(f"steps_{name}", part.steps, "steps", f"length of the {label} recording")
record("neurons", sets.neurons, "1", "number of neurons")
record("dt", whole.dt, "s", "duration of a step")
lengths = ", ".join(f"{part.steps:,} ({name})" for name, part in sets.judged.items())
recorded = openings.of_recording(whole, sets.stimulated)
Markdown(
    f"{recorded} A step is {1000 * whole.dt:g} ms. "
    f"{whole.steps:,} rows are for training, {lengths} for tests."
)

# %% tags=["figure"]
save_figure(
    figures.voltage_traces(whole),
    "traces",
    kind="voltage traces",
    caption="Voltage over time of one neuron of each cell type in the file.",
)

# %% [markdown]
# ## Prediction
#
# If the recording is long enough and driven by its stimulus, the models should err less
# than linear interpolation at the steps between samples. Interpolation knows both
# samples, and a model only the first. No rollout should diverge on either part of the
# recording. Where the file holds no stimulus nothing is predicted, because it is not
# known what drove the recording.

# %% [markdown]
# ## Training

# %%
recipe = recipes.Recipe.of(**parameters())
every = members(together=("seed",))
todo = [member for member in every if member.existing is None]
if todo:
    seeds = [member.values["seed"] for member in todo]
    watch = progress(recipe.total_updates)
    result = learning.fit(recipe, parameters(), sets, seeds, report=watch)
for place, member in enumerate(todo):
    outcome, course = result.outcome(place), result.history(place)
    last = float(course["validation"][-1])
    save_model(
        result.member(place),
        write=learning.write_model,
        read=models.read,
        values=member.values,
        outcome=openings.stuck(outcome.state, last, sets, ems),
        history=course,
        diverged_at=outcome.diverged_at,
    )
record("trained", len(todo), "1", "models trained in this run")

# %% [markdown]
# ## Test
#
# Each model starts from one state, of which it sees the observed samples, and is rolled
# out along the stimulus. Errors are those at the steps between samples, within the
# length of a training window. A rollout has diverged when its error exceeds four times
# the variance of the recording, which is twice the mean squared distance between two
# unrelated states.

# %%
trained = {member.values["seed"]: load_model(member, models.read) for member in every}
longest = min(part.steps for part in sets.judged.values()) - 2 * reports.MARGIN
steps = min(rollout_steps, longest - starts - tu)
limit = reports.limit_of(sets.judged)
plan = reports.Plan(tu, ems, steps, starts, steps, recipe.stimulus_mode, limit)
base = reports.baselines(sets.judged, plan)
judged = {
    seed: reports.judge(model, sets.judged, plan, recipe.observation)
    for seed, model in trained.items()
}
rows = {number: reports.row(errors, base, plan) for number, errors in judged.items()}

# %% tags=["figure"]
curves = {
    family: {f"seed {number}": x[f"{family}.mse"] for number, x in judged.items()}
    for family in sets.judged
}
lines = {
    family: {name: base[f"{family}.{name}"] for name in ("constant", "linear")}
    for family in sets.judged
}
save_figure(
    judgement.rollout_errors(curves, lines),
    "rollouts",
    kind="rollout errors",
    caption="Mean squared error of rollouts against the step, mean and range over "
    "starts, a curve a seed. Grey lines are holding the first state and linear "
    "interpolation between samples.",
    models=every,
)

# %% tags=["figure"]
family, first = sets.families[0], judged[every[0].values["seed"]]
save_figure(
    judgement.variance_scatter(
        first[f"{family}.total"].mean(axis=0),
        first[f"{family}.unexplained"].mean(axis=0),
        whole.type_index,
        whole.type_names,
    ),
    "variance",
    kind="variance scatter",
    caption="Variance of each neuron that the rollouts of the first model leave "
    f"unexplained, against its variance over time, on the {family} part. On the "
    "diagonal nothing is explained.",
    models=every[:1],
)

# %% [markdown]
# ## Verdict

# %%
MEASURES = {
    "window": ("raw units²", "mean squared error between the samples"),
    "ratio": ("1", "error between the samples, as a share of interpolation's"),
    "relative": ("1", "error between the samples, as a share of the variance"),
}
lines = []
for member in every:
    row = rows[member.values["seed"]]
    for family in sets.families:
        name = family.replace(" ", "_")
        for what, (unit, meaning) in MEASURES.items():
            value = row[f"{family}_{what}"]
            meaning = f"{meaning}; {family}"
            if np.isfinite(value):
                record(f"{name}_{what}", value, unit, meaning, member=member)
    meaning = f"first step at which the worst start's error exceeds {plan.limit:.3g}"
    record("divergence", row["divergence"], "steps", meaning, member=member)
    ratios = [row[f"{family}_ratio"] for family in sets.families]
    reason = openings.why_not(ratios, tu, sets, "file")
    held = bool(max(ratios) < 1 and row["stable"])
    if not reason:
        record("held", held, "-", "whether the prediction held", member=member)
    words = " and ".join(map(number, ratios))
    verdict = f"**cannot be judged**, for {reason}" if reason else "**failed**"
    lines.append(
        f"- seed {member.values['seed']}: {words} of the line's error "
        f"({' and '.join(sets.families)}), {openings.end(row, plan.whole)}: "
        + ("**held**" if held and not reason else verdict)
    )
Markdown("\n".join(lines))

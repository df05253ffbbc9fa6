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
# Voltages of many neurons on one time base, and the stimulus that drove them: that is
# all a model needs here. The recording is cut in three stretches of time; the first
# trains, with samples as rare as you ask for, the others judge at every step.
#
# **You will see** what is in the file, the training, and rollouts of the trained models
# beside a held value and a straight line between samples. **Needs** an .npz file or a
# zarr folder with `voltage` (time, neuron), `stimulus` (time, dimension; row t drives
# the step t → t + 1) and `dt` [s], and if you have them `type_index` with `type_names`,
# `positions`, and the connectome `pre`, `post`, `weight`. Without a file an example is
# written first and read back. **Takes** about a minute with the example.
#
# A file that does not fit is refused before anything runs, with the name of the array,
# what was found and what is needed.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
data_file: str = ""  # [file] your recording (npz or zarr); empty: an example is made
mode: Literal["all", "aligned", "staggered"] = "aligned"  # [-] how samples are taken
tu: int = 5  # [steps] in [1, 1000]: distance of a neuron's samples
ems: int = 4  # [1] in [1, 100]: samples in a training window
phase_seed: int = 0  # [1] in [0, inf): of the phases of staggered samples
stimulus_mode: Literal["all", "none", "constant", "interpolate", "learned"] = (
    "all"
)  # [-] at which steps the stimulus is known
latent: int = 48  # [1] in [1, 4096]: dimensions of the latent state
width: int = 48  # [1] in [1, 4096]: of the hidden layers
stimulus_latent: int = 16  # [1] in [1, 4096]: dimensions of the latent stimulus
warm_up: int = 1000  # [1] in [0, inf): updates of encoder and decoder alone
updates: int = 1500  # [1] in [1, inf): of the whole
learning_rate: float = 2e-3  # [1] in (0, 1]: of Adam
batch: int = 32  # [1] in [1, inf): windows in an update
rollout_steps: int = 500  # [steps] in [1, inf): of the rollouts that judge
starts: int = 10  # [1] in [1, 1000]: rollouts on each stretch
seed: list[int] = [0, 1]  # [1] in [0, 4294967295]: of weights and order, one a model
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
record("neurons", sets.neurons, "1", "neurons")
record("dt", whole.dt, "s", "duration of a step")
lengths = ", ".join(f"{part.steps:,} ({name})" for name, part in sets.judged.items())
recorded = openings.of_recording(whole, sets.stimulated)
Markdown(
    f"{recorded} A step is {1000 * whole.dt:g} ms. "
    f"{whole.steps:,} rows train, {lengths} judge."
)

# %% tags=["figure"]
save_figure(
    figures.voltage_traces(whole),
    "traces",
    kind="voltage traces",
    caption="Voltage over time in the file, of one neuron of each cell type.",
)

# %% [markdown]
# ## Prediction
#
# If the recording is driven by its stimulus and long enough, the models stay below a
# straight line between samples at the steps between them, although a line is told both
# ends and a model only the first, and no rollout diverges on either stretch. Where the
# file holds no stimulus nothing is predicted: what drove the recording is not known.

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
# ## Judgement
#
# Each model starts from one state (what was observed of it) and is rolled out along the
# stimulus. Errors at the steps between samples, in training windows; a rollout has
# diverged when its error exceeds four times the variance of the recording, twice as far
# as two states of it are apart that have nothing to do with each other.

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
rows = {own: reports.row(found, base, plan) for own, found in judged.items()}

# %% tags=["figure"]
curves = {
    family: {f"seed {own}": found[f"{family}.mse"] for own, found in judged.items()}
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
    caption="Mean squared error of rollouts by step, mean and range over starts, a "
    "curve a seed; grey, holding the first state and linear interpolation.",
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
    caption="Variance of each neuron over time, and how much of it the rollouts of the "
    f"first model leave unexplained, {family}. On the diagonal nothing is explained.",
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
    meaning = f"first step of a worst start's error above {plan.limit:.3g}"
    record("divergence", row["divergence"], "steps", meaning, member=member)
    ratios = [row[f"{family}_ratio"] for family in sets.families]
    reason = openings.why_not(ratios, tu, sets, "file")
    held = bool(max(ratios) < 1 and row["stable"])
    if not reason:
        record("held", held, "-", "whether the prediction held", member=member)
    words = " and ".join(map(number, ratios))
    found = f"**cannot be judged**, for {reason}" if reason else "**failed**"
    lines.append(
        f"- seed {member.values['seed']}: {words} of the line's error "
        f"({' and '.join(sets.families)}), {openings.end(row, plan.whole)}: "
        + ("**held**" if held and not reason else found)
    )
Markdown("\n".join(lines))

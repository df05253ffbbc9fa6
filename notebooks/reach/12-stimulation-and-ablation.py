# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How far does one unit move the hand, and which directions of activity matter?
#
# A unit is stimulated by adding to its activity for some steps, and silenced by holding
# it at zero. Directions of the whole hidden state are stimulated in the same way. The
# network continues to control the hand meanwhile. We therefore see the effect of the
# unit together with the correction by all other units.
#
# **You will see** how far each unit moves the hand at rest, under a load and during
# reaches; whether a context (an input that tells how strong the field may be) or a
# field changes this; the effect of silencing each unit on reaches in each direction;
# whether slow modes move the hand more than random directions; and how the force grows
# with impulses of the feedback. **Needs** models of `1-train`. **Takes** two minutes
# for twenty models on two cores.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are tested
contexts: list[float] = [0.0, 1.0]  # [1] contexts, ascending, of models with that input
curl: float = 4.0  # [N s/m] in (0, inf): curl field in which responses are compared
load: float = 0.4  # [N] in (0, inf): static load along x
size: float = 1.0  # [1] in (0, inf): activity that is added in every step
start: int = 30  # [1] in [1, inf): control step at which stimulation at rest begins
times: list[int] = [3, 10, 20]  # [1] first steps of stimulation in reaches
duration: int = 10  # [1] in [1, inf): steps of stimulation
directions: int = 8  # [1] in [3, 360]: directions of reaches of 0.5 m from the origin
grid: int = 3  # [1] in [1, 20]: places at rest are grid × grid
random: int = 20  # [1] in [2, 1000]: random directions at each place
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of the random directions
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Claims, Summary, markdown
from studies.reach import evaluation, preferences, stimulation
from studies.reach.figures import stimulation as figures
from studies.reach.tasks import centre_out, steady_states
from studies.reach.trained import load_trained

# %% [markdown]
# ## What is known
#
# A vector $s$ that is added after the update of the recurrent cell changes the output
# of that step by $W_{out}s$ exactly. If it is added before the update, as
# $h_k=F(x_k,\,h_{k-1}+s)$, it passes through the recurrence first. Near a fixed point
# it then follows $\delta h'=J\,\delta h$. Along an eigenvector it shrinks, and most
# slowly along the eigenvector with the largest $|\lambda|$.
#
# ## Prediction
#
# A unit that is stimulated at rest should push the hand in the direction of its column
# of the readout. No unit should be indispensable: silencing one should add less than 5
# % of the reach to the end error. Stimulation along the slowest real mode should move
# the hand further than along a random direction of the same length. A stimulated unit
# should move the hand less if the network was trained in strong fields or has a high
# context.

# %%
trained = load_trained(catalogue, models)
stacked, loop, stds = trained.controllers, trained.loop, trained.stds
members, hidden = len(trained.rows), stacked.readout.weight.shape[-1]
told = (evaluation.common(trained.rows, "method") or "none") != "none"
several = sorted(contexts) if told else [0.0]
names = {std: f"training std {std:g}" for std in stds}
colours = {names[std]: trained.colours[std] for std in stds}


# %%
def under(trials, context=several[0], curl=0.0, load=0.0):
    """Trials with a context, in a curl field, or with a load along x."""
    force = trials.force.at[:, 0].add(load)
    told = trials._replace(context=trials.context + context)
    return told._replace(curl=trials.curl + curl, force=force)


def stimulated(trials, begin, place="before"):
    """The effect of every unit, one after the other."""
    kicks = stimulation.units(members, trials.curl.shape[0], hidden, size)
    return stimulation.stimulate(stacked, loop, trials, kicks, begin, duration, place)


def by_std(values):
    """Values of all networks of each training std; first axis: networks."""
    return {names[std]: np.asarray(values)[trained.of_std(std)] for std in stds}


# %% [markdown]
# ## The simplest case: after the cell, at rest
#
# If a unit is stimulated after the update of the cell, the first output should change
# by the unit's column of the readout, to the accuracy of floating-point numbers.

# %%
rest = under(steady_states(1))
after = stimulated(rest, start, "after")
columns = size * np.swapaxes(np.asarray(stacked.readout.weight, float), 1, 2)
miss = float(np.abs(after.output[:, 0] - columns).max())
meaning = "largest difference of the first output's change from the readout column"
catalogue.record("first_output_miss", miss, "N", meaning)
Markdown(
    f"{trained}. The largest difference from the readout's column is {miss:.1e} N."
)

# %% [markdown]
# ## At rest, under a load, and in a reach
#
# From here on the vector is added before the update of the cell. The distance is the
# largest displacement of the hand from its position without stimulation.

# %%
reaches = under(centre_out(1, directions))
effects = {
    "at rest": stimulated(rest, start),
    f"with a load of {load:g} N": stimulated(under(steady_states(1), load=load), start),
    **{f"in a reach, step {at}": stimulated(reaches, at) for at in times},
}
moved = {name: by_std(1000 * effect.moved) for name, effect in effects.items()}
rows = []
for name, groups in moved.items():
    each = [Summary.of(np.median(group, axis=(1, 2))) for group in groups.values()]
    rows.append([name, *(one.text(count=False) for one in each)])
    tag = name.replace(" ", "_").replace(",", "").replace(".", "_")
    for std, one in zip(stds, each, strict=True):
        meaning = f"distance that a stimulated unit moves the hand {name}, median"
        of_std = {"field_std": std}
        catalogue.record(f"moved_{tag}", one.median, "mm", meaning, member=of_std)
Markdown(markdown(["median unit moves the hand by [mm]", *names.values()], rows))

# %% tags=["figure"]
catalogue.save_figure(
    figures.boxes(moved, colours, "distance that a unit moves the hand [mm]"),
    "stimulated-units",
    kind="stimulation",
    caption="Distance that the hand is moved by a unit whose activity is raised by "
    f"{size:g} for {duration} steps, over all units, replicates and directions, by "
    "training std: at rest, under a static load, and from three control steps of a "
    "reach of 0.5 m.",
    models=trained.table,
)

# %%
pushes = preferences.readout_angles(stacked.readout.weight)
turn = preferences.turned(pushes, effects["at rest"].angle[:, 0])
likeness = {
    std: Summary.of(preferences.agreement(turn[k]) for k in trained.of_std(std))
    for std in stds
}
for std, one in likeness.items():
    meaning = "mean cosine of a unit's readout column and the displacement at rest"
    of_std = {"field_std": std}
    catalogue.record("push_alignment", one.median, "1", meaning, member=of_std)
Markdown(
    "Mean cosine between a unit's readout column and the way the hand goes: "
    + "; ".join(f"{one} at {names[std]}" for std, one in likeness.items())
    + "."
)

# %% [markdown]
# ## Does a context or a field change the effect of a unit?
#
# Each unit is stimulated at rest with every context, without and with the field. The
# distances that it moves the hand are fitted as a linear function of context and field.
# A negative slope means that the hand moves less at a higher context or in a stronger
# field.

# %%
settings = [(context, field) for context in several for field in (0.0, curl)]
response = np.stack(
    [
        stimulated(under(steady_states(1), context, field), start).moved[:, 0]
        for context, field in settings
    ],
    axis=-1,
)
features = np.array(settings)[:, (0 if len(several) > 1 else 1) :]
slopes = stimulation.regress(1000 * response, features)
if len(several) == 1:
    slopes = np.concatenate([np.zeros_like(slopes), slopes], axis=-1)
slope_names = {"context": "mm", "field": "mm m/(N s)"}
for place, (name, unit) in enumerate(slope_names.items()):
    for std in stds:
        value = float(np.median(slopes[trained.of_std(std), :, place]))
        meaning = f"slope on the {name} of the distance a unit moves the hand, median"
        of_std = {"field_std": std}
        catalogue.record(f"slope_on_{name}", value, unit, meaning, member=of_std)

# %% tags=["figure"]
catalogue.save_figure(
    figures.slopes(
        {name: x.reshape(-1, 2) for name, x in by_std(slopes).items()},
        colours,
        ("slope on the context [mm]", "slope on the curl field [mm m/(N s)]"),
    ),
    "slopes",
    kind="slopes",
    caption="Slopes of the distance that a stimulated unit moves the hand at rest, on "
    "the context and on the amplitude of a curl field, a dot for each unit, coloured "
    "by training std. Without a context input the first slope is 0.",
    models=trained.table,
)

# %% [markdown]
# ## Silencing every unit
#
# Each unit is held at zero in turn, during whole reaches in all directions.

# %%
silenced = stimulation.ablate(stacked, loop, reaches)
lost = by_std(silenced.error)
kept = {name: float(np.mean(values < 5)) for name, values in lost.items()}
worst = {name: float(np.max(values)) for name, values in lost.items()}
for std in stds:
    of_std, name = {"field_std": std}, names[std]
    meaning = "share of units and directions where silencing adds less than 5 % error"
    catalogue.record("dispensable", kept[name], "1", meaning, member=of_std)
    meaning = "largest end error that silencing one unit adds"
    catalogue.record(
        "worst_ablation", worst[name], "% of reach", meaning, member=of_std
    )
Markdown(
    "; ".join(
        f"at {name}, {kept[name]:.0%} of units and directions lose less than 5 % of "
        f"the reach, and the worst {worst[name]:.3g} %"
        for name in names.values()
    )
)

# %% tags=["figure"]
ends = {names[std]: trained.of_std(std)[0] for std in (stds[0], stds[-1])}
catalogue.save_figure(
    figures.by_direction(
        {name: silenced.moved[place] for name, place in ends.items()},
        "largest distance from the intact path [% of reach]",
    ),
    "ablation",
    kind="ablation",
    caption="Largest distance from the path of the intact network when one unit is "
    "silenced during a reach of 0.5 m, by unit and direction of the reach, of one "
    "network of the lowest and one of the highest training std. Units are sorted by "
    "their largest effect.",
    models=trained.table,
)

# %% [markdown]
# ## Modes of the dynamics, and random directions
#
# At each place of a grid, the network with constant feedback has a fixed point, and its
# map has a Jacobian there. We stimulate along three modes of that Jacobian: the slowest
# real mode, the mode that oscillates fastest and the mode that decays fastest. For
# comparison we stimulate along random directions of the same length.

# %%
trials, modes = stimulation.rests(stacked, loop, grid, several[0])
kicks = stimulation.along_modes(modes, size, random, evaluation_seed)
kicked = stimulation.stimulate(stacked, loop, trials, kicks, start, duration)
distance = 1000 * np.where(np.isfinite(kicks[..., 0]), kicked.moved, np.nan)
kinds = [*stimulation.MODES, "random"]
split = {
    kind: distance[..., [k]] if k < len(kinds) - 1 else distance[..., k:]
    for k, kind in enumerate(kinds)
}
by_place = np.nanmedian(split["random"], axis=-1)
further = {
    kind: np.nanmean(split[kind][..., 0] > by_place, axis=-1)
    for kind in stimulation.MODES
}
missing = int(np.sum(~np.isfinite(kicks[..., 0])))
meaning = "number of modes that do not exist at a place"
catalogue.record("missing_modes", missing, "1", meaning)
Markdown(f"{missing} of {kicks[..., :3, 0].size} modes do not exist at their place.")

# %% tags=["figure"]
catalogue.save_figure(
    figures.boxes(
        {kind: by_std(values) for kind, values in split.items()},
        colours,
        "distance that the hand is moved [mm]",
    ),
    "modes",
    kind="stimulation",
    caption=f"Distance that the hand is moved at rest at {grid**2} places by vectors "
    f"of length {size:g} that are added to the hidden state for {duration} steps, "
    "along three modes of the Jacobian at the fixed point and along random directions, "
    "by training std.",
    models=trained.table,
)

# %% [markdown]
# ## Impulses of feedback of increasing size
#
# Impulses are added to the position or velocity feedback of the resting hand. On these
# axes a response in proportion to the impulse has a slope of 1.

# %%
sizes = {
    "position": [0.1, 0.3, 0.6, 1.2, 1.8],  # [m]
    "velocity": [0.1, 0.2, 0.4, 0.8, 1.2],  # [m/s]
}
forces = {
    variable: stimulation.deceived(
        stacked, loop, trials, [(variable, x) for x in at], start, duration
    ).mean(axis=-1)
    for variable, at in sizes.items()
}
saturation = {}
for variable, at in sizes.items():
    gain = forces[variable] / np.array(at)
    saturation[variable] = by_std(gain[:, -1] / gain[:, 0])
    for std in stds:
        value = float(np.median(saturation[variable][names[std]]))
        meaning = f"gain for the largest over that for the smallest {variable} impulse"
        of_std = {"field_std": std}
        catalogue.record(f"saturation_{variable}", value, "1", meaning, member=of_std)

# %% tags=["figure"]
catalogue.save_figure(
    figures.answers(
        sizes, {variable: by_std(force) for variable, force in forces.items()}, colours
    ),
    "deceived-senses",
    kind="answers to impulses",
    caption=f"Largest net force in response to an impulse of {duration} steps of the "
    "position or velocity feedback of a resting hand, against the size of the impulse, "
    "median and range over the replicates of each training std.",
    models=trained.table,
)

# %% [markdown]
# ## Verdict

# %% tags=["claims"]
claims, highest = Claims(), names[stds[-1]]
claims.target(
    "first_output",
    "Stimulation after the cell's update changes the first output by exactly the "
    "column of the readout.",
    reference="below 1e-5 N",
    ours=f"{miss:.1e} N",
    holds=miss < 1e-5,
)
claims.target(
    "push_aligned",
    "At rest a stimulated unit moves the hand in the direction of its readout, by mean "
    "cosine at every training std.",
    reference="above 0.5",
    ours="; ".join(f"{one} at {names[std]}" for std, one in likeness.items()),
    holds=[one.median > 0.5 for one in likeness.values()],
)
claims.target(
    "no_unit_indispensable",
    "Silencing any one unit adds less than 5 % of the reach to the end error.",
    reference="below 5 %",
    ours="; ".join(f"{x:.3g} % at {name}" for name, x in worst.items()),
    holds=[x < 5 for x in worst.values()],
)

# %% tags=["claims"]
share = by_std(further["least stable real"])
claims.target(
    "slow_mode_moves_more",
    "Stimulation along the slowest real mode moves the hand further than along the "
    "median random direction, at most places and at every training std.",
    reference="above 0.5 of the places",
    ours="; ".join(f"{Summary.of(x)} at {name}" for name, x in share.items()),
    holds=[Summary.of(x).median > 0.5 for x in share.values()],
)
firmest, yielding = (
    float(np.median(moved["at rest"][names[s]])) for s in (stds[-1], stds[0])
)
less = "A stimulated unit moves the resting hand less at the highest training std than "
less += "at the lowest."
if len(stds) > 1:
    claims.target(
        "training_makes_firm",
        less,
        reference=f"below {yielding:.3g} mm",
        ours=f"{firmest:.3g} mm",
        holds=firmest < yielding,
    )
else:
    why = "these models have one training std"
    claims.leave("training_makes_firm", less, reference="less", reason=why)

# %% tags=["claims"]
words = "At the highest training std a unit moves the hand less at a higher context: "
words += "the slope on the context is negative for most units."
if len(several) > 1:
    falling = float(np.mean(by_std(slopes)[highest][..., 0] < 0))
    claims.target(
        "context_makes_firm",
        words,
        reference="above 0.5 of the units",
        ours=f"{falling:.2f}",
        holds=falling > 0.5,
    )
else:
    why = "these models have no context input, or only one context was tested"
    claims.leave("context_makes_firm", words, reference="above 0.5", reason=why)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)

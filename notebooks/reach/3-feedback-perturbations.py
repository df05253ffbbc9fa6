# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # To which feedback does a robust controller respond more strongly?
#
# A controller has two kinds of feedback, the position and the velocity of the hand.
# While the hand rests on its goal, an impulse of feedback reports for a fraction of a
# second that the hand is elsewhere or that it moves. The force with which the
# controller responds is its gain for that feedback. The gain can also be estimated from
# feedback noise, at each frequency.
#
# **You will see** responses to impulses of position and velocity feedback, their
# measures by size of the impulse, and gain, phase and coherence over frequency.
# **Needs** models of `1-train`, chosen by their parameters. **Takes** a minute for
# twenty models on two cores.
#
# Impulses point in a random direction at each place of a grid. All results are rotated
# into the frame of the impulse. "Forward" is along the impulse, and a controller that
# corrects it pushes backwards. All models get the same impulses and the same noise. The
# *training std* is the standard deviation of the field strength in training.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are tested
context: float = 0.0  # [1] context given to models that have a context input
grid: int = 3  # [1] in [1, 20]: places at rest are grid × grid
position_impulse: float = 1.8  # [m] in (0, inf): largest impulse of position feedback
velocity_impulse: float = 1.2  # [m/s] in (0, inf): largest impulse of velocity feedback
sizes: int = 3  # [1] in [1, 20]: number of sizes of each impulse, up to the largest
start: int = 30  # [steps] in [0, inf): time at which an impulse begins
duration: int = 5  # [steps] in [1, inf): duration of an impulse
evaluations: int = 2  # [1] in [1, 1000]: repeats of each impulse, with other noise
noise: float = 0.1  # [m and m/s] in (0, inf): feedback noise for frequency responses
noise_steps: int = 200  # [steps] in [32, inf): trial length for frequency responses
noise_grid: int = 3  # [1] in [1, 20]: places for frequency responses
noise_evaluations: int = 4  # [1] in [1, 1000]: repeats for frequency responses
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of noise and directions
# fmt: on

# %%
import jax
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.reach import evaluation, figures, frequency, metrics, reductions
from studies.reach import robustness as robust
from studies.reach.tasks import steady_states
from studies.reach.trained import load_trained

# %% [markdown]
# ## The models, and the memory of their evaluation
#
# A replicate is excluded if its lowest validation loss is more than two standard
# deviations above that of the best replicate of its training std. This rule is taken
# from [laboratory notes](/pages/references.qmd#reach-notes) on this task. Where
# replicates agree closely, it also excludes some that have learned well.

# %%
trained = load_trained(catalogue, models)
stacked, loop, stds = trained.controllers, trained.loop, trained.stds
evaluation.check_window(loop, start, duration)
keys = jax.random.split(jax.random.key(evaluation_seed), 4)


# %%
def at_rest(grid):
    """Trials that hold each place of a grid, as the models know trials."""
    trials = steady_states(grid)
    return trials._replace(context=trials.context + context)


shares = np.arange(1, sizes + 1) / sizes
largest = {"position": position_impulse, "velocity": velocity_impulse}
variants = [
    {"variable": variable, "size": round(float(share * most), 6)}
    for variable, most in largest.items()
    for share in shares
]
pairs = [(variant["variable"], variant["size"]) for variant in variants]
trials, probes = evaluation.impulses(at_rest(grid), pairs, start, duration, keys[0])
reduction = reductions.ImpulseReduction(loop, start, duration)
memory = evaluation.memory(stacked, loop, trials, evaluations, reduction, probes)
catalogue.record("memory", memory.held / 1e6, "MB", "memory held during the evaluation")
Markdown(
    f"{trained}. {grid * grid} places × {evaluations} repeats "
    f"× {len(variants)} impulses each: {memory}."
)

# %% [markdown]
# **Prediction.** A larger training std should raise the gains for both kinds of
# feedback. A curl field acts through velocity, so the gain for velocity should grow
# more than the gain for position. The frequency response should show the same, most of
# all below about one hertz, where the hand follows the command.

# %%
evaluated = evaluation.evaluate(
    stacked, loop, trials, evaluations, keys[1], reduction, probes
)
frame = reductions.table(evaluated.measures, trained.members, variants)
keep = reductions.PathReduction(loop)
paths = evaluation.evaluate(
    stacked, loop, trials, min(evaluations, 2), keys[1], keep, probes
)
of_largest = {
    variable: pairs.index((variable, largest[variable])) for variable in largest
}
during = (start * loop.dt, (start + duration) * loop.dt)
units = {"position": "m", "velocity": "m/s"}


# %%
def called(variable):
    """The largest impulse of a feedback variable, in words."""
    return f"{variable} impulse of {largest[variable]:g} {units[variable]}"


# %% [markdown]
# ## Example trials
#
# The figures show the responses to the largest impulses, in the frame of the impulse.
# The hand starts at the origin and moves because the controller corrects an error that
# does not exist. It should move backwards after both kinds of impulse.


# %%
shown = figures.Shown(paths, trained)
sets = {variable: shown.by_std(place) for variable, place in of_largest.items()}
edges = {variable: figures.limits_of([groups]) for variable, groups in sets.items()}

# %% tags=["figure"]
for variable, groups in sets.items():
    catalogue.save_figure(
        figures.aligned_paths(groups, 0.0, edges[variable]).update_layout(
            title=called(variable)
        ),
        f"trials-{variable}",
        kind="impulse trials",
        caption="Position, velocity and force during trials with a "
        f"{called(variable)}, in the frame of the impulse, coloured by training std.",
        models=trained.table,
        parameters={"variable": variable},
    ).show()

# %% [markdown]
# ## Response profiles
#
# Lines are means and areas are one standard deviation over places, repeats and
# replicates. The grey area is the time of the impulse. Along the impulse there should
# be a quick push backwards, a rebound and a slow return, and across it no response.


# %%
quantities = ("position", "velocity", "force")
by_variable = {
    variable: figures.bands_by_std(trained, evaluated.profile, place, quantities)
    for variable, place in of_largest.items()
}
line_colours = figures.std_colours(trained)

# %% tags=["figure"]
for variable, band in by_variable.items():
    catalogue.save_figure(
        figures.profiles(band, line_colours, loop.dt, shaded=during).update_layout(
            title=called(variable)
        ),
        f"profiles-{variable}",
        kind="response profiles",
        caption=f"Position, velocity and force over time in trials with a "
        f"{called(variable)} (grey area), mean and standard deviation over trials and "
        "replicates, by training std.",
        models=trained.table,
        parameters={"variable": variable},
    ).show()

# %% [markdown]
# The next figure shows both kinds of impulse together, around the time of the impulse,
# for the lowest and the highest training std.

# %%
both = {
    f"{variable}, std {std:g}": (variable, std)
    for std in dict.fromkeys((stds[0], stds[-1]))
    for variable in largest
}
overlay = {
    quantity: {
        name: by_variable[variable][quantity][figures.std_name(std)]
        for name, (variable, std) in both.items()
    }
    for quantity in quantities
}
dashes = {
    name: "dot" if variable == "position" else "solid"
    for name, (variable, _) in both.items()
}

# %% tags=["figure"]
fig = figures.profiles(
    overlay,
    {name: trained.colours[std] for name, (_, std) in both.items()},
    loop.dt,
    shaded=during,
    dashes=dashes,
)
close = [(start - 1) * loop.dt, (start + duration + 5) * loop.dt]
catalogue.save_figure(
    fig.update_xaxes(range=close),
    "profiles-close",
    kind="response profiles",
    caption="Position, velocity and force over time around the largest impulses of "
    "position feedback (dotted) and velocity feedback (solid), mean and standard "
    "deviation, of models of the lowest and the highest training std.",
    models=trained.table,
)

# %% [markdown]
# ## Measures
#
# We measure the largest forces during and after the impulse, and the largest deviation
# of the hand. The first figures compare both kinds of impulse at the largest size, the
# next compare sizes.

# %%
TOLD = (
    "max_net_force",
    "max_net_force_during",
    "max_net_force_after",
    "max_parallel_force_reverse",
    "max_deviation",
)
of_variable = {
    variable: frame.query("variable == @variable").reset_index(drop=True)
    for variable in largest
}
summaries = {
    variable: {name: robust.summary(rows, name, "size") for name in evaluated.measures}
    for variable, rows in of_variable.items()
}
for variable in largest:
    where = f"{variable} impulse of size"
    robust.record(catalogue, summaries[variable], TOLD, where, f"_{variable}")

# %%
text = [
    f"**{metrics.words(name).capitalize()} [{metrics.unit(name)}], impulse of "
    f"{variable} feedback**\n\n"
    + robust.markdown(
        robust.grid(summaries[variable][name]),
        f"size [{units[variable]}] \\ training std",
    )
    for name in ("max_net_force", "max_deviation")
    for variable in largest
]
Markdown("\n\n".join(text))

# %% tags=["figure"]
strongest = frame[
    frame["size"]
    == frame["variable"].map({k: pairs[v][1] for k, v in of_largest.items()})
]
of_kind = {variable: figures.variable_colour(variable) for variable in largest}
for name in TOLD:
    catalogue.save_figure(
        figures.measure_violins(
            strongest,
            name,
            ("field_std", "training std"),
            ("variable", "impulse of"),
            of_kind,
            f"{metrics.words(name)} [{metrics.unit(name)}]",
        ),
        f"largest-{name.replace('_', '-')}",
        kind="measure violins",
        caption=f"{metrics.words(name).capitalize()} of each trial with the largest "
        "impulses, by training std, coloured by the feedback that was perturbed.",
        models=trained.table,
    ).show()

# %% tags=["figure"]
for variable, rows in of_variable.items():
    title = metrics.words("max_net_force")
    catalogue.save_figure(
        figures.measure_violins(
            rows,
            "max_net_force",
            ("size", f"impulse of {variable} feedback [{units[variable]}]"),
            ("field_std", "training std"),
            trained.colours,
            f"{title} [N]",
        ),
        f"force-by-size-{variable}",
        kind="measure violins",
        caption=f"{title.capitalize()} of each trial by the size of an impulse of "
        f"{variable} feedback, coloured by training std.",
        models=trained.table,
        parameters={"variable": variable},
    ).show()

# %% [markdown]
# ## Frequency response
#
# The hand rests while its feedback is noisy. The network's output, before motor noise,
# is compared with the noise that was added to each kind of feedback. This estimates the
# gain of the closed loop, because the movement of the hand feeds back to the network.
# Where the coherence is low, other inputs and nonlinearity determine the output, and
# gain and phase mean little.

# %%
noisy = evaluation.common_loop(
    trained.rows, sensory_noise=noise, motor_noise=noise, steps=noise_steps
)
spectral = frequency.SpectraReduction(noisy, skip=noise_steps // 10)
resting = jax.tree.map(lambda x: x[None], at_rest(noise_grid))
spectra = evaluation.evaluate(
    stacked, noisy, resting, noise_evaluations, keys[3], spectral
)
responses = {
    variable: frequency.by_member(spectra, spectral.samples, noisy.dt, variable)
    for variable in largest
}
by_frequency = {
    variable: {
        figures.std_name(std): [responses[variable][k] for k in trained.of_std(std)]
        for std in stds
    }
    for variable in largest
}

# %% tags=["figure"]
catalogue.save_figure(
    figures.frequency_response(by_frequency, line_colours),
    "frequency-response",
    kind="frequency response",
    caption="Closed-loop gain, phase and coherence over frequency, from the noise of "
    "each kind of feedback to the output, median and range over replicates, by "
    "training std.",
    models=trained.table,
)

# %%
low = {}
for variable in largest:
    for std in stds:
        of_these = [responses[variable][place] for place in trained.of_std(std)]
        below = of_these[0].frequency <= frequency.LOW
        value = float(np.median([one.gain[below].mean() for one in of_these]))
        member, unit = {"field_std": std}, figures.GAIN[variable]
        meaning = f"mean gain for {variable} below one hertz, median over replicates"
        catalogue.record(f"gain_{variable}", value, unit, meaning, member=member)
        coherence = float(np.median([one.coherence.max() for one in of_these]))
        meaning = f"largest coherence with {variable} noise, median over replicates"
        catalogue.record(
            f"coherence_{variable}", coherence, "1", meaning, member=member
        )
        low[variable, std] = value

# %% [markdown]
# **Verdict.** We take the largest force after the largest impulse as the gain for that
# kind of feedback. The frequency response below one hertz gives a second, independent
# estimate.

# %%
gains = {
    variable: robust.at(summaries[variable]["max_net_force"], pairs[place][1])
    for variable, place in of_largest.items()
}
growth = {variable: robust.growth(values) for variable, values in gains.items()}
growth_low = {
    variable: low[variable, stds[-1]] / low[variable, stds[0]] for variable in largest
}
several = len(stds) > 1
for variable in largest if several else ():
    over = "at the highest training std over that at the lowest"
    meaning = f"force after a {variable} impulse {over}"
    catalogue.record(f"force_ratio_{variable}", growth[variable], "1", meaning)
    meaning = f"gain for {variable} below one hertz {over}"
    catalogue.record(f"gain_ratio_{variable}", growth_low[variable], "1", meaning)
rises = all(robust.direction(values) == 1 for values in gains.values())
more = growth["velocity"] > growth["position"]
same = (growth_low["velocity"] > growth_low["position"]) == more

# %%
words = [
    robust.trend(values, f"the force after a {called(variable)}", "N")
    for variable, values in gains.items()
]
text = (
    f"From the lowest to the highest training std the force grows "
    f"{growth['velocity']:.3g}-fold for velocity and {growth['position']:.3g}-fold for "
    f"position; below {frequency.LOW:g} Hz the gain grows {growth_low['velocity']:.3g}-"
    f"fold and {growth_low['position']:.3g}-fold."
)
text = text if several else ""
claims = [
    robust.verdict(holds, claim, judged=several)
    for holds, claim in (
        (rises, "the force rises with the training std for both kinds."),
        (more, "it grows more for velocity than for position."),
        (same, "the frequency response agrees about which grows more."),
    )
]
whole = " ".join([*claims, text]).replace("**", "").strip()
catalogue.record("verdict", whole, "-", "whether the predictions hold, in sentences")
Markdown("\n\n".join([*claims, *words, text]))

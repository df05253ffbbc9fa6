# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can an input set how robust a controller is?
#
# The controllers of this notebook were trained under random fields, and an input told
# them on every trial how strong the field might be. Here that input, the *context*, is
# varied while the field stays the same. We also use contexts outside the range of the
# training. The *training std* is the standard deviation of the field strength in
# training, and the *method* says how the context was related to the field.
#
# **You will see** reaches, profiles and measures by context, and for each trial the
# context at which its path is straightest. **Needs** models of `1-train` that have a
# context input, of one method and one kind of field. **Takes** two minutes for twenty
# models on two cores.
#
# All models, fields and contexts meet the same reaches and the same noise.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
models: dict = {  # [-] which models are tested
    "where": {"notebook": "reach/train", "method": "pai-asf", "field": "curl"}
}
field: Literal["curl", "constant"] = "curl"  # [-] kind of field in the test
amplitudes: list[float] = [0.0, 4.0]  # [N s/m] in [0, inf): ascending; in N if constant
contexts: list[float] = [-2.0, -1.0, 0.0, 1.0, 2.0]  # [1] contexts, ascending
grid: int = 1  # [1] in [1, 10]: reaches begin at grid × grid places
directions: int = 8  # [1] in [2, 360]: reaches from each place
evaluations: int = 2  # [1] in [1, 1000]: repeats of each reach, with other noise
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of the noise in the test
# fmt: on

# %%
import jax
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies import evidence
from studies.reach import contexts as told
from studies.reach import (
    evaluation,
    figures,
    metrics,
    published,
    reductions,
    sources,
    straightness,
    tasks,
)
from studies.reach.figures import context_effects
from studies.reach.trained import load_trained

# %% [markdown]
# ## What is known
#
# A [poster](/pages/references.qmd#reach-poster) shows networks whose context was a
# factor of the field's strength, between 0 and 1. In a curl field of 4 N s/m, the
# largest lateral distance falls from 52 to 13 % of the reach between contexts −3 and 3
# after training at std 1.5. Without a field in training it stays between 44 and 48 %.
# [Laboratory notes](/pages/references.qmd#reach-notes) of the same authors add that the
# effect extends outside the trained range. Below 0, networks are less robust than after
# any training, and above 1 they overshoot. The notes ask at which context the path is
# straightest and give no answer.
#
# ## Prediction
#
# At the largest training std, the lateral distance should fall with every step of the
# context from −1 to 2. Without a field in training the context has no meaning, so the
# distance should change by less than a tenth. The force should grow with the context.
# The path should be straightest at a context above 1, because the field of the test is
# stronger than most fields in training.

# %%
trained = load_trained(catalogue, models)
method = told.listens(trained.rows)
stacked, loop, stds = trained.controllers, trained.loop, trained.stds
keys = jax.random.split(jax.random.key(evaluation_seed), 2)
strongest = float(amplitudes[-1])
unit = "N s/m" if field == "curl" else "N"


# %%
def across(reaches, fields):
    """These reaches under each of the fields and each context, in this order."""
    several = evaluation.across_fields(reaches, field, fields)
    return told.across_contexts(several, contexts)


NAMES = (
    *metrics.PLANT_WITH_CONTEXT,
    "max_orthogonal_distance_left",
    "sum_orthogonal_distance",
)
many = across(tasks.centre_out(grid, directions), amplitudes)
few = across(tasks.centre_out(grid=1, directions=7), [strongest])
reduction = reductions.ReachReduction(loop, NAMES)
memory = evaluation.memory(stacked, loop, many, evaluations, reduction)
catalogue.record("memory", memory.held / 1e6, "MB", "memory held at a time")
Markdown(
    f"{trained}, method {method}. {many.curl.shape[1]} reaches × {evaluations} "
    f"repeats × {len(amplitudes)} fields × {len(contexts)} contexts each: {memory}."
)

# %%
result = evaluation.evaluate(stacked, loop, many, evaluations, keys[0], reduction)
variants = told.named_variants([{"amplitude": float(a)} for a in amplitudes], contexts)
frame = reductions.table(result.measures, trained.members, variants)
means = told.model_means(frame, "amplitude")
keep = reductions.PathReduction(loop)
paths = evaluation.evaluate(stacked, loop, few, 1, keys[1], keep)
context_colours = {f"context {c:g}": figures.context_colour(c) for c in contexts}

# %% [markdown]
# ## The simplest case: paths by context
#
# The figures show all replicates of the lowest and of the highest training std, one
# trial in each direction, under the strongest field, in the frame of the reach. If the
# context sets the robustness, the paths are ordered by colour. Without a field in
# training they should coincide.


# %%
def paths_of(std, place, css):
    """The paths of a training std at one context."""
    panels, words = reductions.choose(
        paths, trained.of_std(std), place, seeds=trained.seeds
    )
    return figures.Group(panels, css, words)


by_context = {
    std: {
        name: paths_of(std, place, css)
        for place, (name, css) in enumerate(context_colours.items())
    }
    for std in dict.fromkeys((stds[0], stds[-1]))
}
by_std = {
    context: {
        f"training std {std:g}": paths_of(std, place, trained.colours[std])
        for std in stds
    }
    for place, context in enumerate(contexts)
}
every = [*by_context.values(), *by_std.values()]
edges = figures.limits([one for groups in every for one in groups.values()])

# %% tags=["figure"]
for std, groups in by_context.items():
    catalogue.save_figure(
        figures.aligned_paths(groups, tasks.REACH, edges).update_layout(
            title=f"training std {std:g}"
        ),
        f"aligned-by-context-std-{std:g}",
        kind="aligned reaches by context",
        caption=f"Position, velocity and force along and across the reach in a {field} "
        f"field of {strongest:g} {unit}, by context, of all replicates of training std "
        f"{std:g}, method {method}. Thick lines are means.",
        models=trained.table.iloc[trained.of_std(std)],
        parameters={"field_std": std},
    ).show()

# %% [markdown]
# The next figures show the same paths by training std, at each context. At a low
# context, networks trained in fields should be no more robust than networks trained
# without.

# %% tags=["figure"]
for context, groups in by_std.items():
    catalogue.save_figure(
        figures.aligned_paths(groups, tasks.REACH, edges).update_layout(
            title=f"context {context:g}"
        ),
        f"aligned-by-std-context-{context:g}",
        kind="aligned reaches by std",
        caption=f"Position, velocity and force along and across the reach in a {field} "
        f"field of {strongest:g} {unit} at context {context:g}, by training std, "
        f"method {method}. Thick lines are means.",
        models=trained.table,
        parameters={"context": context},
    ).show()

# %% [markdown]
# ## Profiles
#
# The figures show velocity and force over time at the highest training std, as mean and
# one standard deviation over directions, repeats and replicates. At a high context the
# network should push harder from the start, also without a field.


# %%
def bands(place):
    """Velocity and force over time in one field, by context, at the highest std."""
    members = trained.of_std(stds[-1])
    first = place * len(contexts)
    return {
        quantity: {
            name: reductions.spread(
                np.asarray(getattr(result.profile, quantity))[members, first + k]
            )
            for k, name in enumerate(context_colours)
        }
        for quantity in ("velocity", "force")
    }


by_place = {place: bands(place) for place in (0, len(amplitudes) - 1)}
band_edges = figures.profile_limits(list(by_place.values()))

# %% tags=["figure"]
for place, band in by_place.items():
    catalogue.save_figure(
        figures.profiles(band, context_colours, loop.dt, band_edges).update_layout(
            title=f"{field} field of {amplitudes[place]:g} {unit}"
        ),
        f"profiles-amplitude-{amplitudes[place]:g}",
        kind="profiles by context",
        caption="Velocity and force over time, along and across the reach, in a "
        f"{field} field of {amplitudes[place]:g} {unit}, by context, mean and one "
        f"standard deviation, training std {stds[-1]:g}, method {method}.",
        models=trained.table.iloc[trained.of_std(stds[-1])],
        parameters={"amplitude": amplitudes[place]},
    ).show()

# %% [markdown]
# The next figures compare the velocity in the strongest field between training stds, at
# the lowest and the highest context. The curves should differ more at the highest
# context.


# %%
def bands_by_std(context):
    """Velocity over time in the strongest field, by training std."""
    place = (len(amplitudes) - 1) * len(contexts) + contexts.index(context)
    velocity = np.asarray(result.profile.velocity)[:, place]
    named = {
        f"training std {std:g}": reductions.spread(velocity[trained.of_std(std)])
        for std in stds
    }
    return {"velocity": named}


extremes = {context: bands_by_std(context) for context in (contexts[0], contexts[-1])}
band_edges = figures.profile_limits(list(extremes.values()))
std_colours = {f"training std {std:g}": trained.colours[std] for std in stds}

# %% tags=["figure"]
for context, band in extremes.items():
    catalogue.save_figure(
        figures.profiles(band, std_colours, loop.dt, band_edges).update_layout(
            title=f"context {context:g}"
        ),
        f"velocity-by-std-context-{context:g}",
        kind="profiles by std",
        caption=f"Velocity over time, along and across the reach, in a {field} field "
        f"of {strongest:g} {unit} at context {context:g}, by training std, mean and "
        f"one standard deviation, method {method}.",
        models=trained.table,
        parameters={"context": context},
    ).show()

# %% [markdown]
# ## Measures against context
#
# Each measure is averaged over the trials of a replicate. Lines are medians over
# replicates and areas their range. The grey area is the range from 0 to 1, which
# contexts have in training if they are a switch or a factor. Contexts that give the
# size of the field (method dai) exceed it.

# %%
SHOWN = (
    "max_orthogonal_distance_left",
    "end_position_error",
    "max_net_force",
    "max_parallel_vel_forward",
)
named = {f"training std {std:g}": std for std in stds}


def at(std, amplitude=strongest, **more):
    """The models of a training std in one field, a row for each context."""
    return evidence.where(means, field_std=std, amplitude=amplitude, **more)


panels = {
    f"{metrics.words(measure)}<br>[{metrics.unit(measure)}]": {
        name: told.curves(at(std), measure) for name, std in named.items()
    }
    for measure in SHOWN
}
pairs = [dict(list(panels.items())[k : k + 2]) for k in (0, 2)]

# %% tags=["figure"]
for pair, about in zip(pairs, ("deviation", "effort"), strict=True):
    catalogue.save_figure(
        context_effects.against_context(contexts, pair, std_colours),
        f"{about}-against-context",
        kind="measures against context",
        caption=f"Measures of {about} against the context in a {field} field of "
        f"{strongest:g} {unit}, by training std, method {method}, median and range "
        "over replicates. The grey area is the trained range of a switch or a factor.",
        models=trained.table,
    ).show()

# %%
for measure in (*NAMES, "output_correlation"):
    words, of = metrics.words(measure), metrics.unit(measure)
    meaning = f"{words} in the strongest field, median over replicates"
    for std in stds:
        for context, value in told.medians(at(std), measure).items():
            member = {"field_std": std, "context": context}
            catalogue.record(measure, value, of, meaning, member=member)
means.to_csv(catalogue.artifact("measures.csv"), index=False)
cells = [
    [f"{c:g}", *(at(std, context=c).text(measure) for std in stds)]
    for measure in SHOWN[:1]
    for c in contexts
]
head = ["context", *(f"training std {std:g}" for std in stds)]
Markdown(
    f"{metrics.words(SHOWN[0]).capitalize()} [{metrics.unit(SHOWN[0])}] in a {field} "
    f"field of {strongest:g} {unit}:\n\n{evidence.markdown(head, cells)}"
)

# %% tags=["figure"]
in_field = frame[frame["amplitude"] == strongest]
for measure in SHOWN[:2]:
    catalogue.save_figure(
        figures.measure_violins(
            in_field,
            measure,
            ("context", "context [1]"),
            ("field_std", "training std"),
            trained.colours,
            f"{metrics.words(measure)} [{metrics.unit(measure)}]",
        ),
        f"violins-{measure.replace('_', '-')}",
        kind="measure violins by context",
        caption=f"{metrics.words(measure).capitalize()} of every trial by context and "
        f"training std, in a {field} field of {strongest:g} {unit}, method {method}.",
        models=trained.table,
    ).show()

# %% [markdown]
# ## The context at which the path is straightest
#
# The deviation of a path is the integral over time of the size of its lateral distance.
# We compute it for each trial at every context. A parabola through the lowest value and
# its two neighbours gives the context of the minimum. If the lowest value is at an end
# of the contexts, the minimum may lie beyond, and the trial is counted as such. The
# *saved* share is the fall of the deviation from the worst context to the best. If it
# is small, the context does not matter.

# %%
deviation = told.split_contexts(
    result.measures["sum_orthogonal_distance_abs"], len(contexts)
)
along = np.moveaxis(deviation, 2, -1)  # (member, amplitude, evaluation, condition, ·)
fields = [k for k, amplitude in enumerate(amplitudes) if amplitude > 0]
best = {
    (std, amplitudes[k]): straightness.straightest(
        np.array(contexts, float), along[trained.of_std(std), k]
    )
    for std in stds
    for k in fields
}
sums = {key: straightness.summary(one) for key, one in best.items()}

# %%
for (std, amplitude), one in sums.items():
    member = {"field_std": std, "amplitude": amplitude}
    for name, value, meaning in (
        (
            "straightest",
            one.median,
            "context of the straightest path, median of trials",
        ),
        (
            "straightest_low",
            one.lowest,
            "context of the straightest path, 10th percentile",
        ),
        (
            "straightest_high",
            one.highest,
            "context of the straightest path, 90th percentile",
        ),
        (
            "straightest_saved",
            one.saved,
            "share of the deviation saved at best context",
        ),
    ):
        catalogue.record(name, value, "1", meaning, member=member)

# %%
rows = [
    [f"{std:g}", f"{amplitude:g}", str(one), one.below, one.above, one.saved]
    for (std, amplitude), one in sums.items()
]
head = ["training std", f"{field} [{unit}]", "straightest at context (10 to 90 %)"]
head += ["at or below the lowest [1]", "at or above the highest [1]", "saved [1]"]
Markdown(evidence.markdown(head, rows, text=3))

# %% tags=["figure"]
straight = in_field[in_field["context"] == contexts[0]].copy()
for std in stds:
    same = straight["field_std"] == std
    straight.loc[same, "straightest"] = best[std, strongest].context.ravel()
catalogue.save_figure(
    figures.measure_violins(
        straight.assign(amplitude=strongest),
        "straightest",
        ("field_std", "training std"),
        ("amplitude", f"{field} field of"),
        {strongest: figures.amplitude_colour(strongest, strongest)},
        "context of the straightest path [1]",
    ),
    "straightest",
    kind="straightest context",
    caption="Context at which the path of a trial is straightest, by training std, in "
    f"a {field} field of {strongest:g} {unit}, method {method}. Trials at the lowest "
    "or highest context may be straightest beyond it.",
    models=trained.table,
)

# %% [markdown]
# ## Verdict

# %%
BY_FIELD = {
    "curl": {
        "falls": "52, 21, 13 % at −3, 0, 3",
        "flat": "48, 45, 44 % at −3, 0, 3",
        "force": "2.05/1.5 at std 1.5, 1.3/1.45 at std 0, contexts 3/−3",
        "outside": "anti-robust below 0, hyper-robust from 2 on",
    },
    "constant": {
        "falls": "signed sum 13.5, 11, 6, 2.3, −0.7 from −2 to 2, std 0.04",
        "flat": "28.5 % at all contexts",
        "force": "1.65/0.65 at std 0.32 (bcs), 1.03 N at std 0, contexts 2/−2",
        "outside": "end error 32 % at −2; the sum changes its sign at 2, std 0.04",
    },
}
reported = BY_FIELD[field]
claims = evidence.Claims(sources.POSTER if field == "curl" else sources.METHODS)
none = at(0.0)
robust = at(stds[-1]) if stds[-1] > 0 else evidence.NOTHING
distance, idle = (told.medians(group, SHOWN[0]) for group in (robust, none))
low, high = min(contexts), max(contexts)

# %% tags=["claims"]
claims.test(
    "distance_falls_with_context",
    f"At training std {stds[-1]:g} the lateral distance falls with every step of the "
    "context from −1 to 2.",
    reference=reported["falls"],
    ours=told.said(distance, "%"),
    holds=told.falls(distance, -1.0, 2.0),
    models=[robust],
)
flat = told.change(idle, -1.0, 2.0)
claims.test(
    "flat_without_training",
    "Without a field in training the context changes the lateral distance by less than "
    "a tenth.",
    reference=reported["flat"],
    ours=f"{told.said(idle, '%')}; changes by {100 * flat:.2g} % from −1 to 2",
    holds=flat < 0.1,
    models=[none],
)

# %% tags=["claims"]
forces, idle_forces = (told.medians(x, "max_net_force") for x in (robust, none))
grown = forces.get(high, np.nan) / forces.get(low, np.nan)
idle_grown = idle_forces.get(high, np.nan) / idle_forces.get(low, np.nan)
claims.test(
    "force_grows_with_context",
    "From the lowest to the highest context the largest net force grows by more than a "
    "tenth after training in a field, and by less after training without.",
    reference=reported["force"],
    ours=f"{grown:.3g}-fold and {idle_grown:.3g}-fold",
    holds=[grown > 1.1, idle_grown < 1.1],
    models=[robust, none],
)
outside = [low < 0 and distance.get(low, 0) > distance.get(0.0, np.inf)]
outside += [high > 1 and distance.get(high, np.inf) < distance.get(1.0, 0)]
claims.test(
    "extrapolates",
    "Contexts outside the trained range continue the trend: the lateral distance is "
    "larger below 0 and smaller above 1.",
    reference=reported["outside"],
    ours=told.said(distance, "%"),
    holds=outside,
    models=[robust],
    source=sources.NOTES,
)

# %% tags=["claims"]
gaps = {c: idle[c] - distance[c] for c in distance if c in idle}
claims.test(
    "spread_grows_with_context",
    "The difference of lateral distance between training stds grows with every step of "
    "the context from 0 on.",
    reference="grows with context",
    ours=told.said(gaps, "%"),
    holds=told.falls({c: -gap for c, gap in gaps.items()}, 0.0, high),
    models=[robust, none],
    source=sources.NOTES,
)
if field == "curl" and low <= -3:
    claims.test(
        "anti_robust",
        "At context −3 a network trained in fields deviates more than one trained "
        "without.",
        reference="52 against 48 % at −3",
        ours=f"{distance.get(-3.0, np.nan):.3g} against {idle.get(-3.0, np.nan):.3g} %",
        holds=distance.get(-3.0, np.nan) > idle.get(-3.0, np.nan),
        models=[robust, none],
    )

# %% [markdown]
# One more claim concerns constant fields. After training without a field, the forward
# velocity is reported to be the same with and without a field in the test.

# %% tags=["claims"]
if field == "constant":
    forward = np.asarray(result.profile.velocity)[..., 0, :, 0]  # means over reaches
    forward = told.split_contexts(forward, len(contexts))[trained.of_std(0.0)]
    apart = np.abs(forward[:, -1] - forward[:, 0]).max() if forward.size else np.nan
    share = float(apart / np.abs(forward).max()) if forward.size else np.nan
    claims.test(
        "same_forward_velocity",
        "Without a field in training the forward velocity in the field differs from "
        "that without by less than a twentieth of its peak.",
        reference="identical",
        ours=f"at most {100 * share:.2g} % of the peak",
        holds=share < 0.05,
        models=[none],
        source=sources.NOTES,
    )

# %% [markdown]
# The other claims concern single methods. With a switch (bcs), all training stds are
# alike when it is off. With the size of the field (dai), they differ at context 0 and
# never overshoot. With a factor (pai-asf), they overshoot.

# %% tags=["claims"]
trained_stds = [std for std in stds if std > 0]
last = {s: told.medians(at(s), "sum_orthogonal_distance")[high] for s in trained_stds}
off = [told.medians(at(std), SHOWN[0]).get(0.0, np.nan) for std in stds]
apart = (max(off) - min(off)) / off[0]
some = at(trained_stds[-1]) if trained_stds else evidence.NOTHING
if (field, method) == ("constant", "bcs"):
    claims.test(
        "switch_off_is_alike",
        "At context 0 the lateral distance differs by less than a quarter between "
        "training stds.",
        reference="about equal across stds",
        ours=f"differs by {100 * apart:.2g} %",
        holds=apart < 0.25,
        models=[none, some],
        source=sources.NOTES,
    )
if (field, method) == ("constant", "dai"):
    claims.test(
        "size_differs_and_never_overshoots",
        "At context 0 the lateral distance differs by a quarter or more between "
        "training stds, and at the highest context the hand overshoots, on average "
        "over time, at no training std.",
        reference="context 0 differs, asymptotic, no hyper-robustness",
        ours=f"differs by {100 * apart:.2g} %; {told.said(last, 'm s')}",
        holds=[apart >= 0.25, min(last.values(), default=np.nan) >= 0],
        models=[none, some],
        source=sources.NOTES,
    )

# %% tags=["claims"]
if (field, method) == ("constant", "pai-asf"):
    claims.test(
        "factor_overshoots",
        "At the highest context the hand overshoots, on average over time, at some "
        "training std.",
        reference="−0.7 at context 2, std 0.04, summed over steps",
        ours=told.said(last, "m s"),
        holds=min(last.values(), default=np.nan) < 0,
        models=[some],
    )

# %% [markdown]
# ## Comparison with published numbers
#
# One of our numbers counts as near the published one if it is within 30 % of it. If the
# published number is small, it has to be within 1 % of the reach, 0.1 N, 0.1 N s, 0.05
# m/s or 0.05 m s. Only models with the same hand, noise and time step as in the sources
# are compared.

# %% tags=["claims"]
SMALL = {"% of reach": 1.0, "N": 0.1, "N s": 0.1, "m/s": 0.05, "m s": 0.05}
known = published.in_field(field, method) if published.comparable(loop) else []
pairs = published.beside(means, known)
near = [
    abs(pair.ours.median - pair.reference.value)
    <= max(0.3 * abs(pair.reference.value), SMALL[metrics.unit(pair.reference.measure)])
    for pair in pairs
]
for name in dict.fromkeys(pair.reference.name for pair in pairs):
    good = [
        x for x, pair in zip(near, pairs, strict=True) if pair.reference.name == name
    ]
    claims.test(
        f"numbers_{name}",
        f"The published numbers called {name.replace('_', ' ')} come out.",
        reference=f"{len(good)} numbers of {method} in {field} fields",
        ours=f"{sum(good)} of them",
        holds=good,
    )
nothing = "Of these settings no number is published."
Markdown(published.as_table(pairs, near) if pairs else nothing)

# %% [markdown]
# The prediction of the context at which the path is straightest has no source. It is a
# prediction of this project.

# %%
of_top = sums.get((stds[-1], strongest))
beyond = bool(of_top is not None and of_top.median > 1)
meaning = "whether the median path is straightest at a context above 1"
catalogue.record("straightest_beyond_one", beyond, "-", meaning)
meaning = "relative change of lateral distance from context −1 to 2, training std 0"
if np.isfinite(flat):
    catalogue.record("flatness", flat, "1", meaning)
claims.record(catalogue)
Markdown(claims.table())

# %%
text = (
    f"{claims.sentence()} At training std {stds[-1]:g} the median path is straightest "
    f"at context {of_top}, {'as' if beyond else 'not as'} predicted above 1."
)
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)

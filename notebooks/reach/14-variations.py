# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does the effect of a context depend on noise, delay, cost, size, cell or method?
#
# A *context* is an input that tells a network how strong the field may be. The other
# notebooks study it in one setting: feedback with little noise and no delay, a small
# cost of the command, 50 gated units, and one method of relating context and field.
# Here one of these is changed at a time, and every network is tested with the noise and
# delay that it was trained with.
#
# **You will see** how much a context changes the lateral distance in each setting, what
# it costs without a field, and which settings cannot be trained. **Needs** models of
# `1-train` with a context input that differ in one parameter at a time. **Takes** ten
# seconds for each setting.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
models: dict = {  # [-] which models are compared
    "where": {"notebook": "reach/train", "method": "pai-asf", "field": "curl"}
}
field: Literal["curl", "constant"] = "curl"  # [-] kind of field in the test
amplitude: float = 4.0  # [N s/m] in (0, inf): strength of the field in the test
contexts: list[float] = [0.0, 1.0, 2.0]  # [1] contexts, ascending, with 0 among them
grid: int = 1  # [1] in [1, 10]: reaches begin at grid × grid places
directions: int = 8  # [1] in [2, 360]: reaches from each place
evaluations: int = 2  # [1] in [1, 1000]: repeats of each reach, with other noise
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of the noise in the test
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies import evidence
from studies.reach import plotting, sources, variations
from studies.reach.figures import context_effects
from studies.reach.variations import DISTANCE, at, free

# %% [markdown]
# ## What is known
#
# [Laboratory notes](/pages/references.qmd#reach-notes) on this task report that a delay
# of the feedback alone does no harm to training, and neither does noise. A delay of two
# steps with curl fields of std 1.6, or of four steps, made training unstable. With all
# methods but one, a network learns to use its context in curl fields. A switch (method
# bcs) that is on in one trial of four fails, and one that is on in three of four works.
# With the size of the field as context (method dai), the context changes the network
# least. The notes leave three questions open: whether the curves of all training stds
# meet at context 0 in a much larger network, what a smaller cost of the command does,
# and what a leaky cell without gates does.
#
# ## Prediction
#
# In every setting that can be trained, the lateral distance should fall from the lowest
# to the highest context. In a larger network the curves should not meet at context 0. A
# method that draws the context uniformly has few trials near 0, so training does not
# ask for it. A smaller cost of the command should make a network that never met a field
# more robust.

# %%
survey = variations.settings(catalogue, models)
asked = variations.Conditions(
    field,
    amplitude,
    tuple(contexts),
    grid,
    directions,
    evaluations,
    evaluation_seed,
)
bar = catalogue.progress(len(survey.groups), "settings")
table = variations.tested(catalogue, survey, asked, bar)
low, high = min(contexts), max(contexts)
table["knob"] = variations.knob(table, low, high)
of = evidence.groups(table)
stds = sorted(table["field_std"].unique())
top = stds[-1]
catalogue.record("settings", len(of), "1", "number of settings compared")
count = (
    f"{evidence.counted(len(table), 'model')} of {evidence.counted(len(of), 'setting')}"
)
Markdown(f"{count}. {survey.names.usual_values()}")

# %% [markdown]
# ## Every setting
#
# The table gives the lateral distance in the field at the lowest and the highest
# context, for networks trained in the strongest fields and for networks trained without
# a field. The *context effect* is the fall of the distance from the lowest to the
# highest context, as a share of the distance at the lowest. End error, peak velocity
# and force are those in reaches without a field.

# %%
columns = {
    at(DISTANCE, low): (f"lateral distance at context {low:g}", "%"),
    at(DISTANCE, high): (f"lateral distance at context {high:g}", "%"),
    "knob": ("context effect on lateral distance", "1"),
    free("end_position_error"): ("end error, no field", "%"),
    free("max_parallel_vel_forward"): ("peak velocity, no field", "m/s"),
    free("max_net_force"): ("largest net force, no field", "N"),
    "best_loss": ("lowest validation loss", "1"),
    "diverged": ("whether the training diverged", "1"),
}
names = ["distance_low", "distance_high", "knob", "free_end_error", "free_velocity"]
names += ["free_force", "best_loss", "diverged"]
rows = {
    (name, std): group.where(field_std=std)
    for name, group in of.items()
    for std in dict.fromkeys((stds[0], top))
}
for (name, std), group in rows.items():
    member = {"setting": name, "field_std": float(std)}
    for short, (column, (words, of_unit)) in zip(names, columns.items(), strict=True):
        meaning = f"{words}, median over replicates"
        catalogue.record(short, group.median(column), of_unit, meaning, member=member)

# %%
table.to_csv(catalogue.artifact("variations.csv"), index=False)
written = {f"{name}, std {std:g}": group for (name, std), group in rows.items()}
headings = {column: f"{words} [{u}]" for column, (words, u) in columns.items()}
Markdown(evidence.table_of(written, headings))

# %% tags=["figure"]
drawn = {
    f"std {std:g}, context {context:g}": (
        at(DISTANCE, context),
        std,
        plotting.context_colour(context) if std else plotting.std_colour(0.0),
    )
    for std in dict.fromkeys((stds[0], top))
    for context in ((low, high) if std else (low,))
}
catalogue.save_figure(
    context_effects.setting_ranges(of, drawn, "largest distance to the left [%]"),
    "distance-by-setting",
    kind="settings compared",
    caption=f"Largest lateral distance in a {field} field of amplitude {amplitude:g} "
    f"by setting, at training std {top:g} for contexts {low:g} and {high:g}, and at "
    f"training std {stds[0]:g}, median and range over replicates.",
    models=table,
)

# %% tags=["figure"]
error = free("end_position_error")
drawn = {
    f"std {std:g}": (error, std, plotting.std_colour(std, field))
    for std in dict.fromkeys((stds[0], top))
}
catalogue.save_figure(
    context_effects.setting_ranges(of, drawn, "end error without a field [%]"),
    "price-by-setting",
    kind="settings compared",
    caption="Distance from the goal at the end of reaches without a field, in percent "
    f"of the reach, by setting, at training stds {stds[0]:g} and {top:g}, median and "
    "range over replicates.",
    models=table,
)

# %% [markdown]
# ## Do the curves of all training stds meet at context 0?
#
# The *gap* compares networks trained without a field with networks trained in the
# strongest fields. It is the difference of their lateral distances over that of the
# former. It is 0 where the curves meet, and 1 where the field does not move the latter
# at all.

# %%
gaps = {}
for name, group in of.items():
    gaps[name] = {c: variations.gap(group, c) for c in contexts}
    for context, value in gaps[name].items():
        member = {"setting": name, "context": context}
        meaning = (
            "relative difference of lateral distance between extreme training stds"
        )
        if np.isfinite(value):
            catalogue.record("gap", value, "1", meaning, member=member)
head = ["setting", *(f"gap at context {c:g} [1]" for c in contexts)]
lines = [[name, *by_context.values()] for name, by_context in gaps.items()]
Markdown(evidence.markdown(head, lines))


# %%
def trained(**wanted):
    """The models of the strongest fields with these hyperparameters."""
    return evidence.where(table, field_std=top, **wanted)


def idle(**wanted):
    """The models that met no field, with these hyperparameters."""
    return evidence.where(table, field_std=0.0, **wanted)


def others(name):
    """The values of a hyperparameter apart from the usual one."""
    return tuple(v for v in table[name].unique() if v != USUAL[name])


VARIED = ("hidden", "control_scale", "delay", "sensory_noise", "cell", "method")
USUAL = {name: table[name].mode()[0] for name in VARIED}  # of most models
varied = {name: others(name) for name in VARIED}
plain = evidence.where(table, **USUAL)
usual_top, usual_idle = (plain.where(field_std=std) for std in (top, 0.0))

# %% [markdown]
# ## Verdict

# %% tags=["claims"]
claims = evidence.Claims(sources.NOTES)
noisy = trained(sensory_noise=varied["sensory_noise"])
claims.test(
    "noise_is_harmless",
    "With more noise every training succeeds and the context still lowers the lateral "
    "distance.",
    reference="noise alone is harmless",
    ours=f"diverged {noisy.text('diverged')}, context effect {noisy.text('knob')}",
    holds=[noisy.share("diverged") == 0, noisy.median("knob") > 0],
    models=[noisy],
)
late, late_idle = trained(delay=varied["delay"]), idle(delay=varied["delay"])
worse = late.median("best_loss") / usual_top.median("best_loss")
claims.test(
    "delay_alone_is_harmless",
    "With a delay and no field every training succeeds, and the end error is below 2 % "
    "of the reach.",
    reference="delay alone is harmless",
    ours=f"diverged {late_idle.text('diverged')}, end error "
    f"{late_idle.text(error, '%')}",
    holds=[late_idle.share("diverged") == 0, late_idle.median(error) < 2],
    models=[late_idle],
)

# %% tags=["claims"]
claims.test(
    "delay_with_strong_fields_fails",
    "A delay with the strongest fields makes training fail: it diverges, or its loss "
    "is more than three times that without a delay.",
    reference="unstable at 2 steps with std 1.6, and at 4 steps",
    ours=f"diverged {late.text('diverged')}, loss {worse:.3g} times",
    holds=late.share("diverged") > 0 or worse > 3,
    models=[late, usual_top],
)

# %% tags=["claims"]
alike = {name: value for name, value in USUAL.items() if name != "method"}
methods = {m: trained(method=m, **alike) for m in ("bcs", "dai", "pai-asf")}
rare = methods["bcs"].where(perturbed_probability=0.25)
often = methods["bcs"].where(perturbed_probability=0.75)
claims.test(
    "rare_switch_fails_in_curl",
    "In curl fields a switch that is on in one trial of four lowers the lateral "
    "distance by less than a tenth, and one that is on in three of four by more.",
    reference="bcs at 0.25 fails, at 0.75 works",
    ours=f"context effect {rare.text('knob')} and {often.text('knob')}",
    holds=[rare.median("knob") < 0.1, often.median("knob") > 0.1],
    models=[rare, often],
)
dai, asf = methods["dai"], methods["pai-asf"]
claims.test(
    "size_of_draw_spreads_least",
    "A context that gives the size of the field changes the network less than one that "
    "gives a factor.",
    reference="dai has the smallest spread",
    ours=f"context effect {dai.text('knob')} against {asf.text('knob')}",
    holds=dai.median("knob") < asf.median("knob"),
    models=[dai, asf],
)

# %% [markdown]
# Three predictions are this project's own and have no source.

# %%
knobs = {name: group.where(field_std=top).median("knob") for name, group in of.items()}
known = {name: x for name, x in knobs.items() if np.isfinite(x)}
turned = bool(known) and all(x > 0 for x in known.values())
larger = [x for x in varied["hidden"] if x > USUAL["hidden"]]
wide = evidence.where(table, hidden=max(larger)) if larger else evidence.NOTHING
cheap = [x for x in varied["control_scale"] if x < 1]
free_hand = idle(control_scale=min(cheap)) if cheap else evidence.NOTHING
apart = variations.gap(wide, 0.0)
side = [group.median(at(DISTANCE, 0.0)) for group in (free_hand, usual_idle)]

# %%
texts = [
    f"The context lowers the distance in {sum(x > 0 for x in known.values())} of "
    f"{evidence.counted(len(known), 'setting')}"
    + (", as predicted." if turned else "; it was predicted for all.")
]
if not known:
    texts = [
        "Whether the context lowers the distance is not known: no setting was tested."
    ]
if larger and np.isfinite(apart):
    texts.append(
        f"With {max(larger)} units the curves at context 0 are {apart:.2g} of the "
        f"distance apart, with {USUAL['hidden']} units "
        f"{variations.gap(plain, 0.0):.2g}."
    )
if cheap and np.isfinite(side).all():
    texts.append(
        f"In networks trained without a field the lateral distance is {side[0]:.3g} % "
        f"with {min(cheap):g} times the cost of the command, and {side[1]:.3g} % with "
        "the usual cost."
    )
if known:
    meaning = "whether the context lowers the lateral distance in every setting"
    catalogue.record("knob_in_all_settings", turned, "-", meaning)
if np.isfinite(apart):
    meaning = "gap between extreme training stds at context 0, largest network"
    catalogue.record("gap_of_large_network", apart, "1", meaning)

# %%
claims.record(catalogue)
Markdown("\n\n".join([claims.table(), *texts]))

# %%
text = " ".join([claims.sentence(), *texts])
what = "how many claims and predictions hold, in sentences"
catalogue.record("verdict", text, "-", what)
Markdown(text)

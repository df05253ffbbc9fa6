# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can the law be read out of a network, and does it hold where the network fails?
#
# A network that errs by half a percent among its training orbits may be wrong by any
# amount beyond them. If a short formula describes the learned acceleration, that
# formula can be evaluated anywhere. We fit the learned acceleration by a sum of 19
# possible terms, drop the terms that contribute little, and ask whether only Newton's
# inverse square remains. The sum that remains is the *law* read from the network.
#
# **You will see** which terms remain for each network, the exponent and the strength
# $\mu$, the errors of network and law by distance, and the errors on Jupiter of
# networks that were trained on the four inner planets. **Needs** models of `2-train` in
# the plane, and for the planets the extra `ephemerides`. **Takes** a second for each
# model, and a minute for the planets.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are read
thresholds: list[float] = [0.02, 0.05, 0.1, 0.2]  # [1] in (0, 1): least share of a term
threshold: float = 0.05  # [1] in (0, 1): least share of a term in the compared law
planet_steps: int = 6000  # [1] in [0, inf): optimiser steps on planets, 0 for none
planet_seeds: list[int] = [0, 1, 2, 3, 4]  # [1] in [0, 4294967295]: seeds for planets
# fmt: on

# %%
from functools import partial

import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import OURS, Claims, Group, survey, table_of
from studies.orbit import extras, figures, planet_laws, readings, recipes
from studies.orbit.models import build
from studies.orbit.systems import TwoBody
from studies.training import read_model

# %% [markdown]
# ## What is known
#
# [Brunton et al.](/pages/references.qmd#brunton-2016) find equations of motion by least
# squares over a library of terms, from which small ones are dropped, round after round.
# [Lemos et al.](/pages/references.qmd#lemos-2023) trained a network on thirty years of
# the solar system and found Newton's law by symbolic regression of what it had learned.
# Here the *share* of a term is the mean size of its contribution over the mean size of
# the acceleration. Shares make terms of different units comparable, and terms with a
# share below a threshold are dropped.
#
# The library has these terms: $r^0 \dots r^{-5}$ along $\hat R$ and along $\hat T$; $v$
# times $r^0 \dots r^{-3}$; $v^2 \hat R$, $v^2 \hat T$ and $|v| v$. A network with $\log
# r$ among its features and an exponential at its output needs no more than a straight
# line to represent a power law. There the law is nearly built in. The harder test is a
# network with the features `rinv_vel`, which contain $1/r$ but not $\log r$.
#
# ## Prediction
#
# Trained on 100 orbits, every network with $\log r$ should be reduced to one term, with
# an exponent within 0.001 of −2 and $\mu$ within 0.1 %. Every `rinv_vel` network should
# be reduced to one term at a threshold of 0.05, with an exponent within 0.01 and $\mu$
# within 1 %. Beyond 12 R_E and below 1 R_E the law should err by less than a tenth of
# the network's error. A law learned from four planets should err by less than 0.1 % on
# Jupiter.
#
# ## The simplest case: the truth in place of a network
#
# From the true field the method must recover Newton's law. From accelerations that were
# shuffled among states it must recover no law. Otherwise the results below would mean
# nothing.

# %%
models_read = survey(catalogue, models, keep=readings.of_newton, first=("features",))
taught = readings.training_states(models_read.rows[0])
truth = readings.read(TwoBody().acceleration, taught, thresholds)
null = readings.read_shuffled(TwoBody().acceleration, taught, min(thresholds))
terms = sorted({len(law.names) for law in truth.laws.values()})
what = "exponent of the distance, read from the true field"
catalogue.record("truth_slope", truth.power.exponent, "1", what)
what = "strength μ, read from the true field"
catalogue.record("truth_mu", truth.power.mu, "1", what)
what = "number of terms that remain of shuffled accelerations"
catalogue.record("shuffled_terms", len(null.names), "1", what)
Markdown(
    f"The true field leaves {' or '.join(map(str, terms))} term at every threshold: "
    f"`{truth.laws[thresholds[0]].words}`, exponent {truth.power.exponent:.6f}, "
    f"strength {truth.power.mu:.6f}. Shuffled accelerations leave {len(null.names)} "
    f"terms: all 19 would explain {100 * null.explained:.2g} % of the variance at most."
)

# %% [markdown]
# ## The law of each network
#
# The law is read from the network's accelerations at the states of its training orbits.
# The table counts the models of each setting whose law is exactly $-\mu r^{-2} \hat R$,
# at each threshold.

# %%
load = partial(read_model, build=build)
report = catalogue.progress(len(models_read), "reading laws")


def judged(row):
    """The numbers of one model."""
    model = catalogue.load_model(row, load)
    return readings.judge(model, row, thresholds, threshold)


models_read = models_read.measured(judged, report)
for member, row in models_read.members():
    for name, unit, meaning in readings.RECORDED:
        if np.isfinite(row[name]):
            catalogue.record(name, row[name], unit, meaning, member=member)
Markdown(readings.counted(models_read.groups, thresholds))

# %% [markdown]
# The next table gives exponent and strength by setting, followed by the law of the
# model of median error. The exponent is the slope of a straight line through $\log |a|$
# against $\log r$ and needs no library. The strength $\mu$ is the coefficient of the
# law if one term remains.

# %%
columns = {
    "slope": "exponent [1]",
    "mu": "μ [1]",
    "network_inside": "network's error [%]",
}
Markdown(
    table_of(models_read.groups, columns)
    + "\n\n"
    + readings.in_words(models_read.groups)
)

# %% [markdown]
# ## Where no training orbit has been
#
# We evaluate the model of median error of each setting, and its law, on circles of many
# radii. The training orbits lie between the dotted lines. Outside them we expect the
# error of the network to grow, and the error of a law of the right form to stay small.

# %%
radii = np.geomspace(0.3, 40, 60)
groups = models_read.groups.items()
middle = {name: readings.middle(group, "network_inside") for name, group in groups}
curves = {}
for name, row in middle.items():
    field = catalogue.load_model(row, load).acceleration
    reading = readings.read(field, readings.training_states(row), [threshold])
    curves[name] = readings.profile(field, reading.laws[threshold], radii)

# %% tags=["figure"]
span = np.linalg.norm(taught.states[taught.mask][:, :3], axis=-1)
catalogue.save_figure(
    figures.network_and_law(radii, curves, (span.min(), span.max())),
    "distance",
    kind="law against network",
    caption="Acceleration error on circles against their radius, of the model of "
    "median error of each setting (solid) and of the law read from it (dashed). Dotted "
    "lines are the smallest and the largest radius of the training orbits.",
    models=list(middle.values()),
)

# %%
columns = {
    "network_far": "network, beyond 12 R_E [%]",
    "law_far": "law, beyond 12 R_E [%]",
    "network_near": "network, below 1 R_E [%]",
    "law_near": "law, below 1 R_E [%]",
}
Markdown(table_of(models_read.groups, columns))

# %% [markdown]
# ## From four planets to Jupiter
#
# The training set is the positions of Mercury, Venus, Earth with Moon, and Mars over
# one revolution each, from [NASA's ephemeris DE421](/pages/references.qmd#folkner-2009)
# (axes of the ICRF, time scale TDB, units AU and 58.13 days). Accelerations are
# differences of order six, so Newton's law enters nowhere. Jupiter is five times as far
# from the Sun as these planets are on average. Its mass is 1/1047 of the Sun's and
# moves the Sun in turn, so a law of the Sun alone should err by that share, 0.0955 %.

# %%
recipe = recipes.Recipe(steps=[max(planet_steps, 1)])
layers = {"features": "rinv_vel", "output_layer": "logmag_unit_exp"}
architecture = layers | {"activation": "silu", "width": 64, "depth": 2}
missing = extras.absent("jplephem", "skyfield_data")
planets = Group([])
if planet_steps and not missing:
    bar = catalogue.progress(recipe.total_steps, "learning the planets")
    sky = planet_laws.sky()
    rows = planet_laws.learn(recipe, architecture, sky, planet_seeds, threshold, bar)
    planets = Group(rows)
    for name, meaning in planet_laws.RECORDED.items():
        catalogue.record(name, planets.median(name), "%", meaning)
Markdown(planet_laws.in_words(planets) if len(planets) else extras.left_out(missing))

# %% [markdown]
# ## Verdict

# %% tags=["claims"]
claims = Claims(OURS)
size = {"output_layer": "logmag_unit_exp", "activation": "silu"}
hundred = models_read.where(orbits=100, **size)
log_r = hundred.where(features="rinv_vel_logra")
plain = hundred.where(features="rinv_vel")
levels = [log_r.share(readings.column("newton", level)) for level in thresholds]
claims.target(
    "log_r_one_term",
    "The law of every network with log r is the inverse square alone, at every "
    "threshold, with the exponent within 0.001 of −2 and μ within 0.1 %.",
    reference="all; 0.001; 0.1 %",
    ours=f"{100 * min(levels):.3g} % of {len(log_r)} at the worst threshold; exponent "
    f"off by {log_r.text('slope_gap')}, μ by {log_r.text('mu_gap', '%')}",
    holds=[
        min(levels) == 1,
        log_r.median("slope_gap") <= 0.001,
        log_r.median("mu_gap") <= 0.1,
    ],
    models=[log_r],
)

# %% tags=["claims"]
share = plain.share(readings.column("newton", threshold))
claims.target(
    "rinv_vel_one_term",
    "The law of every network without log r is the inverse square alone, at the "
    "compared threshold, with the exponent within 0.01 of −2 and μ within 1 %.",
    reference="all; 0.01; 1 %",
    ours=f"{100 * share:.3g} % of {len(plain)}; exponent off by "
    f"{plain.text('slope_gap')}, μ by {plain.text('mu_gap', '%')}",
    holds=[
        share == 1,
        plain.median("slope_gap") <= 0.01,
        plain.median("mu_gap") <= 1,
    ],
    models=[plain],
)

# %% tags=["claims"]
gains = [plain.median("gain_far"), plain.median("gain_near")]
claims.target(
    "law_beats_network_outside",
    "Beyond 12 R_E and below 1 R_E the law of a network without log r errs by at most "
    "a tenth of the network's error.",
    reference="at least 10 times better",
    ours=f"{gains[0]:.3g} times beyond, {gains[1]:.3g} times below",
    holds=min(gains) >= 10,
    models=[plain],
)
alike = [log_r.median("gain_far"), log_r.median("gain_near")]
claims.target(
    "law_beats_network_with_log_r",
    "Beyond 12 R_E and below 1 R_E the law of a network with log r errs by at most a "
    "tenth of the network's error.",
    reference="at least 10 times better",
    ours=f"{alike[0]:.3g} times beyond, {alike[1]:.3g} times below",
    holds=min(alike) >= 10,
    models=[log_r],
)

# %% tags=["claims"]
claims.target(
    "jupiter",
    "The law read from networks of the four inner planets errs on Jupiter by at most "
    "0.1 %, and is one term for every seed.",
    reference="0.1 %, which is Jupiter's own mass",
    ours=f"{planets.text('law_jupiter', '%')}; the networks "
    f"{planets.text('network_jupiter', '%')}",
    holds=[planets.median("law_jupiter") <= 0.1, planets.share("newton") == 1],
    models=[planets],
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)

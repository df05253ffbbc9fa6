# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How long does a learned map forecast chaos, and what does staggering cost there?
#
# A driven circuit that is stable forgives: an error fades, and the stimulus brings a
# rollout back. A chaotic system multiplies every error by $e^{\lambda t}$, so that each
# forecast has an honest limit. Here a hundred neurons are a fixed random readout of a
# system of three to ten numbers, seen every `tu` steps, in step or each at its own
# phase.
#
# **You will see** the largest exponents of the true systems beside published ones, how
# long forecasts hold beside their ceiling and three yardsticks, and the climate of long
# rollouts. **Needs** models of `2-train` with `source` "chaos". **Takes** half a minute
# a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"source": "chaos"}}  # [-] which trained models are judged
starts: int = 50  # [1] in [1, 1000]: forecasts of each model
lyapunov_times: float = 16.0  # [1] in (0, 100]: length of a forecast
exponent_time: float = 500.0  # [units of time] in [1, 100000]: of a true exponent
exponent_starts: int = 4  # [1] in [1, 100]: averages of each exponent
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Claims, Group, Source, Summary, markdown, table_of
from studies.evidence import number as told
from studies.latent import chaos, chaos_surveys, trained, valid_times
from studies.latent.figures import chaos as figures

# %% [markdown]
# ## What is known
#
# The largest exponent $\lambda$ of Lorenz's system of 1963 is 0.906 and that of
# Rössler's 0.071 [(Sprott)](/pages/references.qmd#sprott-2003); a
# [table of 131 systems](/pages/references.qmd#gilpin-2021) has 0.892 and 0.151. A
# [next-generation reservoir](/pages/references.qmd#gauthier-2021) forecasts from the
# products of delayed samples. On noiseless Lorenz data seen at every step, reservoirs
# reach [some thirty Lyapunov times at best](/pages/references.qmd#lorenz-limit-2025).
#
# ## Prediction
#
# The exponents agree with the literature for Lorenz and Rössler. At every twentieth
# step of 0.01, in step and without noise, the learned map of Lorenz's system holds at
# least half as long as the true equations that begin with its error of one step; it
# never holds longer, or something leaks. Staggering costs at most three tenths of the
# time: what the initial state loses by interpolation is an error like any other, and
# costs its logarithm.

# %% [markdown]
# ## The simplest case: the true systems
#
# The variational equation $\dot Q = Df(x) Q$ is integrated beside the state and made
# orthonormal as it goes. The exponent is the mean growth of its first direction.

# %%
found = chaos_surveys.chaotic_models(catalogue, models)
systems = sorted({str(row["system"]) for row in found.rows})
rates = chaos_surveys.largest_exponents(
    catalogue, systems, exponent_time, exponent_starts
)
for name, values in rates.items():
    meaning = f"largest Lyapunov exponent of the true system; {name}"
    catalogue.record(f"exponent_{name}", float(np.mean(values)), "1/time", meaning)
known = {name: chaos.system_of(name).reported for name in systems}
sources = list(dict.fromkeys(source for own in known.values() for source in own))
rows = [
    [name, Summary.of(values).text(), *(known[name].get(x) for x in sources)]
    for name, values in rates.items()
]
head = ["system", "here, median (lowest to highest) [1/time]"]
Markdown(markdown([*head, *(f"{source} [1/time]" for source in sources)], rows))

# %% [markdown]
# ## How long forecasts hold
#
# Each model starts at many states of a new trajectory and sees of each what it may see:
# the whole state where it is recorded in step, and the interpolated samples where it is
# not. Its forecast holds until the error, each neuron in units of its standard
# deviation, exceeds 0.4. The *ceiling* starts the true equations at the state that the
# model's error after one step amounts to. The *reservoir* was fitted to the same
# observed entries. *No change* holds the first state.

# %%
middle = {name: float(np.median(values)) for name, values in rates.items()}
chaotic = chaos_surveys.survey_chaos(
    catalogue, found, middle, starts=starts, lyapunov_times=lyapunov_times
)
chaotic.record(catalogue)
table = chaotic.table
quantities = {x.name: x for x in chaos_surveys.QUANTITIES}
shown = {name: x.heading for name, x in quantities.items()}
lines = [f"- **{x.words}**: {x.meaning}." for x in quantities.values()]
Markdown(f"{table_of(chaotic.models.groups, shown)}\n\n" + "\n".join(lines))

# %% tags=["figure"]
catalogue.save_figure(
    figures.valid_times(table),
    "valid-times",
    kind="valid prediction times",
    caption="Lyapunov times that forecasts hold until their error exceeds 0.4 standard "
    f"deviations, median over {starts} starts, a dot a model. Grey, on the same "
    "starts: the true equations started with the model's error after one step, a "
    "reservoir fitted to the same observed entries, and no change.",
    models=table,
)

# %% [markdown]
# The time should fall with the distance of the samples, because a longer gap teaches
# less of the single step.

# %% tags=["figure"]
clean = Group(table[table["noise"] == 0])
kinds = {
    f"{system}, {mode}": clean.where(system=system, mode=mode).table
    for system in systems
    for mode in ("all", "aligned", "staggered")
}
kinds = {name: own for name, own in kinds.items() if len(own)}
catalogue.save_figure(
    figures.by_gap(kinds),
    "by-gap",
    kind="valid prediction time by gap",
    caption="Lyapunov times that forecasts hold against the distance of a neuron's "
    "samples, median over the models without noise, by system and acquisition; dashed "
    "the ceiling, dotted the reservoir, long dashes no change.",
    models=table,
)

# %% [markdown]
# ## One forecast
#
# It should follow the truth closely and then leave it within about one Lyapunov time,
# staying on the attractor.

# %% tags=["figure"]
best = table.sort_values("valid_time").to_dict("records")[-1]
on, rate = chaotic.trials[best["identity"]], middle[str(best["system"])]
ahead = valid_times.forecast(trained.loader(catalogue)(best), on)[0]
catalogue.save_figure(
    figures.forecasts(
        on.truth[on.starts[0] + 1 :][: on.steps],
        {"forecast": ahead},
        on.lyapunov_times(np.arange(1, on.steps + 1), rate),
    ),
    "forecast",
    kind="one forecast",
    caption="Three neurons after the first start: what happened, grey, and the "
    f"forecast of the model that holds longest ({best['model']}).",
    models=[best],
)

# %% [markdown]
# ## Verdict
#
# The claims about Lorenz's system are of every twentieth step of 0.01 without noise.

# %% tags=["claims"]
claims = Claims(Source("sprott-2003", "Sprott"))
for name, values in rates.items():
    reported = chaos.system_of(name).reported
    if "literature" in reported:
        ours, theirs = float(np.mean(values)), reported["literature"]
        claims.test(
            f"exponent_{name}",
            f"The largest exponent of {name} is {theirs} within 3 %.",
            reference=str(theirs),
            ours=told(ours),
            holds=abs(ours - theirs) <= 0.03 * theirs,
        )
    if "dysts 0.96" in reported:
        ours, theirs = float(np.mean(values)), reported["dysts 0.96"]
        claims.test(
            f"tabled_exponent_{name}",
            f"The largest exponent of {name} is {theirs} within 3 %.",
            reference=str(theirs),
            ours=told(ours),
            holds=abs(ours - theirs) <= 0.03 * theirs,
            source=Source("gilpin-2021", "Gilpin, dysts 0.96"),
        )

# %% tags=["claims"]
beaten = Group(table[table["valid_time"] > table["ceiling"]])
claims.target(
    "ceiling",
    "No model holds longer than the true equations that start with its error.",
    reference="none",
    ours=f"{len(beaten)} of {len(table)} models do",
    holds=len(beaten) == 0,
    models=[Group(table)],
)
longer = Group(table[table["valid_time"] > table["reservoir"]])
claims.target(
    "reservoir",
    "Every model holds longer than a reservoir on the same observed entries.",
    reference="all",
    ours=f"{len(longer)} of {len(table)} models do",
    holds=len(longer) == len(table),
    models=[Group(table)],
)

# %% tags=["claims"]
lorenz = clean.where(system="lorenz63", tu=20)
aligned, staggered = lorenz.where(mode="aligned"), lorenz.where(mode="staggered")
claims.target(
    "half_of_the_ceiling",
    "In step, forecasts hold at least half as long as the ceiling.",
    reference="at least 0.5",
    ours=f"{aligned.text('of_ceiling')}: {aligned.text('valid_time')} of "
    f"{aligned.text('ceiling')} Lyapunov times",
    holds=aligned.median("of_ceiling") >= 0.5,
    models=[aligned],
)
share = staggered.median("valid_time") / aligned.median("valid_time")
claims.target(
    "staggered_forecasts",
    "Staggered, forecasts hold at least 0.7 times as long as in step.",
    reference="at least 0.7",
    ours=f"{told(share)}: {staggered.text('valid_time')} against "
    f"{aligned.text('valid_time')} Lyapunov times",
    holds=share >= 0.7,
    models=[aligned, staggered],
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "what became of the claims, in sentences")
Markdown(text)

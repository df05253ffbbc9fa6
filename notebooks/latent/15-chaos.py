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
# In a stable driven circuit an error fades, and the stimulus brings a rollout back to
# the truth. A chaotic system multiplies every error by $e^{\lambda t}$, where $\lambda$
# is its largest Lyapunov exponent, so that every forecast has a limit. A *Lyapunov
# time* is $1/\lambda$. Here a hundred neurons are a fixed random readout of a system of
# three to ten variables. They are recorded every `tu` steps, all together (*aligned*)
# or each at a phase of its own (*staggered*).
#
# **You will see** the largest exponents of the true systems beside published ones, how
# long forecasts hold beside a ceiling and two baselines, and statistics of long
# rollouts. **Needs** models of `2-train` with `source` "chaos". **Takes** half a minute
# for each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"source": "chaos"}}  # [-] which trained models are judged
starts: int = 50  # [1] in [1, 1000]: number of forecasts of each model
lyapunov_times: float = 16.0  # [1] in (0, 100]: length of a forecast in Lyapunov times
exponent_time: float = 500.0  # [units of time] in [1, 100000]: time that is averaged
exponent_starts: int = 4  # [1] in [1, 100]: number of estimates of each exponent
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
# The exponents should agree with the literature for Lorenz and Rössler. Let Lorenz's
# system be recorded at every twentieth step of 0.01, aligned and without noise.
# Forecasts of the learned map should then hold at least half as long as the true
# equations that start with the model's error of one step. They should never hold
# longer, because that would mean that test data leaked into the training. Staggering
# should cost at most three tenths of the time. The interpolated initial state has a
# larger error, and the time of a forecast falls only with the logarithm of the initial
# error.

# %% [markdown]
# ## The simplest case: the true systems
#
# The variational equation $\dot Q = Df(x) Q$ is integrated together with the state, and
# $Q$ is made orthonormal again and again ([Benettin et
# al.](/pages/references.qmd#benettin-1980)). The exponent is the mean rate of growth of
# its first direction.

# %%
chosen = chaos_surveys.chaotic_models(catalogue, models)
systems = sorted({str(row["system"]) for row in chosen.rows})
rates = chaos_surveys.largest_exponents(
    catalogue, systems, exponent_time, exponent_starts
)
for name, values in rates.items():
    meaning = f"largest Lyapunov exponent of the true system; {name}"
    catalogue.record(f"exponent_{name}", float(np.mean(values)), "1/time", meaning)
known = {name: chaos.system_of(name).reported for name in systems}
sources = list(dict.fromkeys(source for each in known.values() for source in each))
rows = [
    [name, Summary.of(values).text(), *(known[name].get(x) for x in sources)]
    for name, values in rates.items()
]
head = ["system", "here, median (lowest to highest) [1/time]"]
Markdown(markdown([*head, *(f"{source} [1/time]" for source in sources)], rows))

# %% [markdown]
# ## How long forecasts hold
#
# Each model starts at many states of a new trajectory. It sees the whole state if its
# recordings are aligned, and interpolated samples if they are staggered. A forecast
# holds until its error exceeds 0.4, with each neuron in units of its standard
# deviation. The *ceiling* is the time of the true equations when they start with an
# error as large as the model's after one step. The *reservoir* is a next-generation
# reservoir, fitted to the same samples. *No change* holds the first state.

# %%
middle = {name: float(np.median(values)) for name, values in rates.items()}
chaotic = chaos_surveys.survey_chaos(
    catalogue, chosen, middle, starts=starts, lyapunov_times=lyapunov_times
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
    caption="Lyapunov times until the error of a forecast exceeds 0.4 standard "
    f"deviations, median over {starts} starts, a dot a model. Grey marks, from the "
    "same starts: the true equations started with the model's error after one step, a "
    "reservoir fitted to the same samples, and holding the first state.",
    models=table,
)

# %% [markdown]
# The time should fall with the gap between two samples of a neuron, because a longer
# gap constrains the single step less.

# %% tags=["figure"]
clean = Group(table[table["noise"] == 0])
kinds = {
    f"{system}, {mode}": clean.where(system=system, mode=mode).table
    for system in systems
    for mode in ("all", "aligned", "staggered")
}
kinds = {name: part for name, part in kinds.items() if len(part)}
catalogue.save_figure(
    figures.by_gap(kinds),
    "by-gap",
    kind="valid prediction time by gap",
    caption="Lyapunov times that forecasts hold against the steps between two samples "
    "of a neuron, median over the models without noise, by system and acquisition. "
    "Dashed lines are the ceiling, dotted lines the reservoir, long dashes no change.",
    models=table,
)

# %% [markdown]
# ## One forecast
#
# A forecast should follow the truth closely and then leave it within about one Lyapunov
# time. After that it should stay on the attractor.

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
    caption="Activity of three neurons over Lyapunov times after the first start: the "
    "truth (grey) and the forecast of the model whose forecasts hold longest "
    f"({best['model']}).",
    models=[best],
)

# %% [markdown]
# ## Verdict
#
# The claims about Lorenz's system concern models of every twentieth step of 0.01
# without noise.

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
    "No forecast holds longer than the true equations started with the model's error.",
    reference="none",
    ours=f"{len(beaten)} of {len(table)} models do",
    holds=len(beaten) == 0,
    models=[Group(table)],
)
longer = Group(table[table["valid_time"] > table["reservoir"]])
claims.target(
    "reservoir",
    "Every model's forecasts hold longer than a reservoir fitted to the same samples.",
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
    "With aligned recordings, forecasts hold at least half as long as the ceiling.",
    reference="at least 0.5",
    ours=f"{aligned.text('of_ceiling')}: {aligned.text('valid_time')} of "
    f"{aligned.text('ceiling')} Lyapunov times",
    holds=aligned.median("of_ceiling") >= 0.5,
    models=[aligned],
)
share = staggered.median("valid_time") / aligned.median("valid_time")
claims.target(
    "staggered_forecasts",
    "With staggered recordings, forecasts hold at least 0.7 times as long as with "
    "aligned ones.",
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
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)

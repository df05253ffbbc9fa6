# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Is the activity of a controller less tangled than the forces it produces?
#
# A trajectory is *tangled* where two nearby states move on in different directions. In
# a noisy system, similar states with different futures are easily confused. A robust
# controller may therefore be expected to keep such states apart.
#
# **You will see** the tangling of hidden states, of the forces that are read out of
# them and of the hand, by training std (the standard deviation of the field strength in
# training), and how tangling changes along a reach. **Needs** models of `1-train`.
# **Takes** half a minute for twenty models on two cores.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are tested
contexts: list[float] = [0.0, 1.0]  # [1] contexts, ascending, of models with that input
curl: float = 0.0  # [N s/m] in (-inf, inf): amplitude of the curl field in the test
directions: int = 12  # [1] in [3, 360]: directions of reaches of 0.5 m from the origin
dimensions: int = 10  # [1] in [1, inf): principal components that are kept
softening: float = 0.1  # [1] in (0, inf): ε as a share of the mean square of a state
# fmt: on

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import NOTHING, Claims, Source, named, table_of
from studies.reach import evaluation, tangling
from studies.reach.figures import tangling as figures
from studies.reach.tasks import centre_out
from studies.reach.trained import load_trained

# %% [markdown]
# ## What is known
#
# With states $x$ in all trials and at all times, tangling is $Q_i=\max_j\|\dot x_i-\dot
# x_j\|^2/(\|x_i-x_j\|^2+\epsilon)$. On a circle it is the square of the angular
# velocity everywhere. Where two trajectories cross, only $\epsilon$ bounds it. [Russo
# et al. 2018](/pages/references.qmd#russo-2018) report that in pedalling monkeys the
# activity of motor cortex is far less tangled than that of muscles. They used ten
# principal components and took a tenth of the mean square of the state as $\epsilon$,
# as we do here.
#
# ## Prediction
#
# The hidden state should be less tangled than the force at every training std. Networks
# that were trained in stronger fields should be less tangled. So should networks at a
# higher context, which tells them of a stronger field.

# %%
trained = load_trained(catalogue, models)
stacked, loop, stds = trained.controllers, trained.loop, trained.stds
told = (evaluation.common(trained.rows, "method") or "none") != "none"
several = sorted(contexts) if told else [0.0]
reaches = centre_out(1, directions)
reaches = reaches._replace(curl=reaches.curl + curl)
report = catalogue.progress(len(several) * len(trained.rows))

# %%
rows, courses = [], {}
for context in several:
    trials = reaches._replace(context=reaches.context + context)
    spaces = tangling.follow_reaches(stacked, loop, trials)
    for place, member in enumerate(trained.members):
        tangled = [
            tangling.tangling(
                paths[place], loop.dt, dimensions=dimensions, softening=softening
            )
            for paths in spaces
        ]
        values = map(tangling.rms, tangled)
        row = dict(zip(tangling.SPACES, values, strict=True))
        rows.append({**member, "context": context, **row})
        courses[context, place] = np.sqrt(np.mean(tangled[0] ** 2, axis=0))
        report(len(rows))

# %%
table = pd.DataFrame(rows)
tested = named(table, ["field_std", "context", "seed"], first=["field_std", "context"])
for row in tested.rows:
    member = {name: row[name] for name in ("field_std", "seed", "context")}
    for space in tangling.SPACES:
        name = f"tangling_{space.replace(' ', '_')}"
        meaning = f"root mean square of the tangling of the {space} in reaches"
        catalogue.record(name, row[space], "1/s²", meaning, member=member)
heads = {space: f"tangling of the {space} [1/s²]" for space in tangling.SPACES}
Markdown(f"{trained}.\n\n{table_of(tested.groups, heads)}")

# %% tags=["figure"]
field = evaluation.common(trained.rows, "field")
catalogue.save_figure(
    figures.by_std(table, "N" if field == "constant" else "N s/m"),
    "tangling",
    kind="tangling",
    caption="Tangling of the hidden state, of the force that is read out of it, and of "
    "the hand's position and velocity, against the training std, a dot for each "
    f"network. Values are root mean squares over reaches of 0.5 m in {directions} "
    f"directions, without noise, in a curl field of {curl:g} N s/m.",
    models=trained.table,
)

# %% tags=["figure"]
last = several[-1]
lines = {
    f"training std {std:g}": np.stack([courses[last, k] for k in trained.of_std(std)])
    for std in stds
}
time = loop.dt * np.arange(2, 2 + next(iter(lines.values())).shape[1])
catalogue.save_figure(
    figures.in_time(
        time, lines, {f"training std {std:g}": trained.colours[std] for std in stds}
    ),
    "tangling-in-time",
    kind="tangling in time",
    caption="Tangling of the hidden state over time along reaches of 0.5 m, root mean "
    "square over directions, median and range over the replicates of each training std"
    + (f", at context {last:g}." if told else "."),
    models=trained.table,
)

# %% [markdown]
# ## Verdict
#
# Models with a context input are tested at the highest context, and compared with the
# lowest.

# %% tags=["claims"]
claims = Claims(Source("russo-2018", "Russo et al. 2018"))
groups = {std: tested.where(field_std=std, context=last) for std in stds}
less = [groups[s].median("hidden state") < groups[s].median("force") for s in stds]
claims.test(
    "less_tangled_than_force",
    "The activity that drives a movement is less tangled than the forces it produces.",
    reference="motor cortex far less tangled than muscles",
    ours="; ".join(
        f"{group.text('hidden state', '1/s²')} against {group.text('force', '1/s²')} "
        f"at training std {std:g}"
        for std, group in groups.items()
    ),
    holds=less,
    models=groups.values(),
)
lowest, highest = groups[stds[0]], groups[stds[-1]]
claims.target(
    "training_untangles",
    "The hidden state is less tangled at the highest training std than at the lowest.",
    reference=f"below {lowest.text('hidden state', '1/s²')}",
    ours=highest.text("hidden state", "1/s²"),
    holds=highest.median("hidden state") < lowest.median("hidden state"),
    models=[lowest, highest] if len(stds) > 1 else [NOTHING],
)

# %% tags=["claims"]
words = (
    "Networks of the highest training std are less tangled at the highest context "
    "than at the lowest."
)
before = tested.where(field_std=stds[-1], context=several[0])
if len(several) > 1:
    claims.target(
        "context_untangles",
        words,
        reference=f"below {before.text('hidden state', '1/s²')}",
        ours=highest.text("hidden state", "1/s²"),
        holds=highest.median("hidden state") < before.median("hidden state"),
        models=[before, highest],
    )
else:
    why = "these models have no context input, or only one context was tested"
    claims.leave("context_untangles", words, reference="less", reason=why)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)

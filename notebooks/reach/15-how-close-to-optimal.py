# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How close to optimal are networks, and do they use memory against a field?
#
# A trained network is usually compared with other trained networks. Two controllers can
# be worked out instead. The *optimal controller* knows that there is no field, filters
# its noisy senses and has the lowest cost that any controller can have then. The *best
# controller without memory* answers each sense of each moment with a gain of its own,
# chosen for the same random fields that a network was trained in. It cannot find out
# which field it is in, so whatever a network does better it does by remembering.
#
# **You will see** costs, lateral displacements, after-effects of a field that ends or
# turns round, and the worst case over all forces, of networks beside both. **Needs**
# models of `1-train` with senses that report without delay. **Takes** two minutes for
# twenty models on two cores.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are tested
contexts: list[float] = [0.0]  # [1] told to models with a context input, ascending
amplitudes: list[float] = [1.0, 2.0, 4.0]  # [N s/m or N] in [0, inf): fields that push
old: float = 2.0  # [N s/m or N] in (0, inf): the field that ends or turns round
switch: int = 12  # [1] in [1, inf): control step at which it ends or turns round
directions: int = 24  # [1] in [2, 360]: reaches of 0.5 m from the origin
trials: int = 2000  # [1] in [10, 1000000]: random reaches behind every cost
evaluation_seed: int = 0  # [1] in [0, 4294967295]: of those reaches and their noise
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import NOTHING, Claims, named, number, table_of
from studies.reach import optimality
from studies.reach.figures import optimality as figures
from studies.reach.optimality import MEMORYLESS, NETWORK, OPTIMAL, VIEW
from studies.reach.trained import load_trained

# %% [markdown]
# ## What is known
#
# Without a field, the plant and its noise are linear and the cost is quadratic. Only
# the part of the motor noise that grows with the command is not additive, and
# [Todorov 2005](/pages/references.qmd#todorov-2005) gives the recursion that takes it
# in. With gains $K_k$ and a filter, that is the optimal controller. The costs here
# leave out the term of the hidden state, which only a network has.
#
# A controller without memory commands $u_k=-K_k\,(p_k-g,\,v_k)$ from the senses as they
# are. Its expected cost over all fields and all noise follows from second moments, and
# for each $K_k$ alone it is a parabola. Solving for one $K_k$ after the other, until
# nothing improves, leads to the best one; no trial is simulated.

# %%
trained = load_trained(catalogue, models)
plan = optimality.experiment(
    trained,
    amplitudes=amplitudes,
    old=old,
    switch=switch,
    directions=directions,
    trials=trials,
    seed=evaluation_seed,
)
unit = "N s/m" if plan.field == "curl" else "N"
text = "expected cost without a field of the optimal controller, "
for name, words in {
    "noiseless": "where nothing is noisy",
    "seen": "where muscles are noisy and the state is in view",
    "sensed": "where senses are noisy and filtered",
}.items():
    catalogue.record(
        f"optimal_{name}", getattr(plan.regulator, name), "1", text + words
    )
costs = plan.regulator
Markdown(
    f"{trained}. The optimal controller costs {costs.noiseless:.6f} without noise, "
    f"{costs.seen:.6f} with noisy muscles and the state in view, and "
    f"{costs.sensed:.6f} with noisy senses. Noise costs "
    f"{costs.sensed / costs.noiseless - 1:.0%} of what the reach costs without it."
)

# %% [markdown]
# ## Prediction
#
# A network that was trained without a field costs at most 1.10 times the optimum. In
# fields, networks beat the best controller without memory, because they can find out
# during a reach what pushes them; then a field that ends leaves an after-effect to the
# side from which they held against it, a larger one than the filter of the optimal
# controller leaves, which knows no field. Training in fields lowers the worst case.
#
# ## The simplest case: gains
#
# A gain says how strongly a controller resists at each moment. Beside the optimal
# controller stand the best controllers without memory, for the fields of each training
# std; of models with a context, for the fields of the context nearest to 1.

# %%
judged = min(contexts, key=lambda context: abs(context - 1)) if plan.told else 0.0
gains = {OPTIMAL: plan.regulator.gain}
for std in trained.stds:
    best = optimality.best_memoryless(plan, std, judged)
    gains[f"{MEMORYLESS}, training std {std:g}"] = np.abs(best.gain)
    of_std = {"field_std": std}
    meaning = "expected cost of the best controller without memory in its fields"
    catalogue.record("memoryless_cost", best.cost, "1", meaning, member=of_std)
    meaning = "whether the search for the best controller without memory stood still"
    catalogue.record("memoryless_settled", best.settled, "-", meaning, member=of_std)

# %% tags=["figure"]
catalogue.save_figure(
    figures.gains_in_time(gains, plan.loop.dt),
    "gains",
    kind="gains in time",
    caption="Gains of position and velocity over the time of a trial, of the optimal "
    "controller without a field and of the best controllers without memory for fields "
    f"as in training at each training std [{unit}].",
)

# %% [markdown]
# ## Cost
#
# Every controller makes the same random reaches under the same noise, so ratios of
# costs are far more exact than costs. *Own fields* are those of the training; for
# models with a context, those that their context tells of.

# %%
table = optimality.compare(
    trained,
    plan,
    sorted(contexts),
    catalogue.progress(len(trained.stds) * (len(contexts) if plan.told else 1)),
)
keys = ["kind", "field_std", "context"]


# %%
def over(column, kind):
    """The cost of each controller over that of another kind in the same setting."""
    reference = table[table["kind"] == kind].set_index(keys[1:])[column]
    places = list(zip(*(table[key] for key in keys[1:]), strict=True))
    return table[column].to_numpy(float) / reference.loc[places].to_numpy(float)


table["over_optimal"] = over("cost_free", OPTIMAL)
table["over_memoryless"] = over("cost_own", MEMORYLESS)
tested = named(table, [*keys, "seed"], first=keys)
largest = table["gain_change"].max()
meaning = "largest relative change of an induced gain in its last iteration"
catalogue.record("gain_change", float(largest), "1", meaning)
columns = {
    "over_optimal": "cost without a field / optimal [1]",
    "over_memoryless": "cost in own fields / best without memory [1]",
}
networks = {
    name: group for name, group in tested.groups.items() if name.startswith(NETWORK)
}
Markdown(table_of(networks, columns))

# %% tags=["figure"]
catalogue.save_figure(
    figures.by_std(table, columns, plan.field),
    "costs",
    kind="costs",
    caption="Cost of random reaches without the hidden state's term, a dot a network, "
    "against its training std: left without a field, as a share of the optimal "
    "controller's; right in the fields of the training, as a share of that of the best "
    "controller without memory. Lines are the controllers that were worked out.",
    models=trained.table,
)

# %% [markdown]
# ## Pushed aside
#
# Centre-out reaches without noise. The optimal controller with the state in view does
# not exist outside of a calculation: real senses are noisy, and its filter, which
# expects no field, takes the push of a field for noise.

# %% tags=["figure"]
shown = table[table["context"] == judged]
catalogue.save_figure(
    figures.pushed_aside(shown, amplitudes, plan.field),
    "pushed-aside",
    kind="displacements",
    caption=f"Largest lateral distance in reaches of 0.5 m under {plan.field} fields, "
    "against their amplitude: median and range of the networks of each training std, "
    "the best controller without memory for fields of that std (dotted), the optimal "
    "controller without a field (dashed) and the same with the state in view"
    + (f"; all are told of the context {judged:g}." if plan.told else "."),
    models=trained.table,
)

# %%
asides = [f"aside_{optimality.spelled(amplitude)}" for amplitude in amplitudes]
heads = [f"{plan.field} {amplitude:g} {unit} [% of reach]" for amplitude in amplitudes]
Markdown(table_of(tested.groups, dict(zip(asides, heads, strict=True))))

# %% [markdown]
# ## Robust or adapting?
#
# A field that pushes to the left acts until control step `switch`. In the first test it
# ends, and the hand is put to where it would have been without any field; only what the
# controller remembers can make it stray. In the second the field turns round, beside a
# reach in which that opposite field begins at the same moment. Positive is to the left.
#
# An after-effect needs memory, but not memory of a field: the optimal controller has
# one because its filter remembers where the hand was, and a stronger gain makes more of
# the same memory. That memory is of use against a field shows in the cost alone.

# %% tags=["figure"]
effects = {
    "released": "after-effect of a field that ends [% of reach]",
    "flipped": "after-effect of a field that turns [% of reach]",
}
catalogue.save_figure(
    figures.by_std(table, effects, plan.field),
    "after-effects",
    kind="after-effects",
    caption=f"After-effect of a {plan.field} field of {old:g} {unit} that pushed to "
    f"the left until control step {switch}, a dot a network, against its training std. "
    "Left: the field ends and the hand is put back; largest lateral distance, left "
    "positive. Right: the field turns round; furthest to the right of a reach in which "
    "the opposite field begins then.",
    models=trained.table,
)

# %% [markdown]
# ## The worst case
#
# Of all forces of one size over a trial, some pattern moves the hand furthest. The
# ratio of deviation to force, both as root sums of squares over time, is the induced
# gain; it is found by power iteration on the closed loop, linearised along each reach.

# %% tags=["figure"]
catalogue.save_figure(
    figures.by_std(table, {"gain": "induced gain [m/N]"}, plan.field),
    "induced-gain",
    kind="induced gain",
    caption="Largest deviation over all forces of one size, both summed over a trial "
    "but for its last state, a dot a network, against its training std; mean over "
    "directions of the reach. Lines are the controllers that were worked out.",
    models=trained.table,
)

# %%
measured = {"gain": "m/N", "released": "% of reach", "flipped": "% of reach"}
measured |= dict.fromkeys(columns, "1") | dict.fromkeys(asides, "% of reach")
meanings = effects | columns | dict(zip(asides, heads, strict=True))
meanings["gain"] = "induced gain from forces to deviations, mean over reaches"
for row in tested.where(kind=NETWORK):
    member = {name: row[name] for name in ("field_std", "seed", "context")}
    for name, of in measured.items():
        words = meanings[name].split(" [")[0]
        catalogue.record(name, row[name], of, words, member=member)
for kind in (OPTIMAL, VIEW, MEMORYLESS):
    for row in tested.where(kind=kind):
        member = {"kind": kind, **{key: row[key] for key in keys[1:]}}
        for name in ("gain", "released", *asides):
            words = f"{meanings[name].split(' [')[0]}, of a controller worked out"
            catalogue.record(
                f"best_{name}", row[name], measured[name], words, member=member
            )
numbers = {
    name: group for name, group in tested.groups.items() if group.summary("gain").n
}
Markdown(table_of(numbers, {**effects, "gain": "induced gain [m/N]"}))

# %% [markdown]
# ## Verdict
#
# "The optimum" has the state filtered from noisy senses unless said otherwise. Models
# with a context are judged at the one nearest to 1, which the strongest fields of their
# training had.

# %% tags=["claims"]
claims = Claims()
at = {"context": judged}
lowest, highest = trained.stds[0], trained.stds[-1]
untrained = tested.where(kind=NETWORK, field_std=0.0, **at)
robust = tested.where(kind=NETWORK, field_std=highest, **at)
in_fields = tested.where(
    kind=NETWORK, field_std=tuple(std for std in trained.stds if std), **at
)
best = {
    kind: tested.where(kind=kind, field_std=highest, **at)
    for kind in (OPTIMAL, VIEW, MEMORYLESS)
}

# %% tags=["claims"]
claims.target(
    "near_optimal",
    "Networks that were trained without a field cost at most 1.10 times the optimum.",
    reference="at most 1.10",
    ours=untrained.text("over_optimal"),
    holds=untrained.median("over_optimal") <= 1.10,
    models=[untrained],
)
claims.target(
    "memory_pays",
    "In the fields of its training a network costs less than the best controller "
    "without memory, for every training std above 0.",
    reference="below 1",
    ours=in_fields.text("over_memoryless"),
    holds=all(
        in_fields.where(field_std=std).median("over_memoryless") < 1
        for std in trained.stds
        if std
    ),
    models=[in_fields],
)

# %% tags=["claims"]
left_behind = {kind: group.median("released") for kind, group in best.items()}
claims.target(
    "after_effect",
    "A field that ends leaves networks of the highest training std an after-effect to "
    "the other side, larger than that of the optimal controller's filter.",
    reference=f"below {left_behind[OPTIMAL]:.3g} % of reach",
    ours=robust.text("released", "%"),
    holds=robust.median("released") < min(left_behind[OPTIMAL], 0.0),
    models=[robust],
)

# %% tags=["claims"]
fragile = tested.where(kind=NETWORK, field_std=lowest, **at)
claims.target(
    "training_lowers_worst_case",
    "Training in fields lowers the induced gain: every network of the highest training "
    "std has a lower one than any of the lowest.",
    reference=f"below {number(fragile.summary('gain').lowest)} m/N",
    ours=robust.text("gain", "m/N"),
    holds=robust.summary("gain").highest < fragile.summary("gain").lowest,
    models=[robust, fragile] if len(trained.stds) > 1 else [NOTHING],
)
claims.target(
    "optimum_resists",
    "The optimum, which expects no field, is pushed aside less by every field than "
    "networks that were trained without one: with the state in view, and with its "
    "filter.",
    reference=f"below {untrained.text(asides[-1], '%')} in the strongest field",
    ours=f"{best[VIEW].text(asides[-1], '%')} in view, "
    f"{best[OPTIMAL].text(asides[-1], '%')} with its filter",
    holds=[
        all(best[kind].median(x) < untrained.median(x) for x in asides)
        for kind in (VIEW, OPTIMAL)
    ],
    models=[untrained],
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
stronger = best[MEMORYLESS].median(asides[-1]) / robust.median(asides[-1])
text = claims.sentence()
if np.isfinite(stronger):
    text += (
        f" In the strongest field the best controller without memory for std "
        f"{highest:g} is pushed {number(stronger)} times as far as the networks of "
        "that training std."
    )
catalogue.record("verdict", text, "-", "what became of the claims, in sentences")
Markdown(text)

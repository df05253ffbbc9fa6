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
# A trained network is usually compared with other trained networks. Here it is compared
# with two controllers that can be computed. The *optimal controller* assumes that there
# is no field. It filters its noisy feedback and has the lowest cost that any controller
# can have without a field. The *best controller without memory* multiplies its feedback
# at each time step by gains of that step. The gains are chosen for the same random
# fields that a network was trained in. This controller cannot find out in which field
# it is. If a network does better, it does so by memory.
#
# **You will see** costs, lateral displacements, after-effects of a field that ends or
# reverses, and the worst case over all forces, of networks beside both controllers.
# **Needs** models of `1-train` whose feedback has no delay. **Takes** two minutes for
# twenty models on two cores.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are tested
contexts: list[float] = [0.0]  # [1] contexts, ascending, of models with that input
amplitudes: list[float] = [1.0, 2.0, 4.0]  # [N s/m] in [0, inf): strengths in the test
old: float = 2.0  # [N s/m] in (0, inf): amplitude of the field that ends
switch: int = 12  # [1] in [1, inf): control step at which the field ends or reverses
directions: int = 24  # [1] in [2, 360]: directions of reaches of 0.5 m from the origin
trials: int = 2000  # [1] in [10, 1000000]: random reaches from which costs are computed
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of random reaches and noise
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
# Without a field, the hand is linear and the cost is quadratic. Part of the motor noise
# grows with the command and is therefore not additive. [Todorov
# 2005](/pages/references.qmd#todorov-2005) gives a recursion that includes such noise.
# It yields gains $K_k$ and a filter, which form the optimal controller. The costs here
# leave out the term of the hidden state, which only a network has.
#
# A controller without memory commands $u_k=-K_k\,(p_k-g,\,v_k)$ from its noisy feedback
# $p_k$, $v_k$ and the goal $g$. Its expected cost over all fields and all noise follows
# from second moments. As a function of a single $K_k$ it is a parabola. We minimise it
# for one $K_k$ after the other until nothing improves. No trial is simulated.

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
    "noiseless": "without noise",
    "seen": "with motor noise and exact feedback",
    "sensed": "with motor noise and filtered noisy feedback",
}.items():
    catalogue.record(
        f"optimal_{name}", getattr(plan.regulator, name), "1", text + words
    )
costs = plan.regulator
Markdown(
    f"{trained}. The cost of the optimal controller is {costs.noiseless:.6f} without "
    f"noise, {costs.seen:.6f} with motor noise and exact feedback, and "
    f"{costs.sensed:.6f} with noisy feedback. Noise raises the cost by "
    f"{costs.sensed / costs.noiseless - 1:.0%}."
)

# %% [markdown]
# ## Prediction
#
# The cost of a network that was trained without a field should be at most 1.10 times
# the optimum. In fields, networks should have a lower cost than the best controller
# without memory, because they can identify the field during a reach. A field that ends
# should then leave an after-effect to the side towards which the network pushed. It
# should be larger than the after-effect that the filter of the optimal controller
# leaves. Training in fields should lower the worst case.
#
# ## The simplest case: gains
#
# The gains say how strongly a controller resists at each moment. We show the optimal
# controller and the best controllers without memory for the fields of each training std
# (the standard deviation of the field strength in training). For models with a context,
# an input that tells how strong the field may be, these are the fields of the context
# nearest to 1.

# %%
judged = min(contexts, key=lambda context: abs(context - 1)) if plan.told else 0.0
gains = {OPTIMAL: plan.regulator.gain}
for std in trained.stds:
    best = optimality.best_memoryless(plan, std, judged)
    gains[f"{MEMORYLESS}, training std {std:g}"] = np.abs(best.gain)
    of_std = {"field_std": std}
    meaning = "expected cost of the best controller without memory in training fields"
    catalogue.record("memoryless_cost", best.cost, "1", meaning, member=of_std)
    meaning = "whether the search for the best controller without memory converged"
    catalogue.record("memoryless_settled", best.settled, "-", meaning, member=of_std)

# %% tags=["figure"]
catalogue.save_figure(
    figures.gains_in_time(gains, plan.loop.dt),
    "gains",
    kind="gains in time",
    caption="Gains for position and velocity over the time of a trial, of the optimal "
    "controller, which assumes no field, and of the best controllers without memory "
    f"for the fields of each training std [{unit}].",
)

# %% [markdown]
# ## Cost
#
# Every controller makes the same random reaches with the same noise, so ratios of costs
# are far more exact than the costs themselves. *Training fields* are fields drawn as in
# the training of a network. For models with a context they are drawn as its context
# says.

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
    """The cost of each controller over that of another kind in the same setting [1]."""
    reference = table[table["kind"] == kind].set_index(keys[1:])[column]
    places = list(zip(*(table[key] for key in keys[1:]), strict=True))
    return table[column].to_numpy(float) / reference.loc[places].to_numpy(float)


table["over_optimal"] = over("cost_free", OPTIMAL)
table["over_memoryless"] = over("cost_own", MEMORYLESS)
tested = named(table, [*keys, "seed"], first=keys)
largest = table["gain_change"].max()
meaning = "largest relative change of an induced gain in the last iteration"
catalogue.record("gain_change", float(largest), "1", meaning)
columns = {
    "over_optimal": "cost without a field / optimal [1]",
    "over_memoryless": "cost in training fields / best without memory [1]",
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
    caption="Cost of random reaches, without the term of the hidden state, against the "
    "training std, a dot for each network. Left: without a field, over the cost of the "
    "optimal controller. Right: in training fields, over the cost of the best "
    "controller without memory. Lines are the computed controllers.",
    models=trained.table,
)

# %% [markdown]
# ## Lateral displacement
#
# Here reaches from the origin are made without noise. The optimal controller is shown
# in two versions. With exact feedback it knows the state, which no controller with
# noisy feedback does. With its filter it assumes that there is no field, and takes the
# effect of a field for noise.

# %% tags=["figure"]
shown = table[table["context"] == judged]
catalogue.save_figure(
    figures.pushed_aside(shown, amplitudes, plan.field),
    "pushed-aside",
    kind="displacements",
    caption=f"Largest lateral distance in reaches of 0.5 m in {plan.field} fields, "
    "against the amplitude of the field: median and range over the networks of each "
    "training std, the best controller without memory for the fields of that std "
    "(dotted), and the optimal controller with its filter (dashed) and with exact "
    "feedback" + (f". All contexts are {judged:g}." if plan.told else "."),
    models=trained.table,
)

# %%
asides = [f"aside_{optimality.spelled(amplitude)}" for amplitude in amplitudes]
heads = [f"{plan.field} {amplitude:g} {unit} [% of reach]" for amplitude in amplitudes]
Markdown(table_of(tested.groups, dict(zip(asides, heads, strict=True))))

# %% [markdown]
# ## Robust or adapting?
#
# A field that pushes to the left acts until control step `switch`. In the first test
# the field then ends, and the hand is put where it would have been without any field.
# Only the memory of the controller can then make the hand deviate. In the second test
# the field reverses. The reach is compared with one in which the opposite field begins
# at that moment, without a field before. Values to the left are positive.
#
# An after-effect needs memory, but not memory of a field. The optimal controller has an
# after-effect because its filter remembers where the hand was, and a larger gain makes
# the effect larger. Whether memory is of use against a field can be seen in the cost
# only.

# %% tags=["figure"]
effects = {
    "released": "after-effect of a field that ends [% of reach]",
    "flipped": "after-effect of a field that reverses [% of reach]",
}
catalogue.save_figure(
    figures.by_std(table, effects, plan.field),
    "after-effects",
    kind="after-effects",
    caption=f"After-effect of a {plan.field} field of {old:g} {unit} that pushed to "
    f"the left until control step {switch}, against the training std, a dot for each "
    "network. Left: the field ends and the hand is put back; largest lateral distance, "
    "positive to the left. Right: the field reverses; largest distance to the right of "
    "a reach in which the opposite field begins at that step.",
    models=trained.table,
)

# %% [markdown]
# ## The worst case
#
# Of all forces of one size over a trial, one pattern moves the hand furthest. The
# *induced gain* is the ratio of deviation to force for that pattern, both as root sums
# of squares over time. We compute it by power iteration on the closed loop, linearised
# along each reach.

# %% tags=["figure"]
catalogue.save_figure(
    figures.by_std(table, {"gain": "induced gain [m/N]"}, plan.field),
    "induced-gain",
    kind="induced gain",
    caption="Induced gain, the largest deviation of the hand over all forces of one "
    "size (root sums of squares over a trial without its last state), against the "
    "training std, mean over directions of the reach, a dot for each network. Lines "
    "are the computed controllers.",
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
            words = f"{meanings[name].split(' [')[0]}, of a computed controller"
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
# Unless stated otherwise, "the optimum" is the optimal controller with its filter.
# Models with a context are tested at the context nearest to 1, at which their training
# had the strongest fields.

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
    "The cost of networks trained without a field is at most 1.10 times the optimum.",
    reference="at most 1.10",
    ours=untrained.text("over_optimal"),
    holds=untrained.median("over_optimal") <= 1.10,
    models=[untrained],
)
claims.target(
    "memory_pays",
    "In training fields a network has a lower cost than the best controller without "
    "memory, for every training std above 0.",
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
    "A field that ends leaves an after-effect to the other side in networks of the "
    "highest training std, larger than that of the optimal controller's filter.",
    reference=f"below {left_behind[OPTIMAL]:.3g} % of reach",
    ours=robust.text("released", "%"),
    holds=robust.median("released") < min(left_behind[OPTIMAL], 0.0),
    models=[robust],
)

# %% tags=["claims"]
fragile = tested.where(kind=NETWORK, field_std=lowest, **at)
claims.target(
    "training_lowers_worst_case",
    "Training in fields lowers the induced gain: that of every network of the highest "
    "training std is below that of any network of the lowest.",
    reference=f"below {number(fragile.summary('gain').lowest)} m/N",
    ours=robust.text("gain", "m/N"),
    holds=robust.summary("gain").highest < fragile.summary("gain").lowest,
    models=[robust, fragile] if len(trained.stds) > 1 else [NOTHING],
)
claims.target(
    "optimum_resists",
    "Every field pushes the optimum, which assumes no field, aside less than networks "
    "trained without a field, with exact feedback and with its filter.",
    reference=f"below {untrained.text(asides[-1], '%')} in the strongest field",
    ours=f"{best[VIEW].text(asides[-1], '%')} with exact feedback, "
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
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How fast does a cup of coffee cool?
#
# A cup loses heat in proportion to how much warmer than the room it is (Newton's law of
# cooling): $T(t) = T_{room} + (T_0 - T_{room})\,e^{-kt}$. The rate $k$ is read from a
# thermometer that is noisy.
#
# **You will see** the readings with the fitted curve. **Needs** nothing. **Takes** a
# second.

# %% tags=["parameters"]
# fmt: off
rate: float = 0.05  # [1/min] in (0, inf): true rate of cooling
noise: float = 0.5  # [K] in [0, inf): standard deviation of a reading
minutes: int = 40  # [min] in [3, inf): time over which the cup is watched
seed: int = 0  # [1] in [0, inf): seed of the readings
# fmt: on

# %%
import numpy as np
import plotly.graph_objects as go

from fieldnotes.catalogue import record, save_figure

# %% [markdown]
# ## Prediction
#
# The logarithm of the excess over the room falls on a straight line, so least squares
# gives the rate to within ten per cent as long as the noise is well below the excess.

# %%
ROOM, BEGIN = 20.0, 90.0  # [°C]
time = np.arange(minutes + 1.0)
truth = ROOM + (BEGIN - ROOM) * np.exp(-rate * time)
readings = truth + noise * np.random.default_rng(seed).normal(size=time.size)

# %% [markdown]
# ## Result

# %%
warm = readings > ROOM  # the others have no logarithm
slope, height = np.polyfit(time[warm], np.log(readings[warm] - ROOM), 1)
fitted = -slope
error = 100 * abs(fitted / rate - 1)
record("fitted_rate", fitted, "1/min", "rate of cooling that was fitted")
record("rate_error", error, "%", "error of the fitted rate, as a share of the true one")

# %% tags=["figure"]
figure = go.Figure()
figure.add_scatter(x=time, y=readings, mode="markers", name="readings")
figure.add_scatter(x=time, y=ROOM + np.exp(height + slope * time), name="fit")
figure.update_layout(xaxis_title="time [min]", yaxis_title="temperature [°C]")
save_figure(
    figure,
    "cooling",
    kind="cooling",
    caption=f"Temperature of a cup over {minutes} minutes, read with a noise of "
    f"{noise:g} K, and the exponential that was fitted to it.",
)

# %% [markdown]
# ## Verdict

# %%
holds = error <= 10
words = "as predicted" if holds else "against the prediction"
text = f"With a noise of {noise:g} K the rate is off by {error:.2g} %: {words}."
record("verdict", text, "-", "whether the prediction holds, as a sentence")
print(text)

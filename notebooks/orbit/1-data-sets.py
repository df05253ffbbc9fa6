# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which orbits does a network learn gravity from?
#
# A network that is to learn gravity sees nothing but samples of orbits: times,
# positions and velocities. It can learn the field where the samples lie, and must guess
# it elsewhere. So the first thing to look at is where the samples lie.
#
# **You will see** the paths of a training set, how its orbits are distributed in size
# and shape, how far apart neighbouring samples are at both ends of an orbit, and seven
# real objects that no training set contains. **Needs** nothing; it can also show a file
# of your own orbits. **Takes** a few seconds.
#
# Lengths are in Earth radii, 1 R_E = 6378.137 km, and times in TU = 806.81 s, the unit
# in which gravity's constant is one.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
family: Literal["single", "simple", "complex", "circular", "fixnu0", "fixnu20"] = (
    "complex"
)  # [-] ranges that the orbits are drawn from
space: bool = False  # [-] orbits in space; otherwise in one plane
orbits: int = 10  # [1] in [1, 10000]: number of orbits drawn
data_seed: int = 1  # [1] in [0, inf): seed from which the orbits are drawn
points: int = 360  # [1] in [3, 100000]: samples over one period
position_noise: float = 0.0  # [R_E] in [0, inf): deviation of a position component
velocity_noise: float = 0.0  # [R_E/TU] in [0, inf): deviation of a velocity component
data_file: str = ""  # [file] your own orbits (CSV or Parquet) instead of drawn ones
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes.catalogue import record, save_figure
from studies.evidence import counted
from studies.orbit import figures, kepler, tasks, trainings
from studies.orbit.ephemeris import read_ephemeris
from studies.orbit.real import published, real_objects

# %% [markdown]
# ## The set
#
# The elements of an orbit are drawn uniformly from the ranges of its family. An orbit
# that would dip below the Earth's surface is drawn again. Each orbit is sampled over
# exactly one period in equal steps of time, so neighbouring samples are far apart where
# the motion is fast. Kepler's equation gives every sample directly. Nothing is
# integrated, and the energy along an orbit is constant to the last digits.

# %%
if data_file:
    true = read_ephemeris(data_file)
else:
    true = tasks.orbit_set(family, orbits, data_seed, space=space, points=points)
data = tasks.add_noise(true, position_noise, velocity_noise, seed=data_seed)
table = true.table()
record("orbits", len(data), "1", "orbits in the set")
record("samples", int(data.mask.sum()), "1", "samples of all orbits")
table.head(10).round(4)

# %%
energy = np.asarray(kepler.invariants(true.states).energy)
drift = float(np.nanmax(np.abs(energy / energy[:, :1] - 1)))
record("energy_drift", drift, "1", "largest relative change of energy along an orbit")
Markdown(
    f"**{data.name}** holds {counted(len(data), 'orbit')} of up to "
    f"{data.time.shape[1]} samples.{trainings.of_velocities(true)} Before noise is "
    f"added, the energy along an orbit changes by at most {drift:.1e} of its size."
)

# %% [markdown]
# ## Paths
#
# If the set covered the space around the Earth evenly, a network that fits it would
# have been trained at every place. We expect the opposite: orbits crowd near the Earth
# and thin out towards the orbit of the geostationary satellites at 6.6 R_E. Beyond it
# only the far ends of the long ellipses should be left.

# %% tags=["figure"]
save_figure(
    figures.orbit_paths(data),
    "paths",
    kind="orbit paths",
    caption=f"Paths in {data.name} ({counted(len(data), 'orbit')}); the disc is the "
    "Earth.",
)

# %%
radius = np.linalg.norm(true.states[..., :3], axis=-1)
near, middle, far = (float(np.nanquantile(radius, q)) for q in (0.0, 0.5, 1.0))
below_two = 100 * float(np.mean(radius[true.mask] < 2))
record("lowest_radius", near, "R_E", "smallest distance from the centre")
record("median_radius", middle, "R_E", "median distance from the centre")
record("highest_radius", far, "R_E", "largest distance from the centre")
record("samples_below_two_radii", below_two, "%", "samples nearer than 2 R_E")
strongest = (far / near) ** 2
Markdown(
    f"Samples lie between {near:.2f} and {far:.2f} R_E, half of them beyond "
    f"{middle:.2f} R_E and {below_two:.1f} % below 2 R_E. Gravity varies "
    f"{strongest:.0f}-fold over this range."
)

# %% [markdown]
# ## Size and shape
#
# Sizes and eccentricities are drawn uniformly, but a small orbit of high eccentricity
# would meet the Earth and is rejected. So among the accepted orbits low eccentricities
# should be more frequent than high ones, and large orbits more frequent than small
# ones.

# %% tags=["figure"]
save_figure(
    figures.element_histograms(true),
    "elements",
    kind="element histograms",
    caption=f"Histograms of the orbital elements of the orbits of {data.name}.",
)

# %%
columns = {"eccentricity": true.elements[:, 1], "semi_major_axis": true.elements[:, 0]}
many = len(true) >= 10  # of fewer orbits a twentieth is none
low, half, high = {}, {}, {}
for name, values in columns.items():
    unit = "1" if name == "eccentricity" else "R_E"
    for share, kept in ((0.05, low), (0.5, half), (0.95, high)):
        kept[name] = float(np.quantile(values, share if many else round(share)))
        meaning = f"{100 * share:.0f} % of the orbits have a smaller {name}"
        if many:
            scrap = f"{name}_q{round(100 * share):02d}"
            record(scrap, kept[name], unit, meaning.replace("_", "-"))
    half[name] = float(np.median(values))
e, a = "eccentricity", "semi_major_axis"
span = (
    f"an eccentricity between {low[e]:.2f} and {high[e]:.2f} (median {half[e]:.2f}) "
    f"and a semi-major axis between {low[a]:.2f} and {high[a]:.2f} R_E (median "
    f"{half[a]:.2f})"
)
if len(true) == 1:
    span = (
        f"an eccentricity of {half[e]:.2f} and a semi-major axis of {half[a]:.2f} R_E"
    )
who = "Nine orbits in ten have" if many else f"All {len(true)} orbits have"
Markdown(f"{who if len(true) > 1 else 'The only orbit has'} {span}.")

# %% [markdown]
# ## Sample spacing
#
# By Kepler's second law a body is fast near periapsis, its closest point to the Earth.
# Equal steps in time therefore leave few samples where the field is strongest and
# changes most. We look at the most eccentric orbit of the set. Its two close-ups show
# thirty samples each, coloured by time.

# %%
longest = int(np.argmax(true.elements[:, 1]))
spacing = np.linalg.norm(np.diff(true.states[..., :3], axis=1), axis=-1)
smallest, widest = float(np.nanmin(spacing)), float(np.nanmax(spacing))
ratio = float(np.nanmax(spacing[longest]) / np.nanmin(spacing[longest]))
meaning = "smallest distance between neighbouring samples"
record("spacing_smallest", smallest, "R_E", meaning)
usual = float(np.nanmedian(spacing))
meaning = "median distance between neighbouring samples"
record("spacing_median", usual, "R_E", meaning)
meaning = "largest distance between neighbouring samples"
record("spacing_widest", widest, "R_E", meaning)

# %% tags=["figure"]
save_figure(
    figures.sample_spacing(data, longest),
    "spacing",
    kind="sample spacing",
    caption="Distance between neighbouring samples along the most eccentric orbit, "
    f"{data.names[longest]}, with close-ups of its nearest and its farthest point.",
)

# %%
Markdown(
    f"Over the whole set neighbours are {smallest:.3f} to {widest:.3f} R_E apart. On "
    f"{data.names[longest]} (eccentricity {true.elements[longest, 1]:.2f}) the widest "
    f"gap is {ratio:.1f} times the narrowest."
)

# %% [markdown]
# ## Can the acceleration be read off the samples?
#
# The positions and velocities of three neighbouring samples fix a polynomial of degree
# five, and its second derivative at the middle sample estimates the acceleration. This
# estimate is the *label* from which networks can learn. Without noise it should be far
# better than any network here. Noise of the positions is multiplied by about 5/h²,
# where h is the time between samples. It should therefore spoil the labels of small
# orbits first, because their samples follow one another quickly.

# %%
labels = tasks.acceleration_labels(data)
exact = kepler.gravity(tasks.acceleration_labels(true).states[:, :3])
size = np.linalg.norm(exact, axis=-1)
error = 100 * np.linalg.norm(labels.acceleration - exact, axis=-1) / size
mean, worst = float(error.mean()), float(error.max())
record("label_error_mean", mean, "%", "mean error of the labelled acceleration")
record("label_error_largest", worst, "%", "largest error of a labelled acceleration")
good = "good enough to learn from" if error.mean() < 1 else "too rough to learn from"
Markdown(
    f"Read off the samples, the acceleration is wrong by {error.mean():.2g} % on "
    f"average and {error.max():.2g} % at worst: {good}."
)

# %% [markdown]
# ## Real objects
#
# Seven objects, from the space station to a geostationary satellite, serve as a test
# that no training set contains. Each is one Keplerian orbit with published elements. In
# a planar study the orbit is turned into the plane, which changes nothing in Newton's
# field. Most of these orbits are nearly circular. A model that was trained on eccentric
# orbits and fails here has learned its orbits and not the field.

# %%
real = real_objects(space=space)
columns = ["object", "epoch [year-day UTC]", "source"]
known = real.table().merge(published()[columns], left_on="orbit", right_on="object")
known.style.format(precision=3)  # a styled table shows its texts whole

# %% tags=["figure"]
save_figure(
    figures.orbit_paths(real),
    "real-objects",
    kind="orbit paths",
    caption="Paths of seven real objects over one period each, computed from their "
    "published elements; the disc is the Earth.",
)

# %%
reach = np.linalg.norm(real.states[..., :3], axis=-1)
outside = [
    name
    for name, radii in zip(real.names, reach, strict=True)
    if radii.min() < near or radii.max() > far
]
meaning = "real objects that leave the range of radii of this set"
record("real_objects_outside", len(outside), "1", meaning)
said = ", ".join(outside) or "none of them"
Markdown(
    f"Real objects that leave the range of radii of this set ({near:.2f} to {far:.2f} "
    f"R_E), so that a model must extrapolate: {said}."
)

"""Which paths stand together, and what is left behind of measures."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd

from lent import Lent
from studies.reach import figures, reductions, robustness


class Members(NamedTuple):
    """Three models: two of training std 0 and one of 1.5."""

    stds: list[float] = [0.0, 1.5]
    seeds: list[int] = [4, 5, 4]
    colours: dict[float, str] = {0.0: "rgb(1, 2, 3)", 1.5: "rgb(4, 5, 6)"}

    def of_std(self, std: float) -> list[int]:
        return [0, 1] if std == 0 else [2]


def shown() -> figures.Shown:
    """Paths of 3 models, 2 fields, 2 repeats and 4 directions; each says its place."""
    member, variant, evaluation, condition = np.indices((3, 2, 2, 4))
    number = 1000 * member + 100 * variant + 10 * evaluation + condition
    paths = jnp.broadcast_to(number[..., None, None], (*number.shape, 5, 2))
    return figures.Shown(reductions.Paths(paths, paths, paths), Members())


def places(group: figures.Group) -> list[float]:
    """Which curves a group has."""
    return group.panels[0][:, 0, 0].tolist()


def test_directions_are_apart_and_have_colours_of_their_own():
    groups = shown().by_direction([0], 1)
    assert list(groups) == ["0°", "90°", "180°", "270°"]
    assert places(groups["90°"]) == [101, 111]
    assert len({group.css for group in groups.values()}) == 4
    once = shown().by_direction([1, 2], 0, slice(0, 1))
    assert places(once["0°"]) == [1000, 2000]
    assert once["0°"].labels[0] == "replicate (seed) 5, trial 0, condition 0"


def test_groups_by_field_and_by_training_hold_their_own_models():
    by_amplitude = shown().by_amplitude(1.5, [0.0, 4.0])
    assert list(by_amplitude) == ["amplitude 0", "amplitude 4"]
    assert places(by_amplitude["amplitude 4"]) == [
        *range(2100, 2104),
        *range(2110, 2114),
    ]
    by_std = shown().by_std(0)
    assert list(by_std) == ["training std 0", "training std 1.5"]
    assert {place // 1000 for place in places(by_std["training std 0"])} == {0, 1}
    assert by_std["training std 1.5"].css == "rgb(4, 5, 6)"
    low, high = figures.limits_of([by_amplitude, by_std])[0][0]
    assert low < 0 and high > 2113


def test_bands_are_means_and_deviations_over_the_models_of_a_training():
    values = np.array([1.0, 3.0, 7.0])  # of the three models, at any time
    moments = np.stack([values, values**2], axis=1)[:, None, :, None, None]
    whole = jnp.broadcast_to(moments, (3, 1, 2, 5, 2))
    profile = reductions.Profile(whole, whole, whole)
    bands = figures.bands_by_std(Members(), profile, 0, ["velocity"])["velocity"]
    mean, std = bands["training std 0"]
    assert mean.shape == (5, 2)
    assert np.allclose(mean, 2) and np.allclose(std, 1)
    assert np.allclose(
        bands["training std 1.5"], [np.full((5, 2), 7), np.zeros((5, 2))]
    )


def test_measures_leave_median_and_range_under_identifiers():
    name = "max_net_force"
    frame = pd.DataFrame({"field_std": 1.5, "seed": [0, 1, 2], "size": 0.5})
    frame[name] = [3.0, 1.0, 2.0]
    lent = Lent()
    summaries = {name: robustness.summary(frame, name, "size")}
    robustness.record(lent, summaries, [name], "position impulse", "_position")
    tag = "max_net_force_position_at_0p5"
    scraps = {key[0]: scrap[0] for key, scrap in lent.scraps.items()}
    assert scraps == {tag: 2.0, f"{tag}_lowest": 1.0, f"{tag}_highest": 3.0}
    assert lent.scraps[tag, (1.5,)][1] == "N"
    assert "position impulse 0.5: median" in lent.scraps[tag, (1.5,)][2]
    assert robustness.scrap("x", 1e-05).isidentifier()

"""Ensembles: a member comes out the same alone or in company, wherever it runs."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from studies.training import Phase, initialise, train
from studies.training.placement import Placement, choose_mapping
from studies.training.trees import members_of
from tiny_training import ROWS, close, draw, noisy, parabola, points

HYPER = {"std": np.array([0.0, 0.3, 1.0])}
RATES = np.array([1e-2, 3e-2, 1e-2])


def shaken(model, batch, key, hyper):
    total, terms = noisy(model, hyper["std"] * batch, key)
    return total, terms | {"std": hyper["std"]}


def member(index, **more):
    """One member of the ensemble below, alone."""
    return train(
        points(1),
        shaken,
        draw,
        Phase(40, RATES[index : index + 1]),
        data=ROWS[None],
        per_member_data=True,
        seeds=[index],
        hyper={"std": HYPER["std"][index : index + 1]},
        **more,
    )


def company(**more):
    return train(
        points(3),
        shaken,
        draw,
        Phase(40, RATES),
        data=np.stack([ROWS] * 3),
        per_member_data=True,
        seeds=[0, 1, 2],
        hyper=HYPER,
        **more,
    )


@pytest.mark.parametrize("mapping", ["vmap", "map"])
def test_a_member_comes_out_the_same_alone_or_in_company(mapping):
    together = company(mapping=mapping)
    for index in range(3):
        alone = member(index)
        close(together.member(index), alone.member(0))
        close(together.best(index), alone.best(0))
        for name, values in alone.history(0).items():
            own = together.history(index)[name]
            np.testing.assert_allclose(own, values, rtol=1e-5, atol=1e-6)


def test_each_member_has_its_own_data():
    def batch(key, step, data):
        return data["target"]

    def loss(model, batch, key):
        return jnp.sum((model.left - batch) ** 2) / 2, {}

    targets = np.array([[0.0, 0, 0], [4.0, 4, 4]], np.float32)
    result = train(
        points(2),
        loss,
        batch,
        Phase(1, 1.0),
        data={"target": targets},
        per_member_data=True,
        seeds=[0, 0],
        optimiser=optax.sgd,
        validation=lambda model, data: (jnp.sum(data["target"]), {}),
    )
    np.testing.assert_allclose(result.final.left, targets)
    np.testing.assert_allclose(result.validation["validation"][:, 0], [0, 12])


def test_the_initial_weights_of_a_member_depend_on_its_seed_alone():
    def build(key):
        return {"weight": jax.random.normal(key)}

    together = initialise(build, [0, 1, 2])
    for index, seed in enumerate([0, 1, 2]):
        close(members_of(together, index), members_of(initialise(build, [seed]), 0), 0)
    assert len(np.unique(together["weight"])) == 3


@pytest.mark.parametrize(
    ("members", "devices", "share", "used"),
    [
        (1, 4, 1, 1),
        (5, 1, 5, 1),
        (5, 2, 3, 2),
        (3, 4, 1, 3),
        (5, 4, 2, 3),
        (8, 4, 2, 4),
    ],
)
def test_members_take_equal_shares_on_as_few_devices_as_that_needs(
    members, devices, share, used
):
    place = Placement(members, [f"device {k}" for k in range(devices)])
    assert place.share == share
    assert len(place.devices) == used
    assert len(place.rows) == share * used
    assert set(place.rows) == set(range(members))


def test_auto_maps_large_members_on_a_cpu_only():
    assert choose_mapping("auto", 3, "cpu", 100_000) == "map"
    assert choose_mapping("auto", 3, "cpu", 500) == "vmap"
    assert choose_mapping("auto", 3, "gpu", 100_000) == "vmap"
    assert choose_mapping("map", 1, "cpu", 1) == "one"
    assert choose_mapping("vmap", 2, "cpu", 100_000) == "vmap"


SHARDED = """
import sys
sys.path[:0] = [{tests!r}, {here!r}]
import strict_jax
import jax
from test_ensemble import close, company, member
assert len(jax.devices()) == 2
for mapping in ("vmap", "map"):
    together = company(mapping=mapping, validation=lambda model, data: (
        (data - model.left[0]).mean() ** 2, {{}}))
    assert together.columns["loss"].shape == (3, 40)
    assert together.validation["validation"].shape == (3, 1)
    for index in range(3):
        alone = member(index, devices=jax.devices()[:1])
        close(together.member(index), alone.member(0))
print("same")
"""


def test_a_member_comes_out_the_same_on_two_devices_as_on_one():
    here = Path(__file__).parent
    script = SHARDED.format(tests=str(here.parent), here=str(here))
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "JAX_NUM_CPU_DEVICES": "2"},
    )
    assert done.stdout.strip() == "same", done.stderr[-2000:]


def test_the_parabola_does_not_mind_its_neighbours():
    # Members with wildly different rates, one of which diverges at once.
    result = train(
        points(2),
        parabola,
        None,
        Phase(30, np.array([0.1, 1e9])),
        seeds=[0, 1],
        optimiser=optax.sgd,
    )
    np.testing.assert_allclose(result.member(0).left, 0.9**30, rtol=1e-5)
    assert result.outcome(1).state == "diverged"

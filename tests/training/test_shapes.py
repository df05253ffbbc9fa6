"""A shape that a trained model does not take is refused with the one it takes.

The tests check every annotation, which a user's session does not: the models are asked
in a session of their own.
"""

import json
import subprocess
import sys

import jax.numpy as jnp
import pytest

from studies.training import expect_last, expect_shape

SCRIPT = """
import json

import jax.numpy as jnp

from studies.latent.models import build as circuit
from studies.orbit.models import build as orbit
from studies.reach.models import build as reach

layers = {"features": "rinv_vel", "output_layer": "signed", "activation": "tanh"}
field = orbit(**layers, width=4, depth=1)
arm = reach(hidden=4, context=True)
model = circuit(neurons=7, stimuli=3, latent=5, width=6, stimulus_latent=4)
calls = {
    "state": lambda: field(jnp.zeros(4)),
    "states": lambda: field.acceleration(jnp.zeros((20, 6))),
    "input": lambda: arm(jnp.zeros(8), jnp.zeros(4)),
    "hidden": lambda: arm(jnp.zeros(9), jnp.zeros(5)),
    "activity": lambda: model.encode(jnp.zeros((2, 9))),
    "latent": lambda: model.decode(jnp.zeros((2, 9))),
    "step": lambda: model.step(jnp.zeros(9), jnp.zeros(4)),
    "frame": lambda: model.encode_stimulus(jnp.zeros((2, 9))),
}
said = {}
for name, call in calls.items():
    try:
        call()
    except ValueError as error:
        said[name] = str(error)
field(jnp.ones(6)), arm(jnp.zeros(9), jnp.zeros(4))
model.decode(model.step(model.encode(jnp.zeros((2, 7))), jnp.zeros((2, 4))))
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said():
    """What each model says of a wrong shape, in a session without checks of types."""
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=600
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            "state",
            "position [R_E] and velocity [R_E/TU] in three",
        ),
        ("state", "(6,); got (4,)."),
        ("states", "got (20, 6). For several at once, map the model over them"),
        ("input", "The input, context (1), target_position (2)"),
        ("input", "has shape (9,); got (8,)."),
        ("hidden", "The hidden state has shape (4,); got (5,)."),
        ("activity", "one entry a neuron, has shape (..., 7); got (2, 9)."),
        ("latent", "The latent state has shape (..., 5); got (2, 9)."),
        ("step", "The latent state has shape (..., 5); got (9,)."),
        ("frame", "A frame of the stimulus has shape (..., 3); got (2, 9)."),
    ],
)
def test_a_model_says_which_shape_it_takes(said, call, words):
    assert words in said[call]


def test_the_shape_that_is_asked_for_is_taken():
    expect_shape(jnp.zeros((2, 3)), (2, 3), "It")
    expect_last([[1.0, 2.0]], 2, "It")
    with pytest.raises(ValueError, match=r"It has shape \(2,\); got \(\)"):
        expect_shape(1.0, (2,), "It")
    with pytest.raises(ValueError, match=r"It has shape \(\.\.\., 2\); got \(\)"):
        expect_last(1.0, 2, "It")

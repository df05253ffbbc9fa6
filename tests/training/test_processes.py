"""A second process that trains the same shapes compiles nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TRAINING = """
import sys
sys.path.insert(0, {tests!r})
import jax
import optax
from jax import monitoring
missed = []
monitoring.register_event_listener(
    lambda name, **_: missed.append(name) if "cache_misses" in name else None)
from tiny_training import ROWS, draw, far_valley, noisy, points
from studies.training import Phase, compilations, initialise, train
steps = int(sys.argv[1])
initialise(lambda key: jax.random.normal(key, (3,)), [0, 1])
phases = [Phase(steps, optax.cosine_decay_schedule(1e-2, 40)), Phase(3, 1e-3)]
train(points(2), noisy, draw, phases, data=ROWS * steps, seeds=[steps, 2],
      validation=far_valley)
assert compilations() == 1
print(len(missed))
"""


@pytest.mark.parametrize("devices", ["1", "2"])
def test_a_second_process_of_the_same_shapes_compiles_nothing(tmp_path, devices):
    tests = str(Path(__file__).parents[1])
    environment = {
        **os.environ,
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "JAX_NUM_CPU_DEVICES": devices,
    }
    missed = []
    for steps in ("20", "20"):
        done = subprocess.run(
            [sys.executable, "-c", TRAINING.format(tests=tests), steps],
            capture_output=True,
            text=True,
            env=environment,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        missed.append(int(done.stdout))
    assert missed[0] > 0
    assert missed[1] == 0

"""Models in files: what is read is what was written, or the error says what is not."""

import json
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.training import (
    ModelFileError,
    initialise,
    read_hyperparameters,
    read_model,
    stack,
    write_model,
)
from studies.training.trees import members_of
from tiny_training import same

HYPERPARAMETERS = {"width": 8, "scale": 0.1, "name": "tëst\n", "far": math.inf}


class Net(eqx.Module):
    layers: list
    scale: float
    steps: jax.Array

    def __init__(self, width, scale, key, name="", far=0.0):
        self.layers = [eqx.nn.Linear(3, width, key=key), jnp.tanh]
        self.scale = scale
        self.steps = jnp.arange(3)


def build(width, scale, name, far):
    return Net(width, scale, jax.random.key(0), name, far)


@pytest.fixture
def model():
    return Net(8, 0.1, jax.random.key(5))


@pytest.fixture
def path(tmp_path, model):
    path = tmp_path / "models" / "a.eqx"
    write_model(path, model, HYPERPARAMETERS)
    return path


def test_what_is_read_is_what_was_written(path, model):
    assert same(read_model(path, build), model)
    assert read_hyperparameters(path) == HYPERPARAMETERS


def test_the_first_line_is_standard_json(path):
    line = path.read_bytes().split(b"\n")[0]

    def refuse(name):
        raise AssertionError(name)

    header = json.loads(line, parse_constant=refuse)
    assert header["hyperparameters"]["width"] == 8


def test_nothing_but_the_file_is_left_behind(path):
    assert [file.name for file in path.parent.iterdir()] == ["a.eqx"]


def test_a_model_of_another_structure_is_named_leaf_by_leaf(path):
    def wider(width, scale, name, far):
        return build(width + 1, scale, name, far)

    with pytest.raises(ModelFileError) as error:
        read_model(path, wider)
    words = str(error.value)
    assert str(path) in words
    assert (
        ".layers[0].weight: float32[8, 3] in the file, float32[9, 3] expected" in words
    )
    assert ".steps" not in words


def test_a_leaf_that_is_only_on_one_side_is_named(path):
    def fewer(width, scale, name, far):
        model = build(width, scale, name, far)
        return eqx.tree_at(lambda m: m.steps, model, None)

    with pytest.raises(
        ModelFileError, match=r"\.steps: int32\[3\] in the file, absent"
    ):
        read_model(path, fewer)


def test_a_truncated_file_is_refused_wherever_it_ends(path):
    content = path.read_bytes()
    header = content.index(b"\n") + 1
    for length in (0, 10, header, header + 60, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match=str(path)):
            read_model(path, build)


@pytest.mark.parametrize(
    "content", [b"", b"[]\n", b"{}\n", b'{"format": 9}\n', b"\xff\n"]
)
def test_what_is_no_model_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=str(path)):
        read_model(path, build)


def test_bytes_after_the_last_leaf_are_refused(path):
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelFileError, match="after the last leaf"):
        read_model(path, build)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match=r"gone\.eqx"):
        read_model(tmp_path / "gone.eqx", build)


def test_stacked_models_come_apart_again(model):
    other = Net(8, 0.1, jax.random.key(6))
    stacked = stack([model, other])
    assert same(members_of(stacked, 0), model)
    assert same(members_of(stacked, 1), other)
    with pytest.raises(ValueError, match="structure"):
        stack([model, eqx.tree_at(lambda m: m.steps, other, None)])


def test_initial_models_differ_by_seed_and_repeat():
    models = initialise(lambda key: Net(8, 0.1, key), [0, 1, 0])
    weight = np.asarray(models.layers[0].weight)
    assert not np.any(weight[0] == weight[1])
    np.testing.assert_array_equal(weight[0], weight[2])

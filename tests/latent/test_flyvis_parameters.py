"""Trained parameters: the reader on a made file, the facts on the real one if there."""

import os
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latent_flyvis import parameters, write_connectome, write_parameters
from studies.latent.circuit import DT
from studies.latent.flyvis import TopologyError, flyvis_topology
from studies.latent.flyvis_parameters import ParameterFileError, read_parameters
from studies.latent.movies import movie
from studies.latent.recordings import parents
from studies.latent.simulation import simulate
from studies.latent.truth import true_map

FILE = "FLYVIS_PARAMETERS"  # environment variable: path of the real file
TYPES = ("R1", "R2", "Mi", "Am")


@pytest.fixture
def small(tmp_path):
    """Paths of a small connectome and of parameters for it."""
    connectome = write_connectome(tmp_path / "small.json")
    return connectome, write_parameters(tmp_path / "small.npz")


def test_parameters_are_read_by_name_whatever_their_order(small):
    found = read_parameters(small[1], TYPES)
    assert found.tau == {"Mi": 0.03, "R1": 0.019, "R2": 0.04, "Am": 0.2}
    assert found.bias["R1"] == 0.4
    assert found.strength["Mi", "Am"] == 0.05


def test_weights_are_sign_times_count_times_strength(small):
    connectome, path = small
    circuit = flyvis_topology(1, path=connectome, parameters=path)
    bare = flyvis_topology(1, path=connectome)
    assert np.array_equal(circuit.pre, bare.pre)
    assert np.array_equal(circuit.post, bare.post)
    kinds = np.array(circuit.type_names)[circuit.type_index]
    pairs = list(zip(kinds[circuit.pre], kinds[circuit.post], strict=True))
    found = {pair: set() for pair in pairs}
    for pair, weight in zip(pairs, circuit.weight, strict=True):
        found[pair].add(round(float(weight), 12))
    assert found["R1", "Mi"] == {-0.4}  # 40 synapses of 0.01, inhibitory
    assert found["R2", "Mi"] == {0.0}
    assert found["Mi", "Mi"] == {0.04, 0.12}
    doubled = flyvis_topology(1, path=connectome, parameters=path, gain=2.0)
    assert np.allclose(doubled.weight, 2 * circuit.weight)
    assert set(circuit.tau[kinds == "Am"]) == {0.2}
    assert circuit.alpha[kinds == "R1"] == pytest.approx(1.0)  # max(tau, dt)


def test_a_silent_pair_has_edges_and_makes_no_parents(small):
    circuit = flyvis_topology(1, path=small[0], parameters=small[1])
    table = parents(simulate(circuit, movie("natural", circuit, 3, seed=0)))
    assert table is not None
    kinds = np.array(circuit.type_names)[circuit.type_index]
    assert table[kinds == "Mi"][:, kinds == "R1"].sum() == 7
    assert not table[:, kinds == "R2"].any()
    assert (kinds[circuit.pre] == "R2").sum() == 7


@pytest.mark.parametrize("name", ["tau", "bias"])
def test_a_value_given_twice_is_refused(small, name):
    with pytest.raises(TopologyError, match=f"`{name}` beside `parameters`"):
        flyvis_topology(1, path=small[0], parameters=small[1], **{name: 0.05})


def test_a_pair_with_edges_needs_a_strength(small, tmp_path):
    short = {name: parameters()[name][:-1] for name in parameters() if "pair" in name}
    path = write_parameters(tmp_path / "short.npz", **short)
    with pytest.raises(TopologyError, match="no strength for Mi → Am"):
        flyvis_topology(2, path=small[0], parameters=path)


def test_a_pair_without_edges_needs_none(small, tmp_path):
    """In a single column no edge of Mi → Mi, which goes to its neighbours, is left."""
    kept = [0, 1, 3]
    short = {name: parameters()[name][kept] for name in parameters() if "pair" in name}
    path = write_parameters(tmp_path / "short.npz", **short)
    assert flyvis_topology(0, path=small[0], parameters=path).neurons == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bias": None}, "bias missing; it holds"),
        ({"tau": np.ones(3)}, r"`tau` has shape \(3,\)"),
        ({"tau": np.ones((4, 1))}, r"`tau` has shape \(4, 1\)"),
        ({"pair_strength": np.ones(3)}, r"`pair_strength` has shape \(3,\)"),
        ({"tau": np.array([0.1, 0.1, 0.1, np.nan])}, "`tau` has values that are not"),
        ({"tau": np.array([0.1, 0.1, 0.1, 0.0])}, "`tau` has time constants"),
        ({"tau": np.array(["1", "1", "1", "1"])}, "`tau` has values of type"),
        ({"pair_strength": -np.ones(4)}, "negative values"),
        ({"type_names": np.arange(4)}, "needed text"),
        ({"type_names": np.array(["Mi", "R1", "R2", "Zz"])}, "unknown types Zz"),
        ({"type_names": np.array(["Mi", "R1", "R2", "R2"])}, "listed twice: R2"),
        ({"pair_pre": np.array(["R1", "R2", "Mi", "Zz"])}, "unknown types Zz"),
        ({"pair_post": np.array(["Mi", "Mi", "Am", "Am"])}, "twice: Mi → Am"),
        ({"bias": np.array([None] * 4, object)}, "without pickles"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_what_is_wrong(
    tmp_path, change, words
):
    path = write_parameters(tmp_path / "bad.npz", **change)
    with pytest.raises(ParameterFileError, match=words):
        read_parameters(path, TYPES)


def test_a_type_without_parameters_is_refused(small):
    with pytest.raises(ParameterFileError, match="no entry for the types Tm9"):
        read_parameters(small[1], (*TYPES, "Tm9"))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x80\x04N."])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(ParameterFileError, match="without pickles"):
        read_parameters(path, TYPES)
    with pytest.raises(ParameterFileError, match="Needed: an .npz"):
        read_parameters(tmp_path / "absent.npz", TYPES)


# The real file ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def fly():
    """The trained circuit at extent 3."""
    path = os.environ.get(FILE, "")
    if not path:
        pytest.skip(f"{FILE} does not name a file of trained flyvis parameters")
    try:
        files("flyvis")
    except PackageNotFoundError:
        pytest.skip("flyvis is not installed: `pip install --no-deps flyvis`")
    return flyvis_topology(3, parameters=Path(path))


def by_type(circuit, values):
    counts = np.bincount(circuit.type_index)
    return np.bincount(circuit.type_index, values) / counts


def watched(fly, noise=0.0):
    return simulate(fly, movie("natural", fly, 2_000, seed=0), noise, seed=0)


def test_the_trained_fly_is_stable_and_has_its_silent_pairs(fly):
    assert (fly.neurons, fly.pre.size) == (2_345, 63_209)
    assert fly.abscissa() == pytest.approx(-0.277, abs=1e-3)
    kinds = np.array(fly.type_names)[fly.type_index]
    pairs = {(kinds[i], kinds[j]) for i, j in zip(fly.pre, fly.post, strict=True)}
    silent = fly.weight == 0
    ends = zip(fly.pre[silent], fly.post[silent], strict=True)
    assert len({(kinds[i], kinds[j]) for i, j in ends}) == 31
    assert ("Lawf1", "Lawf1") not in pairs
    fast = {name for name, tau in zip(kinds, fly.tau, strict=True) if tau < DT}
    assert len(fast) == 51


def test_the_trained_fly_answers_a_movie_as_often_as_it_was_measured(fly):
    quiet, noisy = watched(fly), watched(fly, 0.05)
    over_time = quiet.voltage.var(axis=0, dtype=float)
    assert over_time.mean() == pytest.approx(0.077, abs=5e-4)
    assert np.median(by_type(fly, over_time)) == pytest.approx(0.046, abs=5e-4)
    with_noise = noisy.voltage.var(axis=0, dtype=float)
    assert with_noise.mean() == pytest.approx(0.086, abs=5e-4)
    highest = by_type(fly, (quiet.voltage > 0).any(axis=0).astype(float))
    assert (highest == 0).sum() == 3


def test_the_trained_fly_forgets_at_3_3_a_second(fly):
    """The largest Lyapunov exponent along the movie, from the map's own tangent."""
    recording, model = watched(fly), true_map(fly)

    def step(carry, frame):
        state, tangent = carry
        after, moved = jax.jvp(lambda z: model.step(z, frame), (state,), (tangent,))
        size = jnp.linalg.norm(moved)
        return (after, moved / size), jnp.log(size)

    first = jnp.asarray(recording.voltage[0])
    begin = (first, jnp.ones_like(first) / jnp.sqrt(first.size))
    _, growth = jax.jit(lambda x, y: jax.lax.scan(step, x, y))(
        begin, jnp.asarray(recording.stimulus)
    )
    rate = float(np.asarray(growth)[200:].mean() / DT)
    assert rate == pytest.approx(-3.3, abs=0.1)


def test_the_trained_fly_is_one_of_a_stable_eye_where_an_untrained_one_is_not(fly):
    """The gain of 6 that is stable at extent 3 is not at extent 8."""
    assert flyvis_topology(3, gain=6.0).abscissa() < 0
    assert flyvis_topology(8, gain=6.0).abscissa() == pytest.approx(0.09, abs=0.01)

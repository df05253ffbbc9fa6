"""The embedded circuit: its counts, its weights and that nothing in it can explode."""

import numpy as np
import pytest

from studies.latent.circuit import (
    CELLS,
    CircuitError,
    cartesian,
    hexagon,
    hexeye,
    kernels,
)
from studies.latent.sources import PRESETS, preset_circuit


@pytest.mark.parametrize(
    ("radius", "columns", "neurons", "edges"),
    [(2, 19, 516, 2095), (3, 37, 1006, 4305), (4, 61, 1658, 7281)],
)
def test_a_hexagon_holds_its_columns_neurons_and_edges(radius, columns, neurons, edges):
    circuit = hexeye(radius)
    assert circuit.columns == columns == 3 * radius * (radius + 1) + 1
    assert circuit.neurons == neurons
    assert circuit.pre.size == edges
    assert len(set(zip(circuit.pre, circuit.post, strict=True))) == edges


def test_there_are_28_types_one_neuron_a_column_and_seven_of_the_wide_one():
    circuit = hexeye(3)
    count = dict(zip(circuit.type_names, np.bincount(circuit.type_index), strict=True))
    assert len(count) == 28
    assert count.pop("Lawf") == 7
    assert set(count.values()) == {37}


def test_columns_stand_at_unit_distance_from_their_neighbours():
    centres = cartesian(hexagon(3))
    distance = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    assert np.allclose(distance.min(axis=1), 1.0)
    inner = np.linalg.norm(centres, axis=1) < 1.5
    assert ((distance < 1.001).sum(axis=1)[inner] == 6).all()


def test_a_neuron_in_the_middle_receives_the_weights_of_the_table():
    """Undoing the jitter, the centre's inputs add up to the kernel's own weight."""
    circuit = hexeye(3)
    factor = np.random.default_rng(0).normal(size=circuit.weight.size)
    plain = circuit.weight / np.exp(0.15 * factor)
    centre = np.flatnonzero((circuit.axial == 0).all(axis=1))[0]
    at_centre = circuit.column[circuit.post] == centre
    for source, target, weight, _ in kernels():
        if source == "Lawf":
            continue  # on its own lattice: only some of its offsets are there
        kinds = (circuit.type_names.index(source), circuit.type_names.index(target))
        own = circuit.type_index[circuit.pre] == kinds[0]
        own &= at_centre & (circuit.type_index[circuit.post] == kinds[1])
        assert plain[own].sum() == pytest.approx(weight), (source, target)


def test_an_offset_is_target_minus_source():
    """T4a (direction +u) is inhibited by the Mi4 one column behind it."""
    circuit = hexeye(3)
    names = list(circuit.type_names)
    edge = (circuit.type_index[circuit.pre] == names.index("Mi4")) & (
        circuit.type_index[circuit.post] == names.index("T4a")
    )
    source = circuit.axial[circuit.column[circuit.pre[edge]]]
    target = circuit.axial[circuit.column[circuit.post[edge]]]
    assert (target - source == np.array([1, 0])).all()
    assert (circuit.weight[edge] < 0).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_can_explode(preset):
    circuit = preset_circuit(preset)
    assert circuit.abscissa() < 0
    names = np.array(circuit.type_names)[circuit.type_index[circuit.pre]]
    assert not [name for name in names if name.startswith(("T4", "T5"))]


def test_stability_by_loops_agrees_with_all_eigenvalues():
    circuit = hexeye(2)
    values = np.linalg.eigvals(circuit.matrix() - np.eye(circuit.neurons))
    assert circuit.abscissa() == pytest.approx(values.real.max(), abs=1e-9)


def test_a_circuit_that_would_explode_is_refused():
    with pytest.raises(CircuitError, match="must be negative; lower `recurrence`"):
        hexeye(2, recurrence=4.0)
    with pytest.raises(CircuitError, match="`radius` must be at least 1"):
        hexeye(0)


def test_slowness_stretches_three_types_and_recurrence_seven_kernels():
    plain, hard = hexeye(2), hexeye(2, slow_factor=4.0, recurrence=1.5)
    stretched = np.unique(plain.type_index[hard.tau != plain.tau])
    assert {plain.type_names[k] for k in stretched} == {"Lawf", "C2", "C3"}
    assert np.allclose((hard.tau / plain.tau)[hard.tau != plain.tau], 4)
    changed = hard.weight != plain.weight
    assert np.allclose((hard.weight / plain.weight)[changed], 1.5)
    pairs = {
        (plain.type_index[a], plain.type_index[b])
        for a, b in zip(plain.pre[changed], plain.post[changed], strict=True)
    }
    assert len(pairs) == 7


def test_time_constants_never_ask_for_more_than_a_whole_step():
    circuit = hexeye(2)
    assert circuit.alpha.max() == 1.0
    assert circuit.tau.min() == min(tau for tau, _ in CELLS.values())

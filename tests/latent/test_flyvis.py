"""The flyvis connectome read from its file: a small one, and the real one if there."""

import json
from importlib.metadata import PackageNotFoundError, files

import numpy as np
import pytest

from latent_flyvis import write_connectome
from studies.latent import flyvis
from studies.latent.circuit import hexeye
from studies.latent.flyvis import (
    TopologyError,
    exported_circuit,
    fill_hull,
    flyvis_topology,
    measured_offsets,
    read_specification,
)
from studies.latent.movies import movie
from studies.latent.recordings import load_npz, parents
from studies.latent.simulation import simulate


def wired(recording):
    table = parents(recording)
    assert table is not None
    return table


@pytest.fixture
def small(tmp_path):
    """Two receptors, a relay with a triangular kernel, a wide type."""
    return write_connectome(tmp_path / "small.json")


def test_a_small_file_gives_its_cells_and_edges(small):
    circuit = flyvis_topology(1, path=small)
    assert circuit.columns == 7
    assert circuit.type_names == ("Am", "Mi", "R1", "R2")
    assert np.bincount(circuit.type_index).tolist() == [1, 7, 7, 7]
    assert circuit.receptors.sum() == 14
    relay = circuit.type_index[circuit.post] == 1
    inner = circuit.type_index[circuit.pre] == 1
    assert (relay & ~inner).sum() == 14
    assert (relay & inner).sum() == 2 * (2 + 1 + 1)  # pairs along u in rows 2, 3, 2


def test_weights_are_sign_times_count_over_the_mean_count_of_the_pair(small):
    circuit = flyvis_topology(1, path=small, gain=2.0)
    kinds = circuit.type_index
    straight = (kinds[circuit.pre] >= 2) & (kinds[circuit.post] == 1)
    assert np.allclose(circuit.weight[straight], -2 * 0.01)
    among = (kinds[circuit.pre] == 1) & (kinds[circuit.post] == 1)
    assert np.allclose(np.unique(circuit.weight[among]), [2 * 0.005, 2 * 0.015])
    assert circuit.weight[among].mean() == pytest.approx(2 * 0.01)


def test_a_hull_is_filled_with_its_border_but_not_on_the_lowest_row():
    corners = [((0, 0), 5.0), ((4, 0), 5.0), ((0, 4), 5.0), ((4, 4), 5.0)]
    filled = dict(fill_hull(corners, synapses=1.0))
    assert set(filled) - {offset for offset, _ in corners} == {
        (u, v) for u in range(5) for v in range(1, 5) if (u, v) not in dict(corners)
    }
    assert filled[2, 2] == 1
    assert filled[0, 0] == 5


def test_kernels_of_two_offsets_or_on_a_line_are_filled_along_it_at_most():
    pair = [((0, 0), 1.0), ((0, 5), 1.0)]
    assert fill_hull(pair) == pair
    line = [((0, 0), 1.0), ((0, 2), 1.0), ((0, 4), 1.0)]
    assert {offset for offset, _ in fill_hull(line)} == {(0, v) for v in range(5)}


def test_what_is_no_connectome_is_refused(small, tmp_path):
    spec = json.loads(small.read_text())
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    with pytest.raises(TopologyError, match="Needed: nodes, edges and input_units"):
        read_specification(broken)
    spec["edges"][0]["tar"] = "Tm9"
    broken.write_text(json.dumps(spec))
    with pytest.raises(TopologyError, match="Tm9 in `edges` but not in `nodes`"):
        read_specification(broken)
    with pytest.raises(TopologyError, match="`tau` lacks the types Am, Mi, R2"):
        flyvis_topology(1, path=small, tau={"R1": 0.05})


def test_without_flyvis_the_remedy_is_named(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(flyvis, "files", missing)
    with pytest.raises(TopologyError, match="pip install --no-deps flyvis"):
        flyvis_topology(1)


def test_an_export_is_read_as_a_recording_and_as_its_circuit(tmp_path):
    """The arrays that tools/flyvis_export.py writes, here of the embedded circuit."""
    eye = hexeye(1)
    recording = simulate(eye, movie("flow", eye, 50, seed=0))
    path = tmp_path / "export.npz"
    kept = ("voltage", "stimulus", "dt", "type_index", "type_names", "positions")
    np.savez(
        path,
        **{name: getattr(recording, name) for name in kept},
        axial=eye.axial[eye.column],
        receptor_types=np.array(["R"]),
        **{name: getattr(eye, name) for name in ("pre", "post", "weight", "tau")},
        bias=eye.bias,
    )
    circuit = exported_circuit(path)
    again = simulate(circuit, load_npz(path).stimulus)
    assert np.array_equal(again.voltage, recording.voltage)
    assert np.array_equal(wired(again), wired(recording))
    np.savez(path, voltage=recording.voltage)
    with pytest.raises(TopologyError, match="axial, bias, dt, post.* missing"):
        exported_circuit(path)


# The installed wheel ---------------------------------------------------------------

COUNTS = {
    3: (2_345, 63_209),
    4: (3_865, 110_794),
    5: (5_759, 171_471),
    6: (8_051, 246_109),
    8: (13_741, 434_112),
}


@pytest.fixture
def installed():
    try:
        files("flyvis")
    except PackageNotFoundError:
        pytest.skip("flyvis is not installed: `pip install --no-deps flyvis`")


def test_the_wheel_holds_65_types_and_605_pairs(installed):
    spec = read_specification(flyvis.locate())
    assert len(spec["nodes"]) == 65
    signs: list[int] = [edge["alpha"] for edge in spec["edges"]]
    assert (len(signs), signs.count(1), signs.count(-1)) == (605, 377, 228)
    kernels = [measured_offsets(edge) for edge in spec["edges"]]
    assert sum(map(len, kernels)) == 2_140
    assert sum(len(fill_hull(kernel)) for kernel in kernels) == 2_378


@pytest.mark.parametrize("extent", COUNTS)
def test_the_fly_has_as_many_neurons_and_edges_as_flyvis_makes(installed, extent):
    circuit = flyvis_topology(extent)
    assert (circuit.neurons, circuit.pre.size) == COUNTS[extent]
    assert len(circuit.type_names) == 65
    assert circuit.receptors.sum() == 8 * circuit.columns


def test_the_circuit_is_stable_up_to_the_gain_of_a_flyvis_network(installed):
    """-0.0732 at gain 6 is that of the weights a flyvis network itself reports."""
    assert flyvis_topology(3, gain=6.0).abscissa() == pytest.approx(
        -0.0732336, abs=1e-5
    )
    assert flyvis_topology(3, gain=7.0).abscissa() > 0

"""A recording of a flyvis network as an .npz that `latent` reads; runs elsewhere.

flyvis needs PyTorch, which the product does not. So this script runs in an environment
of its own and imports nothing of the product; the two exchange files:

    <the other environment>/bin/python tools/flyvis_export.py movie.npy recording.npz

The movie is luminance, shape (time, column), at 50 frames a second. The recording has
one voltage for each neuron and row, free of noise, and the parameters beside them, so
that `studies.latent.flyvis.exported_circuit` can repeat it with noise. Weights come
from `--trained` (a network of flyvis's ensemble, downloaded by flyvis itself), else
they are those of an untrained network times `--gain`. See pages/latent-flyvis.qmd.
"""

import argparse
import os
import sys
import tempfile
import types
from pathlib import Path

import numpy as np

STEP = 0.02  # [s]
CHUNK = 200  # [frames] simulated at a time: states are large
COLUMNS = "columns of a hexagon: 3·extent·(extent + 1) + 1"


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("movie", type=Path, help=".npy, shape (time, column)")
    parser.add_argument("recording", type=Path, help="the .npz to write")
    parser.add_argument("--trained", default="", help="such as flow/0000/000")
    parser.add_argument("--gain", type=float, default=1.0, help="of untrained weights")
    parser.add_argument("--grey", type=float, default=2.0, help="[s] before row 0")
    given = parser.parse_args()
    if given.trained and given.gain != 1:
        parser.error("--gain is for untrained weights; leave it out with --trained.")
    return given


def stand_in_for_torchvision() -> None:
    """flyvis imports torchvision for one function, `resize`; torch can do the same."""
    try:
        import torchvision  # noqa: F401
    except ImportError:
        import torch

        def resize(images: "torch.Tensor", size: list[int]) -> "torch.Tensor":
            return torch.nn.functional.interpolate(
                images, size, mode="bilinear", antialias=True
            )

        names = ("torchvision", "torchvision.transforms")
        names += ("torchvision.transforms.functional",)
        modules = [types.ModuleType(name) for name in names]
        modules[0].transforms = modules[1]
        modules[1].functional = modules[2]
        modules[2].resize = resize
        sys.modules.update(zip(names, modules, strict=True))


def extent_of(movie: np.ndarray, path: Path) -> int:
    """The extent whose hexagon has as many columns as the movie."""
    if movie.ndim == 2:
        for extent in range(1, 16):
            if 3 * extent * (extent + 1) + 1 == movie.shape[1]:
                return extent
    sys.exit(f"{path}: shape {movie.shape}; needed (time, column) with {COLUMNS}.")


def network_of(given: argparse.Namespace, extent: int):  # noqa: ANN201
    """The flyvis network, trained or with untrained weights times the gain."""
    import flyvis
    import torch

    if given.trained:
        folder = flyvis.results_dir / given.trained
        if not folder.exists():
            sys.exit(
                f"{folder}: no such network. `flyvis download-pretrained` brings them; "
                "without a network leave --trained out."
            )
        return flyvis.NetworkView(folder).init_network()
    connectome = dict(flyvis.Network.__init__.__defaults__[0])
    network = flyvis.Network(
        connectome=flyvis.utils.config_utils.Namespace(connectome | {"extent": extent})
    )
    with torch.no_grad():
        network.edges_syn_strength.mul_(given.gain)
    return network


def simulate(network, movie: np.ndarray, grey: float) -> np.ndarray:  # noqa: ANN001
    """Voltages, row t before the frame of row t acts: shape (time, neuron)."""
    import torch

    frames = torch.as_tensor(movie, dtype=torch.float32)[None, :, None]
    state = network.steady_state(grey, STEP, 1)
    rows = [state.nodes.activity[0].numpy()]
    for first in range(0, len(movie), CHUNK):
        chunk = frames[:, first : first + CHUNK]
        states = network.simulate(chunk, STEP, initial_state=state, as_states=True)
        rows += [one.nodes.activity[0].detach().cpu().numpy() for one in states]
        state = states[-1]
        print(f"{min(first + CHUNK, len(movie))} of {len(movie)} frames", flush=True)
    return np.stack(rows[:-1])  # flyvis gives the state after each frame


def parameters(network) -> dict[str, np.ndarray]:  # noqa: ANN001
    """Time constants, biases and weights of every neuron and edge."""
    own = network._param_api()
    return {
        "tau": own.nodes.time_const.detach().cpu().numpy(),
        "bias": own.nodes.bias.detach().cpu().numpy(),
        "weight": own.edges.weight.detach().cpu().numpy(),
    }


def arrays(network, movie: np.ndarray, voltage: np.ndarray) -> dict[str, np.ndarray]:  # noqa: ANN001
    """The recording by the keys that `load_npz` reads, and its parameters."""
    nodes, edges = network.connectome.nodes, network.connectome.edges
    types_here = np.array(nodes.type[:]).astype(str)
    u, v = np.array(nodes.u[:]), np.array(nodes.v[:])
    names, index = np.unique(types_here, return_inverse=True)
    inputs = np.array(network.connectome.input_cell_types[:]).astype(str)
    return {
        "voltage": voltage.astype(np.float32),
        "stimulus": movie.astype(np.float32),
        "dt": np.array(STEP),
        "type_index": index,
        "type_names": names,
        "positions": np.stack([u + v / 2, v * np.sqrt(3) / 2], axis=1),
        "axial": np.stack([u, v], axis=1),
        "receptor_types": inputs,
        "pre": np.array(edges.source_index[:]),
        "post": np.array(edges.target_index[:]),
        "noise_sigma": np.array(0.0),
        **parameters(network),
    }


def main() -> None:
    """Reads the movie, simulates, writes the recording."""
    given = arguments()
    movie = np.load(given.movie)
    extent = extent_of(movie, given.movie)
    if "FLYVIS_ROOT_DIR" not in os.environ:  # flyvis would write beside its own code
        os.environ["FLYVIS_ROOT_DIR"] = tempfile.mkdtemp(prefix="flyvis-")
    stand_in_for_torchvision()
    network = network_of(given, extent)
    found = arrays(network, movie, simulate(network, movie, given.grey))
    if not np.isfinite(found["voltage"]).all():
        sys.exit(f"The network explodes with these weights (gain {given.gain}).")
    np.savez_compressed(given.recording, **found)
    spread = found["voltage"].var(axis=0).mean()
    print(f"{given.recording}: {found['voltage'].shape}, mean variance {spread:.3g}")


if __name__ == "__main__":
    main()

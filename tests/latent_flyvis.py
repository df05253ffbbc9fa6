"""A small connectome file, and trained parameters made up for it."""

import json
from pathlib import Path
from typing import Any

import numpy as np


def cell(name, stride=(1, 1)):
    return {"name": name, "pattern": ["stride", list(stride)]}


def edge(source, target, sign, *offsets):
    kernel = [[[u, v], count] for u, v, count in offsets]
    return {"src": source, "tar": target, "alpha": sign, "offsets": kernel}


def write_connectome(path: Path) -> Path:
    """Two receptors, a relay with a triangular kernel, a wide type."""
    spec = {
        "nodes": [cell("R1"), cell("R2"), cell("Mi"), cell("Am", (3, 2))],
        "edges": [
            edge("R1", "Mi", -1, (0, 0, 40)),
            edge("R2", "Mi", -1, (0, 0, 20)),
            edge("Mi", "Mi", 1, (-1, 0, 2), (1, 0, 6)),
            edge("Mi", "Am", 1, (0, -2, 3), (0, 2, 3), (2, 0, 9)),
        ],
        "input_units": ["R1", "R2"],
    }
    path.write_text(json.dumps(spec))
    return path


def parameters() -> dict[str, np.ndarray]:
    """The arrays of a file of trained parameters, with one silent pair."""
    return {
        "type_names": np.array(["Mi", "R1", "R2", "Am"]),
        "tau": np.array([0.03, 0.019, 0.04, 0.2]),
        "bias": np.array([0.1, 0.4, 0.3, 0.2]),
        "pair_pre": np.array(["R1", "R2", "Mi", "Mi"]),
        "pair_post": np.array(["Mi", "Mi", "Mi", "Am"]),
        "pair_strength": np.array([0.01, 0.0, 0.02, 0.05]),
    }


def write_parameters(path: Path, **changes) -> Path:
    """The file; a change of None leaves an array out."""
    arrays = parameters() | changes
    kept: dict[str, Any] = {k: x for k, x in arrays.items() if x is not None}
    np.savez(path, **kept)
    return path

"""Trained parameters of a flyvis network, from a file of plain arrays.

The .npz holds `type_names`, `tau` [s], `bias` [voltage], and for each connected pair of
types `pair_pre`, `pair_post` and `pair_strength` [voltage a synapse]; signs and counts
are those of the connectome. pages/latent-flyvis.qmd says how it is made of a published
checkpoint. No such file comes with this project.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TYPES = ("type_names", "tau", "bias")
PAIRS = ("pair_pre", "pair_post", "pair_strength")
NAMES = ("type_names", "pair_pre", "pair_post")
PAGE = "pages/latent-flyvis.qmd says how such a file is made"

Pair = tuple[str, str]  # source and target type


class ParameterFileError(ValueError):
    """A file of trained parameters that is missing, or does not fit the connectome."""


@dataclass(frozen=True)
class TrainedParameters:
    """What training gave a flyvis network, by cell type and by pair of types."""

    tau: dict[str, float]  # [s]
    bias: dict[str, float]  # [voltage]
    strength: dict[Pair, float]  # [voltage] a synapse; 0: the pair is silent


def read_parameters(path: str | Path, types: Collection[str]) -> TrainedParameters:
    """The parameters in a file, for the cell types of a connectome.

    Args:
        path: an .npz of plain arrays; pickles are refused.
        types: names of the connectome's cell types.

    Raises:
        ParameterFileError: an array is missing, of a wrong shape or value, or speaks of
            other types.
    """
    arrays = _arrays(path)
    _check_shapes(path, arrays)
    _check_values(path, arrays)
    names = [str(name) for name in arrays["type_names"]]
    ends = [[str(name) for name in arrays[key]] for key in PAIRS[:2]]
    pairs = list(zip(*ends, strict=True))
    _check_types(path, names, types)
    unknown = sorted({name for pair in pairs for name in pair} - set(types))
    if unknown:
        _refuse(path, "pair_pre, pair_post", f"the unknown types {_some(unknown)}")
    twice = [" → ".join(pair) for pair, count in Counter(pairs).items() if count > 1]
    if twice:
        _refuse(path, "pair_pre, pair_post", f"pairs listed twice: {_some(twice)}")
    tau, bias, strength = (
        arrays[key].astype(float).tolist() for key in ("tau", "bias", "pair_strength")
    )
    return TrainedParameters(
        tau=dict(zip(names, tau, strict=True)),
        bias=dict(zip(names, bias, strict=True)),
        strength=dict(zip(pairs, strength, strict=True)),
    )


def _arrays(path: str | Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            missing = [key for key in (*TYPES, *PAIRS) if key not in stored.files]
            held = ", ".join(stored.files)
            arrays = {k: stored[k] for k in (*TYPES, *PAIRS) if k not in missing}
    except (OSError, ValueError, AttributeError, TypeError, EOFError) as error:
        needed = "an .npz of plain arrays without pickles"
        msg = f"{path}: {error}. Needed: {needed}; {PAGE}."
        raise ParameterFileError(msg) from None
    if missing:
        msg = f"{path}: {', '.join(missing)} missing; it holds {held}. {PAGE}."
        raise ParameterFileError(msg)
    return arrays


def _check_shapes(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    for together in (TYPES, PAIRS):
        shape = np.shape(arrays[together[0]])
        for key in together:
            own = np.shape(arrays[key])
            if len(own) != 1 or own != shape:
                beside = f"`{together[0]}` has {shape}"
                _refuse(path, key, f"shape {own}, where {beside}: one entry each")


def _check_values(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    for key, values in arrays.items():
        if (key in NAMES) != (values.dtype.kind == "U"):
            needed = "text" if key in NAMES else "numbers"
            _refuse(path, key, f"values of type {values.dtype}; needed {needed}")
        if key in NAMES:
            continue
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            _refuse(path, key, "values that are not finite numbers")
    if not (arrays["tau"] > 0).all():
        _refuse(path, "tau", "time constants that are not positive [s]")
    if (arrays["pair_strength"] < 0).any():
        _refuse(path, "pair_strength", "negative values; signs are the connectome's")


def _check_types(path: str | Path, names: list[str], types: Collection[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        _refuse(path, "type_names", f"types listed twice: {_some(twice)}")
    unknown, missing = set(names) - set(types), set(types) - set(names)
    if unknown:
        _refuse(path, "type_names", f"the unknown types {_some(unknown)}")
    if missing:
        _refuse(path, "type_names", f"no entry for the types {_some(missing)}")


def _refuse(path: str | Path, key: str, found: str) -> None:
    msg = f"{path}: `{key}` has {found}. {PAGE}."
    raise ParameterFileError(msg)


def _some(names: Iterable[str]) -> str:
    """The first five of some names."""
    listed = sorted(names)
    return ", ".join(listed[:5]) + (" …" if len(listed) > 5 else "")

"""What a recording is like before anything is learned from it, in numbers.

Errors and variances are in squared units of the recording, averaged over neurons.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.signal import welch

Voltage = Float[np.ndarray, "time neuron"]
WINDOW = 512  # [steps] of a stretch whose spectrum is taken: about 10 s


def constant_error(
    voltage: Voltage, horizons: Sequence[int]
) -> Float[np.ndarray, " horizon"]:
    """Error of saying that nothing changes, over each horizon [steps]; NaN if longer.

    mean over t and neurons of (x(t + h) - x(t))².
    """
    found = [
        np.mean((voltage[h:] - voltage[:-h]) ** 2) if 0 < h < len(voltage) else np.nan
        for h in horizons
    ]
    return np.array(found, float)


def interpolation_error(voltage: Voltage, time_units: int) -> float:
    """Error of a straight line between samples `time_units` steps apart; NaN for 1.

    Over the rows between samples only; at the samples the line is exact.
    """
    windows = (len(voltage) - 1) // time_units
    if time_units < 2 or windows < 1:
        return float("nan")
    total = 0.0
    knots = voltage[: windows * time_units + 1 : time_units]
    for row in range(1, time_units):
        share = np.float32(row / time_units)
        line = (1 - share) * knots[:-1] + share * knots[1:]
        truth = voltage[row : windows * time_units : time_units]
        total += float(np.mean((line - truth) ** 2))
    return total / (time_units - 1)


def pca_residual(voltage: Voltage) -> Float[np.ndarray, " components"]:
    """Error left by the first k principal components, for k = 0 to all of them.

    The sum of the smaller eigenvalues of the covariance, divided by the neurons.
    """
    centred = voltage - voltage.mean(axis=0)
    covariance = (centred.T @ centred).astype(float) / len(voltage)
    values = np.clip(np.linalg.eigvalsh(covariance), 0, None)  # rising
    left = np.concatenate([[0.0], np.cumsum(values)])[::-1]
    return left / voltage.shape[1]


def spectra(
    values: Voltage, dt: float
) -> tuple[Float[np.ndarray, " frequency"], Float[np.ndarray, "frequency neuron"]]:
    """Frequencies [Hz] and power density [squared units/Hz] of each column (Welch)."""
    length = min(WINDOW, len(values))
    frequency, power = welch(values, fs=1 / dt, nperseg=length, axis=0)
    return frequency, power


def faster_share(
    frequency: Float[np.ndarray, " frequency"],
    power: Float[np.ndarray, "frequency neuron"],
    limit: float,
) -> float:
    """Share of the total power above a frequency [Hz]: what sampling at 2·limit loses.

    The mean (zero frequency) is left out.
    """
    total, fast = power[1:].sum(), power[frequency > limit].sum()
    return float(fast / total)


def type_means(
    values: Float[np.ndarray, "row neuron"], type_index: Int[np.ndarray, " neuron"]
) -> Float[np.ndarray, "row type"]:
    """Mean over the neurons of each type, NaN for a type without any."""
    kinds = int(type_index.max()) + 1
    table: Bool[np.ndarray, "neuron type"] = type_index[:, None] == np.arange(kinds)
    count = table.sum(axis=0)
    return np.where(count > 0, values @ table / np.maximum(count, 1), np.nan)


def type_weights(
    type_index: Int[np.ndarray, " neuron"],
    pre: Int[np.ndarray, " edge"],
    post: Int[np.ndarray, " edge"],
    weight: Float[np.ndarray, " edge"],
) -> Float[np.ndarray, "target source"]:
    """Summed weight a neuron of the target type receives from the source type."""
    kinds = int(type_index.max()) + 1
    table = np.zeros((kinds, kinds))
    np.add.at(table, (type_index[post], type_index[pre]), weight)
    return table / np.maximum(np.bincount(type_index, minlength=kinds), 1)[:, None]

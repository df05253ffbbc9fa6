r"""What is observed of a simulated circuit: its voltages, or the calcium they leave.

Calcium is the leaky integral of the rectified voltage, stepped by Euler's rule with the
time step of the recording: $Ca_{t+1} = Ca_t + (dt/\tau)\,(\mathrm{relu}(v_t) - Ca_t)$.
It begins where it would rest under the grey that precedes a recording, and has no noise
but what the voltages bring.

The noise $\sigma\,\xi_t$ of the step t → t+1 is in $v_{t+1}$, and reaches calcium only
through $\mathrm{relu}(v_{t+1})$, in $Ca_{t+2}$. So whoever knows $v_t$ and $Ca_t$ knows
$Ca_{t+1}$ exactly: the noise floor of one step is 0, where that of voltage is
$\sigma^2$; that of two steps is at most $(dt/\tau)^2\sigma^2$. Calcium alone does not
tell the voltage, so a model of calcium is above this floor even without noise. Only
numpy here.
"""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from scipy.signal import lfilter
from scipy.sparse import csr_array

from studies.latent.circuit import DT, GREY, Circuit
from studies.latent.recordings import Recording

Signal = Literal["voltage", "calcium"]
SIGNALS: tuple[str, ...] = get_args(Signal)

# [s] of a fast indicator: the fluorescence of GCaMP6f falls to half within 0.142 s of
# a spike (mouse visual cortex), and 0.142 / ln 2 = 0.2.
# Source: Chen et al. 2013, Nature 499:295, supplementary table 3.
CALCIUM_TAU = 0.2
NEURONS_AT_ONCE = 128  # filtered together: the filter works in float64
STILL = 1e-9  # [voltage] change of a step at rest
LONGEST_REST = 20_000  # [steps]


class SignalError(ValueError):
    """A signal that does not exist, or that a recording cannot give."""


def check_signal(
    signal: str, source: str = "hexeye", calcium_tau: float = CALCIUM_TAU
) -> None:
    """Refuses what no recording of a source can give.

    A file holds what was observed, whatever it is. Its units are its own, so that no
    threshold of a rectifier is known: its values are not filtered again.

    Raises:
        SignalError: an unknown signal, calcium of a file or of a chaotic system, or a
            time constant shorter than a step.
    """
    if signal not in SIGNALS:
        msg = f"`signal` {signal!r} is unknown; it is one of {', '.join(SIGNALS)}."
        raise SignalError(msg)
    if signal == "voltage":
        return
    if source == "file":
        msg = (
            "`signal` 'calcium' with source 'file': a file holds what was observed. "
            "Put its calcium in the array `voltage` and take `signal` 'voltage'."
        )
        raise SignalError(msg)
    if source == "chaos":
        msg = (
            "`signal` 'calcium' with source 'chaos': only the embedded circuit has "
            "calcium. Take `signal` 'voltage', or source 'hexeye'."
        )
        raise SignalError(msg)
    if not np.isfinite(calcium_tau) or calcium_tau < DT:
        msg = (
            f"`calcium_tau` must be at least the time step of {DT:g} s, or calcium "
            f"overshoots the voltage; got {calcium_tau:g} s."
        )
        raise SignalError(msg)


def observed(
    recording: Recording,
    circuit: Circuit,
    signal: str = "voltage",
    calcium_tau: float = CALCIUM_TAU,
) -> Recording:
    """What is observed of a recording of the circuit's voltages.

    With calcium the voltages stay beside it as `membrane`, for the noise floor alone.

    Args:
        recording: voltages, as `simulation.simulate` gives them.
        circuit: the one that was recorded.
        signal: "voltage", which changes nothing, or "calcium".
        calcium_tau: time constant of calcium [s].

    Raises:
        SignalError: an unknown signal, or a time constant shorter than a step.
    """
    check_signal(signal, calcium_tau=calcium_tau)
    if signal == "voltage":
        return recording
    rest = np.maximum(grey_state(circuit), 0.0)
    return replace(
        recording,
        voltage=calcium(recording.voltage, recording.dt, calcium_tau, rest),
        signal=signal,
        membrane=recording.voltage,
        noise_sigma=None,
        meta={**recording.meta, "calcium_tau": calcium_tau},
    )


def calcium(
    voltage: Float[np.ndarray, "time neuron"],
    dt: float,
    tau: float,
    initial: Float[np.ndarray, " neuron"],
) -> Float[np.ndarray, "time neuron"]:
    """Calcium beside each row of voltages, in their units.

    Args:
        voltage: row t drives the step of calcium t → t+1.
        dt: time step [s].
        tau: time constant [s].
        initial: calcium in the first row.
    """
    share = dt / tau
    found = np.empty(voltage.shape, np.float32)
    for first in range(0, voltage.shape[1], NEURONS_AT_ONCE):
        part = slice(first, first + NEURONS_AT_ONCE)
        drive = np.maximum(np.asarray(voltage[:, part], np.float64), 0.0)
        begun = np.asarray(initial[part], np.float64)[None]
        # y_t = (1 - share) y_t-1 + share x_t-1, with y_0 = begun
        found[:, part] = lfilter([0.0, share], [1.0, share - 1.0], drive, 0, begun)[0]
    return found


def grey_state(circuit: Circuit) -> Float[np.ndarray, " neuron"]:
    """The voltages at which the circuit rests under grey, without noise.

    Raises:
        SignalError: it does not come to rest.
    """
    shape = (circuit.neurons, circuit.neurons)
    table = csr_array((circuit.weight, (circuit.post, circuit.pre)), shape=shape)
    fixed = circuit.bias + np.where(circuit.receptors, GREY, 0.0)
    voltage = np.asarray(circuit.bias, np.float64)
    for _ in range(LONGEST_REST):
        change = circuit.alpha * (table @ np.maximum(voltage, 0.0) + fixed - voltage)
        voltage = voltage + change
        if np.abs(change).max() < STILL:
            return voltage
    msg = f"{circuit.name} does not rest within {LONGEST_REST} steps of grey."
    raise SignalError(msg)

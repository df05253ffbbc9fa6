r"""The response of the controller's output to feedback noise, at each frequency.

The noise that is added to the senses is known, so it can serve as a probe. With its
spectrum $X$ and that of the network's output $Y$ in each trial,
$H(f)=\langle YX^*\rangle/\langle|X|^2\rangle$, and the coherence
$\gamma^2=|\langle YX^*\rangle|^2/(\langle|X|^2\rangle\langle|Y|^2\rangle)$ says which
share of the output follows this input linearly (Bendat and Piersol 2010).

This is a closed-loop estimate: the hand moves with the output and is sensed again, so
$H$ is the answer of controller and body together, not of the controller alone. Inputs
are independent of one another, so each has its own $H$ free of bias from the others.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from studies.reach.loop import Course, Loop
from studies.reach.models import Controller
from studies.reach.probes import Probe
from studies.reach.tasks import Trial

VARIABLES = ("position", "velocity")  # whose feedback is the input
LOW = 1.0  # up to here the body follows what the controller does [Hz]


class Spectra(NamedTuple):
    """Spectra averaged over trials; their averages over further axes are their means.

    Axes: input (x, y, v_x, v_y), output (x, y) and frequency, zero left out.
    """

    cross: Complex[Array, "*axes input output frequency"]  # <Y X*>
    input: Float[Array, "*axes input frequency"]  # <|X|²>
    output: Float[Array, "*axes output frequency"]  # <|Y|²>


class Response(NamedTuple):
    """Frequency response between one kind of input and the output along it."""

    frequency: Float[np.ndarray, " frequency"]  # [Hz]
    gain: Float[np.ndarray, " frequency"]  # |H| [N/m] or [N s/m]
    phase: Float[np.ndarray, " frequency"]  # [rad], negative: the output lags
    coherence: Float[np.ndarray, " frequency"]  # [1]


def spectra(
    inputs: Float[Array, "trial time input"], outputs: Float[Array, "trial time output"]
) -> Spectra:
    """Cross and power spectra, averaged over trials.

    Means over time are taken out, and a Hann window keeps slow drifts from leaking.
    """
    x, y = (_transform(signal) for signal in (inputs, outputs))
    cross = jnp.mean(y[:, None, :, :] * jnp.conj(x)[:, :, None, :], axis=0)
    power = [jnp.mean(jnp.abs(s) ** 2, axis=0) for s in (x, y)]
    return Spectra(cross, *power)


def _transform(signal: Float[Array, "trial time of"]) -> Complex[Array, "trial of f"]:
    """Fourier transform of each series at the frequencies above zero."""
    centred = signal - jnp.mean(signal, axis=1, keepdims=True)
    window = jnp.asarray(np.hanning(signal.shape[1]), signal.dtype)
    tapered = centred * window[None, :, None]
    return jnp.fft.rfft(tapered, axis=1)[:, 1:].transpose(0, 2, 1)


def frequencies(samples: int, dt: float) -> Float[np.ndarray, " frequency"]:
    """The frequencies of spectra of so many samples, zero left out [Hz]."""
    return np.fft.rfftfreq(samples, dt)[1:]


def average(spectra: Spectra, axes: tuple[int, ...]) -> Spectra:
    """Mean over leading axes, such as evaluations."""
    return Spectra(*(jnp.mean(part, axis=axes) for part in spectra))


def response(spectra: Spectra, samples: int, dt: float, variable: str) -> Response:
    """The response along the input's own direction, averaged over x and y.

    Args:
        spectra: spectra without further axes.
        samples: time steps that they were made of.
        dt: [s].
        variable: "position" or "velocity", whose feedback is the input.
    """
    first = 2 * VARIABLES.index(variable)
    cross = np.mean([np.asarray(spectra.cross)[first + k, k] for k in (0, 1)], axis=0)
    power_in = np.asarray(spectra.input)[first : first + 2].mean(axis=0)
    power_out = np.asarray(spectra.output).mean(axis=0)
    transfer = cross / power_in
    coherence = np.abs(cross) ** 2 / (power_in * power_out)
    at = frequencies(samples, dt)
    return Response(at, np.abs(transfer), np.angle(transfer), coherence)


@dataclasses.dataclass(frozen=True)
class SpectraReduction:
    """Spectra of a chunk of steady states under sensory noise."""

    loop: Loop
    skip: int  # steps at the beginning, while the network settles, left out

    @property
    def samples(self) -> int:
        """Time steps that the spectra are made of."""
        return self.loop.controls - self.skip

    def __call__(
        self, controller: Controller, course: Course, trial: Trial, probe: Probe | None
    ) -> Spectra:
        """From the sample of the sensory noise to the output before motor noise."""
        del controller, trial, probe
        return spectra(
            course.sensory_noise[:, self.skip :], course.output[:, self.skip :]
        )


def by_member(
    spectra: Spectra, samples: int, dt: float, variable: str
) -> list[Response]:
    """Each member's response, from spectra with axes (member, variant, evaluation)."""
    mean = average(spectra, (1, 2))
    count = mean.input.shape[0]
    members: list[Any] = [jax.tree.map(lambda x, k=k: x[k], mean) for k in range(count)]
    return [response(one, samples, dt, variable) for one in members]

"""Procedural movies for the embedded circuit: luminance in [0, 1] at its columns.

`natural` is what training and validation see, `flow` the other family that only
judges. Both are scenes with hard cuts, evaluated at the centres of the columns, so that
no image is ever made. Lengths in columns, times in seconds, and everything is
deterministic in the seed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from scipy.special import expit

from studies.latent.circuit import DT, Circuit

Kind = Literal["natural", "flow"]
KINDS: tuple[str, ...] = get_args(Kind)

SCENE = (25, 60)  # [steps] shortest and longest scene
WAVES = 96  # cosines of a texture
FREQUENCIES = (0.04, 0.5)  # [cycles/column]
GAIN = 1.2  # [1] of the logistic function that gives luminance
SOFT = 0.25  # [columns] width of a disc's edge

Points = Float[np.ndarray, "time column 2"]
Frames = Float[np.ndarray, "time column"]
Scene = Callable[[np.random.Generator, Float[np.ndarray, "column 2"], int], Frames]


def movie(kind: Kind, circuit: Circuit, steps: int, seed: int) -> Frames:
    """Luminance [1] of each column at each step, float32.

    Args:
        kind: "natural" or "flow".
        circuit: whose columns see the movie.
        steps: rows [steps of 20 ms].
        seed: of everything drawn; movies of one kind and seed begin alike whatever
            their length.

    Raises:
        ValueError: no steps.
    """
    if steps < 1:
        msg = f"A movie has at least one step; got {steps}."
        raise ValueError(msg)
    generator = np.random.default_rng([KINDS.index(kind), seed])
    draw = natural_scene if kind == "natural" else flow_scene
    scenes, length = [], 0
    while length < steps:
        frames = int(generator.integers(SCENE[0], SCENE[1] + 1))
        scenes.append(draw(generator, circuit.centres, frames))
        length += frames
    return np.concatenate(scenes)[:steps].astype(np.float32)


# Natural scenes --------------------------------------------------------------------


@dataclass(frozen=True)
class Texture:
    """A sum of cosines of unit variance, its power per octave falling as 1/f."""

    waves: Float[np.ndarray, "wave 2"]  # [rad/column]
    phase: Float[np.ndarray, " wave"]  # [rad]
    amplitude: Float[np.ndarray, " wave"]  # [1]

    def at(self, points: Points) -> Frames:
        """Values [1] at points of its own frame [columns]."""
        angle = points.astype(np.float32) @ self.waves.T.astype(np.float32)
        angle += self.phase.astype(np.float32)
        return np.cos(angle, out=angle) @ self.amplitude.astype(np.float32)


def draw_texture(generator: np.random.Generator) -> Texture:
    """Frequencies log-uniform, directions and phases uniform, amplitudes f^(-1/2)."""
    frequency = log_uniform(generator, *FREQUENCIES, WAVES)
    direction, phase = generator.uniform(0, 2 * np.pi, (2, WAVES))
    amplitude = frequency**-0.5
    amplitude /= np.sqrt((amplitude**2).sum() / 2)  # a cosine has variance 1/2
    waves = 2 * np.pi * frequency[:, None] * unit(direction)
    return Texture(waves, phase, amplitude)


def natural_scene(
    generator: np.random.Generator, centres: Float[np.ndarray, "column 2"], frames: int
) -> Frames:
    """A texture under a moving, turning, zooming frame, often behind a soft disc."""
    image = draw_texture(generator).at(moving_frame(generator, centres, frames))
    if generator.random() < 0.6:
        image = add_disc(generator, centres, image)
    contrast, offset = generator.uniform(0.6, 1.4), generator.normal(0, 0.5)
    return expit(GAIN * (contrast * image + offset))


def moving_frame(
    generator: np.random.Generator, centres: Float[np.ndarray, "column 2"], frames: int
) -> Points:
    """Where the columns look at in the scene [columns], step by step."""
    speed = log_uniform(generator, 4.0, 50.0)  # [columns/s]
    heading, rate = generator.uniform(0, 2 * np.pi), generator.normal(0, 2)  # [rad/s]
    growth = generator.normal(0, 0.35)  # [1/s]
    time = DT * np.arange(frames)
    start = generator.uniform(-50, 50, 2)
    path = start + speed * time[:, None] * unit(heading) + wobble(generator, frames)
    turn = rotation(rate * time)
    zoom = np.exp(growth * time)[:, None, None]
    return zoom * np.einsum("tij,cj->tci", turn, centres) + path[:, None]


def wobble(generator: np.random.Generator, frames: int) -> Float[np.ndarray, "time 2"]:
    """A smoothed random walk [columns]: steps of 0.1, averaged over 5 frames."""
    walk = np.cumsum(generator.normal(0, 0.1, (frames + 4, 2)), axis=0)
    return np.stack([np.convolve(axis, np.full(5, 0.2), "valid") for axis in walk.T], 1)


def add_disc(
    generator: np.random.Generator,
    centres: Float[np.ndarray, "column 2"],
    image: Frames,
) -> Frames:
    """The image behind a soft disc of its own texture that crosses the hexagon."""
    radius = generator.uniform(1, 2.5)
    heading, speed = generator.uniform(0, 2 * np.pi), log_uniform(generator, 4.0, 40.0)
    frames, reach = len(image), np.linalg.norm(centres, axis=1).max()
    middle = generator.uniform(0, frames) * DT  # [s] when it is nearest to the centre
    along = speed * (DT * np.arange(frames) - middle)
    aside = generator.uniform(-reach, reach)
    across = unit(heading + np.pi / 2)
    place = along[:, None] * unit(heading) + aside * across
    points = centres - place[:, None]
    inside = expit((radius - np.linalg.norm(points, axis=-1)) / SOFT)
    return (1 - inside) * image + inside * draw_texture(generator).at(points)


# Flow scenes -----------------------------------------------------------------------


def flow_scene(
    generator: np.random.Generator, centres: Float[np.ndarray, "column 2"], frames: int
) -> Frames:
    """A moving edge, grating, bar or looming disc, each as often as the others."""
    scene = SCENES[int(generator.integers(len(SCENES)))]
    contrast = generator.uniform(0.5, 1) * generator.choice([-1, 1])
    return 0.5 + 0.5 * contrast * scene(generator, centres, frames)


def edge(
    generator: np.random.Generator, centres: Float[np.ndarray, "column 2"], frames: int
) -> Frames:
    """A step from -1 to 1 that crosses the hexagon."""
    return np.tanh(crossing(generator, centres, frames) / SOFT)


def bar(
    generator: np.random.Generator, centres: Float[np.ndarray, "column 2"], frames: int
) -> Frames:
    """A bar of 1 to 3 columns on the opposite ground, crossing the hexagon."""
    half = generator.uniform(0.5, 1.5)
    distance = np.abs(crossing(generator, centres, frames))
    return np.tanh((half - distance) / SOFT)


def grating(
    generator: np.random.Generator, centres: Float[np.ndarray, "column 2"], frames: int
) -> Frames:
    """A drifting sine of wavelength 4 to 10 columns at 1.5 to 8 Hz."""
    wavelength, rate = generator.uniform(4, 10), generator.uniform(1.5, 8)
    heading, phase = generator.uniform(0, 2 * np.pi, 2)
    time = DT * np.arange(frames)[:, None]
    turns = (centres @ unit(heading))[None] / wavelength - rate * time
    return np.sin(2 * np.pi * turns + phase)


def loom(
    generator: np.random.Generator, centres: Float[np.ndarray, "column 2"], frames: int
) -> Frames:
    """A disc whose edge grows at 8 to 40 columns/s from a point in the hexagon."""
    middle = centres[int(generator.integers(len(centres)))]
    start = generator.uniform(0, frames / 2) * DT
    radius = generator.uniform(8, 40) * (DT * np.arange(frames) - start)
    distance = np.linalg.norm(centres - middle, axis=1)
    return np.tanh((radius[:, None] - distance) / SOFT)


SCENES: tuple[Scene, ...] = (edge, grating, bar, loom)


def crossing(
    generator: np.random.Generator, centres: Float[np.ndarray, "column 2"], frames: int
) -> Frames:
    """Signed distance [columns] behind a front that passes the centre mid-scene."""
    heading, speed = generator.uniform(0, 2 * np.pi), generator.uniform(8, 40)
    middle = generator.uniform(0.2, 0.8) * frames
    front = speed * DT * (np.arange(frames) - middle)
    return front[:, None] - (centres @ unit(heading))[None]


def unit(angle: np.ndarray | float) -> np.ndarray:
    """Unit vectors at these angles [rad], shape (..., 2)."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def rotation(angle: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time 2 2"]:
    """Rotation matrices of these angles [rad]."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], axis=1)


def log_uniform(
    generator: np.random.Generator, low: float, high: float, size: int | None = None
) -> np.ndarray:
    """Numbers whose logarithm is uniform between those of `low` and `high`."""
    return np.asarray(np.exp(generator.uniform(np.log(low), np.log(high), size)))

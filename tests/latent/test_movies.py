"""Movies: luminance in [0, 1], the spectrum of the textures, cuts and seeds."""

import numpy as np
import pytest

from studies.latent import movies
from studies.latent.circuit import hexeye
from studies.latent.movies import (
    DT,
    FREQUENCIES,
    KINDS,
    SCENE,
    crossing,
    draw_texture,
    grating,
    movie,
    moving_frame,
    rotation,
)

EYE = hexeye(2)


@pytest.mark.parametrize("kind", KINDS)
def test_luminance_lies_between_zero_and_one_around_grey(kind):
    frames = movie(kind, EYE, 5_000, seed=1)
    assert frames.shape == (5_000, EYE.columns)
    assert frames.dtype == np.float32
    assert 0 <= frames.min() and frames.max() <= 1
    assert abs(frames.mean() - 0.5) < 0.05
    assert frames.std() > 0.15


@pytest.mark.parametrize("kind", KINDS)
def test_a_movie_is_its_seed_and_a_longer_one_begins_alike(kind):
    short = movie(kind, EYE, 200, seed=3)
    assert np.array_equal(short, movie(kind, EYE, 300, seed=3)[:200])
    assert not np.array_equal(short, movie(kind, EYE, 200, seed=4))


def test_families_of_one_seed_differ():
    assert not np.allclose(movie("natural", EYE, 50, 0), movie("flow", EYE, 50, 0))


def test_a_texture_has_unit_variance_and_power_falling_as_one_over_f_per_octave():
    generator = np.random.default_rng(0)
    edges = np.geomspace(*FREQUENCIES, 5)
    power, points = np.zeros(4), generator.uniform(-200, 200, (1, 4_000, 2))
    variance = []
    for _ in range(200):
        texture = draw_texture(generator)
        frequency = np.linalg.norm(texture.waves, axis=1) / (2 * np.pi)
        power += np.histogram(frequency, edges, weights=texture.amplitude**2 / 2)[0]
        variance.append(texture.at(points).var())
    assert np.mean(variance) == pytest.approx(1, abs=0.05)
    middle = np.sqrt(edges[1:] * edges[:-1])
    slope = np.polyfit(np.log(middle), np.log(power), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)


def test_a_movie_is_scenes_of_25_to_60_steps_with_hard_cuts(monkeypatch):
    drawn = []

    def scene(generator, centres, frames):
        drawn.append(frames)
        return np.full((frames, len(centres)), len(drawn) / 1_000)

    monkeypatch.setattr(movies, "natural_scene", scene)
    frames = movie("natural", EYE, 5_000, seed=0)
    assert (min(drawn), max(drawn)) == SCENE
    cuts = np.flatnonzero(np.diff(frames[:, 0])) + 1
    assert np.array_equal(cuts, np.cumsum(drawn)[: cuts.size])


def test_an_edge_passes_the_columns_in_the_order_of_its_heading():
    generator = np.random.default_rng(5)
    front = crossing(generator, EYE.centres, 60)
    rise = np.diff(front, axis=0)
    assert np.allclose(rise, rise[0, 0])  # one speed, everywhere
    assert 8 * DT <= rise[0, 0] <= 40 * DT


def test_a_grating_keeps_its_temporal_frequency_at_every_column():
    frames = grating(np.random.default_rng(2), EYE.centres, 2_000)
    spectrum = np.abs(np.fft.rfft(frames, axis=0))[1:]
    peak = (1 + spectrum.argmax(axis=0)) / (2_000 * DT)  # [Hz]
    assert np.ptp(peak) <= 1 / (2_000 * DT) + 1e-9
    assert 1.5 - 0.05 <= peak[0] <= 8 + 0.05


def test_a_frame_turns_and_zooms_without_shearing():
    frame = moving_frame(np.random.default_rng(1), EYE.centres, 40)
    span = frame - frame.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(span, axis=2)[:, 0] / np.linalg.norm(EYE.centres[0])
    assert scale[0] == pytest.approx(1)
    distance = np.linalg.norm(span[:, :, None] - span[:, None], axis=-1)
    first = np.linalg.norm(EYE.centres[:, None] - EYE.centres[None], axis=-1)
    assert np.allclose(distance, scale[:, None, None] * first)
    turn = rotation(np.array([0.3]))[0]
    assert np.allclose(turn @ turn.T, np.eye(2))


def test_a_movie_without_steps_is_refused():
    with pytest.raises(ValueError, match="at least one step"):
        movie("flow", EYE, 0, 0)

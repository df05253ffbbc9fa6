"""How evaluated paths become groups of curves: by direction, field or training.

Names of groups, their colours and the words on each curve are the same in all figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from studies.reach import reductions
from studies.reach.figures.common import Group, Pair, limits
from studies.reach.plotting import amplitude_colour, direction_colour

Groups = dict[str, Group]
Band = tuple[np.ndarray, np.ndarray]  # mean and std, each of shape (time, 2)


@runtime_checkable
class Members(Protocol):
    """What is asked of trained models, see `trained.Trained`."""

    @property
    def stds(self) -> list[float]: ...

    @property
    def seeds(self) -> list[int]: ...

    @property
    def colours(self) -> dict[float, str]: ...

    def of_std(self, std: float) -> list[int]: ...


def std_name(std: float) -> str:
    """A training std as legends have it."""
    return f"training std {std:g}"


@dataclass(frozen=True)
class Shown:
    """Paths of trained models, with axes (member, variant, evaluation, condition)."""

    paths: reductions.Paths
    trained: Members

    def group(
        self, css: str, members: Sequence[int], variant: int, **which: slice
    ) -> Group:
        """Some paths in one colour.

        Args:
            css: the colour.
            members: places of the models.
            variant: place of the field or impulse.
            which: slices of `evaluations` and `conditions`; all by default.
        """
        panels, words = reductions.choose(
            self.paths, members, variant, seeds=self.trained.seeds, **which
        )
        return Group(panels, css, words)

    def by_direction(
        self, members: Sequence[int], variant: int, evaluations: slice = slice(None)
    ) -> Groups:
        """A group for each direction of a reach; conditions are evenly spaced ones."""
        count = np.shape(self.paths.position)[3]
        groups = {}
        for place, angle in enumerate(2 * np.pi * np.arange(count) / count):
            which = {"conditions": slice(place, place + 1), "evaluations": evaluations}
            css = direction_colour(angle)
            name = f"{np.degrees(angle):.0f}°"
            groups[name] = self.group(css, members, variant, **which)
        return groups

    def by_amplitude(self, std: float, amplitudes: Sequence[float]) -> Groups:
        """A group for each amplitude of the field, of one training std."""
        members = self.trained.of_std(std)
        return {
            f"amplitude {amplitude:g}": self.group(
                amplitude_colour(amplitude, amplitudes[-1]), members, place
            )
            for place, amplitude in enumerate(amplitudes)
        }

    def by_std(self, variant: int) -> Groups:
        """A group for each training std, under one field or impulse."""
        return {
            std_name(std): self.group(css, self.trained.of_std(std), variant)
            for std, css in self.trained.colours.items()
        }


def limits_of(sets: Iterable[Mapping[str, Group]]) -> list[tuple[Pair, Pair]]:
    """Limits of each panel that hold all groups of several figures."""
    return limits([group for groups in sets for group in groups.values()])


def bands_by_std(
    trained: Members, profile: Any, variant: int, quantities: Sequence[str]
) -> dict[str, dict[str, Band]]:
    """Quantity → training std → mean and standard deviation over time.

    Args:
        trained: the models, in the order of the profile's first axis.
        profile: moments of each quantity, see `reductions.Profile`.
        variant: place of the field or impulse.
        quantities: "position", "velocity" or "force".
    """
    moments = {name: np.asarray(getattr(profile, name)) for name in quantities}
    return {
        name: {
            std_name(std): reductions.spread(values[trained.of_std(std), variant])
            for std in trained.stds
        }
        for name, values in moments.items()
    }


def std_colours(trained: Members) -> dict[str, str]:
    """The colour of each training std by its name in legends."""
    return {std_name(std): css for std, css in trained.colours.items()}

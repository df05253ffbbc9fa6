"""How often a model may see the stimulus: the modes, and where each is possible."""

from typing import Literal, get_args

StimulusMode = Literal["all", "none", "constant", "interpolate", "learned"]
STIMULUS_MODES: tuple[StimulusMode, ...] = get_args(StimulusMode)
BETWEEN = ("constant", "interpolate", "learned")  # modes that know the knots alone


class StimulusError(ValueError):
    """A stimulus mode that does not exist, or that does not fit the window."""


def check_mode(mode: str, time_units: int) -> None:
    """Refuses an unknown mode, and a reduced one where every step is sampled.

    Raises:
        StimulusError: with what is allowed.
    """
    if mode not in STIMULUS_MODES:
        msg = f"`stimulus_mode` {mode!r} is unknown; it is one of {STIMULUS_MODES}."
        raise StimulusError(msg)
    if mode in BETWEEN and time_units < 2:
        msg = (
            f"`stimulus_mode` {mode!r} needs `tu` of 2 steps or more; with {time_units}"
            " every step is a knot. Take 'all'."
        )
        raise StimulusError(msg)

"""The optional packages that hold real motion, and what to do where they are absent.

They come with the extra `ephemerides`: `sgp4` (Vallado's SGP4 and its verification
sets), `jplephem` and `skyfield-data` (NASA's ephemeris DE421). Nothing else here needs
them.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

EXTRA = "ephemerides"
PACKAGES = ("sgp4", "jplephem", "skyfield_data")


class MissingExtraError(ImportError):
    """A package of the extra `ephemerides` is not installed."""


def absent(*packages: str) -> list[str]:
    """Those of some packages that are not installed; of all of the extra by default."""
    return [name for name in packages or PACKAGES if find_spec(name) is None]


def need(module: str) -> ModuleType:
    """A module of the extra.

    Raises:
        MissingExtraError: its package is not installed; says how to install it.
    """
    if absent(module.split(".")[0]):
        raise MissingExtraError(remedy(module.split(".")[0]))
    return import_module(module)


def remedy(*packages: str) -> str:
    """What is missing and how to get it, in sentences."""
    listed = ", ".join(f"`{name}`" for name in packages)
    word = "is" if len(packages) == 1 else "are"
    return (
        f"{listed} {word} not installed. Real motion needs the extra `{EXTRA}`: "
        f"pip install '.[{EXTRA}]' in the project's folder."
    )


def left_out(missing: list[str]) -> str:
    """Why a part of a notebook with real motion was not done."""
    if missing:
        return f"This part is left out. {remedy(*missing)}"
    return "This part is left out: the notebook's parameters ask for none of it."

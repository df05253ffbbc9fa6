"""Values of one stage: defaults, constants and swept values laid over each other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fieldnotes.query import is_query
from fieldnotes.spreads.notebooks import Notebook
from fieldnotes.spreads.problems import Mismatch
from fieldnotes.words import quoted, shown, there_are

Checker = Callable[[dict[str, Any]], None]


@dataclass
class Values:
    """The typed parameters of a stage, before the swept values come on top.

    `base` holds a value for every parameter of the notebook; `origin` says where each
    comes from, dotted names included. `check` refuses a query for models.
    """

    notebook: Notebook
    check: Checker
    base: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = dict(self.notebook.defaults)
        self.origin = dict.fromkeys(self.base, "default")

    def typed(self, key: str, value: Any) -> Any:
        """The value for `key` (dotted in a dict parameter), checked.

        Raises:
            Mismatch: the key is unknown, or the value is not what it takes.
        """
        name, _, nested = key.partition(".")
        parameter = self.notebook.parameters.get(name)
        if parameter is None:
            raise Unknown(self.notebook.unknown(key))
        if nested and not parameter.is_map:
            message = (
                f"{quoted(key)}: `{name}` ({parameter.annotation}) has no entries; "
                f"give `{name}` itself."
            )
            raise Unknown(message)
        if not parameter.is_map:
            return parameter.convert(value)
        # The merge happens case by case; here it is only tried.
        laid = self._lay(name, nested, value, self.base[name])
        if not is_query(laid):
            parameter.convert(laid)
        return value

    def fix(self, key: str, value: Any, origin: str) -> None:
        """Lay a constant over the notebook's defaults.

        Raises:
            Mismatch: the key is unknown, or the value is not what it takes.
        """
        typed = self.typed(key, value)
        self.base = self.over([(key, typed)], check=False)
        self.origin[key] = origin

    def over(
        self, swept: Iterable[tuple[str, Any]], *, check: bool = True
    ) -> dict[str, Any]:
        """The full parameters with swept values, as `typed` gave them, on top.

        Raises:
            Mismatch: a query for models is refused.
        """
        values = dict(self.base)
        parameters = self.notebook.parameters
        maps = {}
        for key, value in swept:
            name, _, nested = key.partition(".")
            if parameters[name].is_map:
                values[name] = self._lay(name, nested, value, values[name])
                maps[name] = None
            else:
                values[name] = value
        for name in maps:
            if not is_query(values[name]):
                values[name] = parameters[name].convert(values[name])
        if check:
            self.check(values)
        return values

    def _lay(self, name: str, nested: str, value: Any, below: Any) -> Any:
        if not nested and (is_query(value) or is_query(below)):
            return value
        if not nested and not isinstance(value, dict):
            return value
        given = value
        for part in reversed(nested.split(".") if nested else []):
            given = {part: given}
        default = self.notebook.defaults[name]
        free = is_query(below) or is_query(given) or not isinstance(default, dict)
        below = below if isinstance(below, dict) else {}
        return _merged(below, given, None if free else default, name)


class Unknown(Mismatch):
    """A key that the notebook does not take; the message is a whole sentence."""


def _merged(
    below: dict[str, Any], above: dict[str, Any], known: Any, path: str
) -> dict[str, Any]:
    """`above` laid over `below`; names not in a non-empty `known` are refused."""
    merged = dict(below)
    for name, value in above.items():
        if isinstance(known, dict) and known and name not in known:
            message = (
                f"`{path}` has no entry {quoted(name)}."
                f"{there_are(name, known, 'It holds')}"
            )
            raise Unknown(message)
        inner = known.get(name) if isinstance(known, dict) else None
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            value = _merged(merged[name], value, inner, f"{path}.{name}")
        merged[name] = value
    return merged


def clash(keys: Iterable[str]) -> tuple[str, str] | None:
    """Two keys that set the same thing: equal, or one inside the other."""
    ordered = sorted(keys, key=lambda key: key.split("."))
    for first, second in zip(ordered, ordered[1:], strict=False):
        if first == second or second.startswith(f"{first}."):
            return first, second
    return None


def sentence(key: str, error: Mismatch) -> str:
    """The whole message for a value that was refused."""
    return str(error) if isinstance(error, Unknown) else f"{quoted(key)} {error}"


def fingerprint(values: dict[str, Any], keys: Iterable[str]) -> tuple[str, ...]:
    """What tells two cases apart: their values of `keys`, types included."""
    return tuple(repr(values[key]) for key in keys)


def told(values: dict[str, Any]) -> str:
    """`a=1, b='x'` for a message about one case."""
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())

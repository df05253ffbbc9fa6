"""A catalogue such as a notebook lends: it keeps nothing and remembers everything."""

from collections.abc import Callable
from typing import Any

import pandas as pd


class Lent:
    """Gives the models it was made with, and remembers what was left behind.

    Args:
        models: what every query finds, a row a model.
        load: from a row to the model.
    """

    def __init__(self, models: Any = (), load: Callable[[Any], Any] | None = None):
        self.table, self.load = pd.DataFrame(models), load
        self.asked: list[Any] = []  # queries
        self.told: list[int] = []  # progress
        self.scraps: dict[Any, tuple[Any, str, str]] = {}  # (name, member) → the rest
        self.figures: dict[str, Any] = {}
        self.captions: dict[str, str] = {}

    def models(self, where=None, /):
        self.asked.append(where)
        return self.table

    def varying(self, table, /):
        kept = [name for name in table if name not in ("identity", "outcome")]
        return [name for name in kept if table[name].astype(str).nunique() > 1]

    def load_model(self, row, read, /):
        assert self.load is not None, "this test opens no model"
        return self.load(row)

    def history(self, row, /):
        return {}

    def cached(self, name, parameters, compute, models=(), /):
        return compute()

    def progress(self, total, label="", /):
        return lambda done, *rest: self.told.append(done)

    def record(self, name, value, unit="1", meaning="", /, *, member=None):
        assert name.isidentifier(), name
        assert unit and meaning, name
        self.scraps[name, tuple((member or {}).values())] = (value, unit, meaning)

    def save_figure(self, fig, name, /, *, kind, caption, models=()):
        assert kind and caption.endswith("."), caption
        self.figures[name], self.captions[name] = fig, caption
        return fig

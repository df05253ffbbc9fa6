"""The error of a request that the runner cannot meet."""

from fieldnotes.errors import FieldnotesError


class RunnerError(FieldnotesError):
    """A request that the runner cannot meet: nothing was run."""

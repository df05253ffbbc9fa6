"""What can go wrong between a notebook and the catalogue."""

from fieldnotes.errors import FieldnotesError


class CatalogueError(FieldnotesError):
    """A request that the catalogue cannot meet; the message says what to do."""


class CatalogueWarning(UserWarning):
    """Something in the catalogue was left out or set aside, and the rest works."""

"""Errors a user can cause, as one family: the command line prints them bare."""


class FieldnotesError(Exception):
    """Base of every error that a user can cause and mend.

    The message says where, what was given, what is allowed and what to do. The command
    line prints it without a traceback and ends with exit code 2.
    """


class CorruptFile(FieldnotesError):
    """A file of the catalogue exists but cannot be read as what it should be."""


class ProjectNotFound(FieldnotesError):
    """No folder with `notebooks/` and `params/` at or above where we looked."""


class CatalogueError(FieldnotesError):
    """A request that the catalogue cannot meet; the message says what to do."""


class CatalogueWarning(UserWarning):
    """Something in the catalogue was left out or set aside, and the rest works."""

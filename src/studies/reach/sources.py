"""Sources of claims about robust reaching, on the page of references."""

from studies.evidence import Source

POSTER = Source("reach-poster", "poster of 2025")
NOTES = Source("reach-notes", "notes on robust reaching")
METHODS = Source("reach-methods", "figures of the training methods")

"""A lab notebook for learned dynamics.

A spread (YAML in `params/`) names notebooks and parameters; `spreads` expands it into
cases and refuses what no notebook takes. `runner` executes each case once, in a process
of its own, into a run folder. `catalogue` indexes the run folders: models, figures,
evaluations and scraps by query. `website` turns run folders into pages. `training` and
`plotting` are the science that the studies `reach`, `orbit` and `latent` share.
"""

"""A lab notebook: notebooks, spreads of parameters, runs, a catalogue, a website.

A spread (YAML in `params/`) names notebooks and parameters; `spreads` expands it into
cases and refuses what no notebook takes. `runner` executes each case once, in a process
of its own, into a run folder. `catalogue` indexes the run folders: models, figures,
evaluations and scraps. `website` turns run folders into pages. `runs` is the run folder
and `query` what `where` means, each written once for all of them. `init` makes a lab
elsewhere. Nothing here knows what the notebooks are about.
"""

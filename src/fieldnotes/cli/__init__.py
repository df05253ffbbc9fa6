"""The command line: each command is a few lines that call a station.

Exit codes: 0 all done, 1 some runs failed, 2 the request was wrong and nothing was run.
"""

import click

from fieldnotes.cli import making, reading, running


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fieldnotes")
def main() -> None:
    """A lab notebook for learned dynamics: spreads, runs, a catalogue, a site.

    SPREAD is a file in params/, as a path or as its name without the ending:
    params/cooling/noise.yml or cooling/noise.
    """


for _command in (*running.COMMANDS, *reading.COMMANDS, *making.COMMANDS):
    main.add_command(_command)

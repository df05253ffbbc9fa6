"""The command that is run when a batch has ended, such as one that sends a mail."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

LOG = "completion.log"  # what the command printed, beside the batch's summary
VARIABLE = "FIELDNOTES_SUMMARY"  # the path of summary.json, for the command
CODE = "FIELDNOTES_EXIT_CODE"
PATIENCE = 600.0  # [s] until it is given up


def run_afterwards(
    command: str,
    summary: Path,
    exit_code: int,
    root: Path,
    say: Callable[[str], None],
    patience: float = PATIENCE,
) -> None:
    """Run a shell command in the project's root; its failure changes nothing.

    Args:
        command: finds the path of the batch's summary and its exit code in the
            variables $FIELDNOTES_SUMMARY and $FIELDNOTES_EXIT_CODE.
        summary: the batch's `summary.json`.
        say: called with a sentence when the command did not succeed.
        patience: how long it may take [s].
    """
    log = summary.with_name(LOG)
    named = {VARIABLE: str(summary), CODE: str(exit_code)}
    try:
        with log.open("ab") as output:
            code = subprocess.run(
                command,
                shell=True,
                cwd=root,
                env=os.environ | named,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=patience,
            ).returncode
    except subprocess.TimeoutExpired:
        say(f"The command on completion took longer than {patience:g} s: {command}")
    except OSError as error:
        say(f"The command on completion was not run ({error.strerror}): {command}")
    else:
        if code:
            said = f"ended with code {code}; what it printed is in {log}"
            say(f"The command on completion {said}: {command}")

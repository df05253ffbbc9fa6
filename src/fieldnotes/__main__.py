"""`python -m fieldnotes` is the command line."""

import sys

if __name__ == "__main__":
    # A run starts here hundreds of times a night: load only what it needs.
    if sys.argv[1:2] == ["run-one"] and len(sys.argv) == 3:
        from fieldnotes.runner.worker import main

        sys.exit(main(sys.argv[2]))
    from fieldnotes.cli import main as command_line

    command_line()

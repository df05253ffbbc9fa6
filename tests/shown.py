"""The code that a page of this project shows, which tests take as it stands."""

import re

from project_copy import ROOT

FENCED = re.compile(r"(?ms)^```(?P<opening>\S[^\n]*)\n(?P<text>.*?)^```$")
NAMED = re.compile(r'filename="([^"]+)"')


def shown_blocks(page: str) -> list[tuple[str, str]]:
    """Opening and text of the fenced blocks of `pages/<page>.qmd`, in order."""
    return FENCED.findall((ROOT / "pages" / f"{page}.qmd").read_text(encoding="utf-8"))


def shown_files(page: str) -> dict[str, str]:
    """The files that a page shows, by their place in the project."""
    named = [(NAMED.search(opening), text) for opening, text in shown_blocks(page)]
    return {name[1]: text for name, text in named if name}

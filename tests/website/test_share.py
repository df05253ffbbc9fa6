"""A page that travels alone: everything inside, and hostile texts still texts."""

import re

import pytest

from fieldnotes.website.quarto import WebsiteError
from fieldnotes.website.share import share
from website.run_folders import Bench

LOADED = re.compile(r"<(?:script|link|img)\b[^>]*?\b(?:src|href)=", re.IGNORECASE)
LINK = re.compile(r'<a\b[^>]*href="([^"]*)"', re.IGNORECASE)


@pytest.mark.parametrize("named", ["toy/layers", "00aaaa"])
def test_a_shared_file_loads_nothing_and_links_only_within(
    filled: Bench, named, tmp_path
):
    path = share(filled.project, named, tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    page = re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)
    assert not LOADED.search(page)
    assert all(link.startswith(("#", "http")) for link in LINK.findall(page))
    assert text.count("plotly.js v") <= 1
    assert path.stat().st_size < 8e6


def test_what_has_no_page_is_told_with_the_reason(filled: Bench):
    with pytest.raises(WebsiteError, match="toy/layers"):
        share(filled.project, "toy/lyers")

"""Colours of text on the grounds that they stand on: 4.5 to 1 or more (WCAG 2.1)."""

import re
from itertools import product

import pytest

from fieldnotes.website import convert
from fieldnotes.website.staging import asset

LEAST = 4.5
CSS = asset("fieldnotes.css")
SCRIPT = asset("fieldnotes.js")
TEXTS = ("ink", "soft", "good", "odd", "bad", "accent")
GROUNDS = ("paper", "shade")
HEX = r"#[0-9a-fA-F]{3,6}"
# Spaces and line numbers, which pages do not show.
UNSEEN = {".w", ".linenos", ".special"}


def variables(block: str) -> dict[str, str]:
    """The colours that a block of the style sheet declares."""
    return dict(re.findall(rf"--fn-([a-z]+):\s*({HEX})", block))


LIGHT, DARK, BY_SYSTEM = map(variables, re.findall(r":root[^{]*\{([^}]*)\}", CSS))
THEMES = {"light": LIGHT, "dark": DARK}


def channels(colour: str) -> list[float]:
    """Red, green and blue [1] of `#abc` or `#aabbcc`."""
    digits = colour.lstrip("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    return [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]


def luminance(colour: list[float]) -> float:
    """Relative luminance [1], as WCAG 2.1 defines it."""
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: str, ground: str, opacity: float = 1.0) -> float:
    """(L1 + 0.05) / (L2 + 0.05) of the lighter and the darker of two colours."""
    below = channels(ground)
    mixed = [
        opacity * a + (1 - opacity) * b
        for a, b in zip(channels(text), below, strict=True)
    ]
    darker, lighter = sorted((luminance(mixed), luminance(below)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_that_of_the_standard():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_dark_theme_is_the_same_by_choice_and_by_the_system():
    assert DARK == BY_SYSTEM and DARK.keys() == LIGHT.keys()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), [*product(TEXTS, GROUNDS)])
def test_texts_stand_out_from_their_ground(theme: str, text: str, ground: str):
    colours = THEMES[theme]
    assert contrast(colours[text], colours[ground]) >= LEAST


@pytest.mark.parametrize("theme", THEMES)
def test_captions_stand_out_though_they_are_paler(theme: str):
    opacity = float(re.findall(r"figcaption \{[^}]*opacity: ([\d.]+)", CSS)[0])
    colours = THEMES[theme]
    assert contrast(colours["ink"], colours["paper"], opacity) >= LEAST


@pytest.mark.parametrize("theme", THEMES)
def test_texts_of_figures_stand_out(theme: str):
    line = re.findall(rf"{theme}: \{{([^}}]*)\}}", SCRIPT)[0]
    colours = dict(re.findall(rf'(\w+): "({HEX})"', line))
    for text in ("ink", "soft"):
        assert contrast(colours[text], colours["paper"]) >= LEAST, text


@pytest.mark.parametrize("theme", THEMES)
def test_code_stands_out(theme: str):
    styles = convert.code_style()
    light, dark = styles.split(":root[data-theme='dark']")[:2]
    block = light if theme == "light" else dark
    rules = re.findall(rf"(\.\w+(?: \.\w+)?) \{{[^}}]*?(?<!-)color: ({HEX})", block)
    assert len(rules) > 20
    for name, colour in rules:
        if not UNSEEN & set(name.split()):
            assert contrast(colour, THEMES[theme]["shade"]) >= LEAST, (name, colour)

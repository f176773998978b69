"""Which colours untinted art shows: so that "the red object" is never said beside a red car.

Measured on the rendered sprites: a colour counts if more than 0.15 of the visible pixels are of its hues, with a
saturation above 0.40 and a value above 0.35. The test repeats the measurement.
"""

from __future__ import annotations

HUES_DEG: dict[str, tuple[tuple[int, int], ...]] = {
    "red": ((0, 18), (342, 360)),
    "green": ((75, 170),),
    "blue": ((185, 255),),
    "yellow": ((34, 68),),
    "purple": ((256, 325),),
}
"""Generous hues of the names in `categories.COLOURS`: brown and gold are arguable, so they count."""

_TWEMOJI = {
    "red": (
        "1fa97 1f3b8 1f941 1fa98 1f6ce 1f415 1f436 1f9ae 1f415-200d-1f9ba 1f426 1f402 1f981 1f697 1f69a "
        "1f6fb 1f692 1f6f5 1f682 260e 1f570 23f0"
    ),
    "green": "1f99c 1f69b 1f3cd 1f683",
    "blue": "1f698 1f699 1f696 1f694 1f681 1f688 1f684 1f685",
    "yellow": "1f3ba 1f3b7 1fa88 1f514 1f6ce 1f408 1f431 1f414 1f411 1f40f 1f981 1f695 1f696 1f681 1f688",
    "purple": "",
}
_OPENMOJI = {
    "red": "1f3b8 1f941 1fa98 1f99c 1f697 1f698 1f6fb 1f692 1f3cd 1f6f5 1f681 1f682 1f683 260e",
    "green": "",
    "blue": "1f698 1f699 1f694",
    "yellow": (
        "1f3ba 1f3b7 1fa88 1fa98 1f514 1f6ce 1f415 1f436 1f9ae 1f415-200d-1f9ba 1f408 1f431 1f426 1f413 "
        "1f404 1f42e 1f402 1f981 1f695 1f696"
    ),
    "purple": "",
}
NATURAL_COLOURS: dict[str, frozenset[str]] = {
    colour: frozenset(
        [f"twemoji/{point}" for point in _TWEMOJI[colour].split()]
        + [f"openmoji/{point}" for point in _OPENMOJI[colour].split()]
    )
    for colour in HUES_DEG
}
"""Colour -> the art that shows it without a tint."""


def looks_coloured(art: str, colour: str) -> bool:
    """Whether somebody could call untinted art by this colour.

    Args:
        art: "family/codepoint".

    Raises:
        KeyError: a colour that was not measured.
    """
    return art in NATURAL_COLOURS[colour]

"""How statements are worded: several paraphrases a type, some of them kept for the tests, and what each relates to.

`{0}` and `{1}` are the words of the query, zones already as places ("on the far left"). The same wordings serve
references that fit and references that fit nobody, so that words alone never tell which one it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tgs.stickers.scene import Zone


class Kind(StrEnum):
    """How a reference points at its object; results are sliced by it."""

    position = "position"
    attribute = "attribute"
    sound = "sound"
    audiovisual = "audiovisual"
    order = "order"
    pair = "pair"
    named = "named"
    null = "null"
    r2 = "r2"


PLACES = {
    Zone.far_left: "on the far left",
    Zone.left: "on the left",
    Zone.center: "in the center",
    Zone.right: "on the right",
    Zone.far_right: "on the far right",
}
"""A zone as references say it."""


NOTHING_SOUNDS = "nothing here makes a sound"
"""Why a statement about sounds fits nobody, if the clip's sound is not its own."""

ALL_SOUND = "everything here makes a sound"
"""Why a statement about silence fits nobody."""


@dataclass(frozen=True)
class Wording:
    """The words of one type of statement.

    Attributes:
        kind: see `Kind`.
        train: paraphrases that occur everywhere.
        held_out: paraphrases that only tests use.
        relates: what the reasoning says it relates to.
        nobody: why it fits nobody, if the categories it names are all there.
        names: whether `relates` already names the object, by its category.
    """

    kind: Kind
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    relates: str
    nobody: str
    names: bool = False

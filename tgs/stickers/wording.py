"""How statements are worded: several paraphrases a type, some of them kept from phase 2, and each in few words.

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


@dataclass(frozen=True)
class Wording:
    """The words of one type of statement.

    Attributes:
        kind: see `Kind`.
        train: paraphrases that occur everywhere.
        held_out: paraphrases that phase 2 never shows.
        relates: the statement in few words, as the reasoning restates it.
    """

    kind: Kind
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    relates: str

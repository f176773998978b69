"""R2: references to the same objects without their names, which take knowledge and two steps to resolve.

Each is a head (a group word or a riddle) and a clue (a place, a sound, an order in time) that together fit exactly
one sticker. About 12 words, as in R2-AVSBench.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tgs.stickers.categories import CATEGORIES
from tgs.stickers.facts import fits
from tgs.stickers.references import Expression, styled
from tgs.stickers.riddles import GROUP_NOUNS, RIDDLES, SOUND_NAMES
from tgs.stickers.scene import Level, Scene, Zone
from tgs.stickers.statements import Query, View
from tgs.stickers.wording import PLACES, Kind

CLUES: dict[str, tuple[str, ...]] = {
    "zone": ("standing {0} of the picture", "that has its place {0} of the scene", "to be seen {0} of the frame"),
    "leftmost": ("with nothing else to its left", "that begins the row on the left", "standing left of everybody else"),
    "rightmost": (
        "with nothing else to its right",
        "that ends the row on the right",
        "standing right of everybody else",
    ),
    "left_of": ("standing directly to the left of the {0}", "with the {0} as its neighbor on the right"),
    "right_of": ("standing directly to the right of the {0}", "with the {0} as its neighbor on the left"),
    "any_left_of": ("somewhere to the left of the {0}", "that keeps to the left side of the {0}"),
    "any_right_of": ("somewhere to the right of the {0}", "that keeps to the right side of the {0}"),
    "colour": ("painted all over in {0}", "that somebody has dyed {0}"),
    "sounding": ("that can be heard in this clip", "whose sound we can hear", "that does not keep quiet"),
    "silent": (
        "that never makes a sound here",
        "that keeps quiet from beginning to end",
        "that is seen but never heard",
    ),
    "level": ("that is heard at a {0} level", "whose {0} sound reaches our ears"),
    "loudest": ("that is louder than anything else here", "whose sound covers all the others"),
    "softest": ("that sounds softer than all the others", "whose sound the others nearly cover"),
    "all_time": ("that is heard from the first second to the last", "that goes on without any rest"),
    "first": ("that is heard before all the others", "whose sound opens the clip"),
    "last": ("that joins in after all the others", "whose sound comes in at last"),
    "stops_first": ("that falls silent before all the others", "whose sound is over first"),
    "stops_last": ("that goes on when the others have stopped", "whose sound is over last"),
    "at_start": ("that is already heard in the first second",),
    "at_end": ("that is still heard in the last second",),
    "after": ("that starts only once {0} has ended", "whose sound waits until {0} is over"),
    "before": ("that is already heard when {0} begins", "whose sound comes in before {0}"),
    "during": ("that joins in while {0} is still going on", "whose sound starts in the middle of {0}"),
}
"""Type of statement -> clues after a head; `{0}` in the order ones is a sound, "the barking"."""

_HELD_OUT_CLUES: dict[str, str] = {
    "zone": "whose spot is {0} of the view",
    "leftmost": "that is nearest to the left edge",
    "rightmost": "that is nearest to the right edge",
    "sounding": "that adds something to the sound of the clip",
    "silent": "that adds nothing to the sound of the clip",
    "loudest": "that drowns out the rest",
    "first": "that breaks the silence",
    "last": "that is late to be heard",
    "after": "that takes over from {0}",
    "during": "that cuts in on {0}",
}

_LONE = tuple(name for name, texts in CLUES.items() if "{0}" not in texts[0])
_OF_SOUND = ("after", "before", "during")


def r2_expressions(scene: Scene, rng: np.random.Generator, *, held_out_share: float = 0.0) -> list[Expression]:
    """Every R2 reference that the scene allows, one wording each; all of them have a target.

    Args:
        scene: what is there.
        rng: draws the wordings.
        held_out_share: fraction of the references whose clue is worded as phase 2 never shows.

    Returns:
        Expressions of kind r2 and of type "group.loudest", "riddle.after", ...; `args` are the head's category or
        group and the clue's words.
    """
    view = View(scene)
    heads = [(query, fits(view, query)) for query in _heads(view)]
    found = []
    for clue in _clues(view):
        clue_fit = fits(view, clue)
        for head, head_fit in heads:
            target = head_fit.both(clue_fit).target
            if target is None or view.categories[target] in clue.args:
                continue
            held_out = clue.type in _HELD_OUT_CLUES and bool(rng.random() < held_out_share)
            found.append(_express(head, clue, target, rng, held_out))
    return found


def _heads(view: View) -> Iterator[Query]:
    there = dict.fromkeys(view.categories)
    yield from (Query("named", (category,)) for category in there)
    yield from (Query("group", (group,)) for group in dict.fromkeys(CATEGORIES[name].group for name in there))


def _clues(view: View) -> Iterator[Query]:
    yield from (Query(name) for name in _LONE)
    yield from (Query("zone", (zone,)) for zone in Zone)
    yield from (Query("level", (level,)) for level in Level)
    yield from (Query("colour", (s.colour,)) for s in view.scene.stickers if s.colour)
    for name in ("left_of", "right_of", "any_left_of", "any_right_of", *_OF_SOUND):
        yield from (Query(name, (category,)) for category in dict.fromkeys(view.categories))


def _express(head: Query, clue: Query, target: int, rng: np.random.Generator, held_out: bool) -> Expression:
    word = head.args[0]
    phrases = RIDDLES[word] if head.type == "named" else tuple(f"the {noun}" for noun in GROUP_NOUNS[word])
    clues = (_HELD_OUT_CLUES[clue.type],) if held_out else CLUES[clue.type]
    args = [str(PLACES.get(arg, arg)) for arg in clue.args]  # type: ignore[call-overload]
    if clue.type in _OF_SOUND:
        args = [SOUND_NAMES.get(args[0], f"the sound of the {args[0]}")]
    phrase = phrases[rng.integers(len(phrases))]
    text = f"{phrase}{',' if ' that ' in phrase else ''} {clues[rng.integers(len(clues))].format(*args)}"
    name = word if head.type == "named" else GROUP_NOUNS[word][0]
    relates = f"the {name} {_CLUE_SHORT[clue.type].format(*clue.args)}"
    kind = "riddle" if head.type == "named" else "group"
    arguments = (word, *(str(arg) for arg in clue.args))
    return Expression(styled(text, rng), Kind.r2, f"{kind}.{clue.type}", target, relates, arguments, held_out)


_CLUE_SHORT = {
    "zone": "on the {0}",
    "leftmost": "on the left end",
    "rightmost": "on the right end",
    "left_of": "left of the {0}",
    "right_of": "right of the {0}",
    "any_left_of": "left of the {0}",
    "any_right_of": "right of the {0}",
    "colour": "in {0}",
    "sounding": "that makes a sound",
    "silent": "that is silent",
    "level": "with a {0} sound",
    "loudest": "with the loudest sound",
    "softest": "with the softest sound",
    "all_time": "that sounds from 0 to 10",
    "first": "that sounds first",
    "last": "that starts last",
    "stops_first": "that stops first",
    "stops_last": "that stops last",
    "at_start": "that sounds from 0",
    "at_end": "that sounds to 10",
    "after": "that starts after the {0}",
    "before": "that starts before the {0}",
    "during": "that starts during the {0}",
}

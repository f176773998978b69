"""What can be asked of a frame: names, colours, places, things that are not there; and the thinker's descriptions.

Descriptions are for validation only. The published detector is frozen and generic: it has never seen what the thinker
writes, and neither has this one. What a long description costs or gains is the article's Table 3, and is to be measured
here as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tgs.lit.zoo.grounder_words import FRAME_WORDS, REFERENCE_WORDS
from tgs.stickers.categories import CATEGORIES, COLOURS
from tgs.stickers.scene import Level, Sticker, Zone
from tgs.stickers.wording import PLACES

APART = 0.12
"""Two of a kind closer than this, in frame widths, are not told apart by left and right."""

NAMING_NOTHING = (*FRAME_WORDS.split(), *REFERENCE_WORDS.split())


class Phrase(NamedTuple):
    """A text and what it asks for.

    Attributes:
        text: lower case, no '.'.
        objects: indices of all objects that fit; empty if nobody does.
        kind: named, which (colour, place, or one of two), fine, absent; word, of a sentence.
    """

    text: str
    objects: tuple[int, ...]
    kind: str


def named(seen: Sequence[Sticker]) -> list[Phrase]:
    """Every category that is there, in order of its first object."""
    return [Phrase(name, tuple(where), "named") for name, where in _by_category(seen).items()]


def which(seen: Sequence[Sticker], rng: np.random.Generator) -> list[Phrase]:
    """Colours and places. A single object's place is always right: a wrong one should still find the object."""
    phrases = []
    for name, where in _by_category(seen).items():
        colours = {seen[i].colour for i in where}
        if "" not in colours:
            phrases += [_of_colour(seen, where, name, colour) for colour in sorted(colours)]
            others = sorted(set(COLOURS) - colours)
            phrases.append(_of_colour(seen, where, name, others[rng.integers(len(others))]))
        if len(where) == 2 and abs(seen[where[0]].x - seen[where[1]].x) > APART:
            left, right = sorted(where, key=lambda i: seen[i].x)
            phrases += [Phrase(f"the left {name}", (left,), "which"), Phrase(f"the right {name}", (right,), "which")]
        zones = [seen[i].zone for i in where]
        phrases += [
            Phrase(f"{name} {place(zone)}", (i,), "which")
            for i, zone in zip(where, zones, strict=True)
            if zones.count(zone) == 1
        ]
    return phrases


def fine(seen: Sequence[Sticker], rng: np.random.Generator) -> list[Phrase]:
    """Descriptions as the thinker writes them; what is heard is invented, because eyes cannot check it."""
    phrases = []
    for name, where in _by_category(seen).items():
        looks = [(seen[i].colour, seen[i].zone) for i in where]
        for i, look in zip(where, looks, strict=True):
            if looks.count(look) == 1:
                phrases.append(Phrase(describe(rng, name, *look), (i,), "fine"))
    return phrases


def absent(seen: Sequence[Sticker], rng: np.random.Generator) -> list[Phrase]:
    """One name for each category that is not there, a third of them with a colour or a place, in random order."""
    missing = [name for name in CATEGORIES if name not in {sticker.category for sticker in seen}]
    phrases = []
    for index in rng.permutation(len(missing)):
        text = missing[index]
        if rng.random() < 1 / 3:
            colour, zone = list(COLOURS)[rng.integers(len(COLOURS))], list(Zone)[rng.integers(len(Zone))]
            text = f"{colour} {text}" if rng.random() < 0.5 else f"{text} {place(zone)}"
        phrases.append(Phrase(text, (), "absent"))
    return phrases


def sentence(seen: Sequence[Sticker], hidden: set[str], rng: np.random.Generator) -> list[Phrase]:
    """A sentence's words in random order: most of them name nothing; up to two name a category, there or not."""
    words = [str(word) for word in rng.choice(NAMING_NOTHING, int(rng.integers(4, 11)))]
    there = {phrase.text: phrase.objects for phrase in named(seen)}
    names = [name for name in CATEGORIES if name not in hidden]
    for _ in range(int(rng.integers(3))):
        pool = list(there) if rng.random() < 0.6 else names
        words.insert(int(rng.integers(len(words) + 1)), pool[rng.integers(len(pool))])
    return [Phrase(word, there.get(word, ()), "word") for word in words]


def describe(rng: np.random.Generator, name: str, colour: str, zone: Zone) -> str:
    """A made-up description in the form of `tgs.stickers.captions.fine_description`."""
    called = f"{colour} {name}".strip()
    if rng.random() < 0.3:
        return f"a silent {called} {place(zone)}"
    article = "an" if called[0] in "aeiou" else "a"
    return f"{article} {called} making a {list(Level)[rng.integers(len(Level))]} sound {place(zone)}"


def place(zone: Zone) -> str:
    """A zone as descriptions say it."""
    return PLACES[zone]


def _by_category(seen: Sequence[Sticker]) -> dict[str, list[int]]:
    where: dict[str, list[int]] = {}
    for index, sticker in enumerate(seen):
        where.setdefault(sticker.category, []).append(index)
    return where


def _of_colour(seen: Sequence[Sticker], where: list[int], name: str, colour: str) -> Phrase:
    objects = tuple(i for i in where if seen[i].colour == colour)
    return Phrase(f"{colour} {name}", objects, "which" if objects else "absent_colour")

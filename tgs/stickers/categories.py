"""The 24 kinds of object: how they look, how they sound, and which of them phase 2 never sees.

The codepoints were picked by eye from both art sets: what does not look like the category at 60 pixels is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

FAMILIES = ("twemoji", "openmoji")


@dataclass(frozen=True)
class Category:
    """One kind of object.

    Attributes:
        name: as in the uid; never holds `_`.
        group: what the riddles of R2 call its kind.
        noise: what it does when it sounds, "the {noise}".
        height: usual height, fraction of the frame's.
        art: codepoints by art family.
        airborne: stands in the upper part of the frame.
        unseen: kept from phase 2, for test_u.
        programs: General-MIDI programs, 0-based, of which one plays each take; empty for the
            sounds of `animals.py` and `machines.py`, and for the drum, whose kits are picked in `midi.py`.
        keys: lowest and highest MIDI key of its melodies.
    """

    name: str
    group: str
    noise: str
    height: float
    art: MappingProxyType[str, tuple[str, ...]]
    airborne: bool = False
    unseen: bool = False
    programs: tuple[int, ...] = ()
    keys: tuple[int, int] = (48, 72)


def _art(both: str = "", twemoji: str = "", openmoji: str = "") -> MappingProxyType[str, tuple[str, ...]]:
    shared = both.split()
    return MappingProxyType({"twemoji": (*shared, *twemoji.split()), "openmoji": (*shared, *openmoji.split())})


_ALL = (
    Category("piano", "keyed", "melody", 0.40, _art("1f3b9"), programs=(0, 1), keys=(48, 80)),
    Category("accordion", "keyed", "melody", 0.40, _art("1fa97"), unseen=True, programs=(21,), keys=(55, 80)),
    Category("guitar", "stringed", "melody", 0.44, _art("1f3b8"), programs=(24, 25), keys=(45, 72)),
    Category("violin", "stringed", "melody", 0.42, _art("1f3bb"), programs=(40,), keys=(60, 86)),
    Category("banjo", "stringed", "melody", 0.44, _art("1fa95"), unseen=True, programs=(105,), keys=(52, 76)),
    Category("trumpet", "wind", "melody", 0.38, _art("1f3ba"), programs=(56,), keys=(58, 80)),
    Category("saxophone", "wind", "melody", 0.42, _art("1f3b7"), programs=(65, 66), keys=(50, 76)),
    Category("flute", "wind", "melody", 0.40, _art("1fa88"), programs=(73,), keys=(64, 90)),
    Category("drum", "percussion", "beat", 0.38, _art("1f941 1fa98")),
    Category("bell", "percussion", "ringing", 0.34, _art("1f514 1f6ce"), programs=(14,), keys=(60, 79)),
    Category("dog", "animal", "barking", 0.40, _art("1f415 1f436 1f9ae 1f415-200d-1f9ba 1f429")),
    Category("cat", "animal", "meowing", 0.38, _art("1f408 1f431 1f408-200d-2b1b")),
    Category("bird", "animal", "singing", 0.30, _art("1f426 1f54a 1f426-200d-2b1b 1f99c"), airborne=True),
    Category("rooster", "animal", "crowing", 0.36, _art("1f413 1f414")),
    Category("cow", "animal", "mooing", 0.44, _art("1f404 1f42e 1f402")),
    Category("sheep", "animal", "bleating", 0.40, _art("1f411 1f40f"), unseen=True),
    Category("lion", "animal", "roaring", 0.42, _art("1f981"), unseen=True),
    Category("car", "vehicle", "engine noise", 0.38, _art("1f697 1f698 1f699 1f695 1f696 1f693 1f694")),
    Category("truck", "vehicle", "engine noise", 0.44, _art("1f69b 1f6fb 1f692", twemoji="1f69a")),
    Category("motorcycle", "vehicle", "engine noise", 0.38, _art("1f3cd", twemoji="1f6f5"), unseen=True),
    Category("helicopter", "vehicle", "rotor noise", 0.38, _art("1f681"), airborne=True),
    Category("train", "vehicle", "puffing", 0.44, _art("1f682 1f686 1f688 1f684 1f685 1f683"), unseen=True),
    Category("telephone", "device", "ringing", 0.32, _art("260e 1f4de")),
    Category("clock", "device", "ticking", 0.34, _art("1f570 23f0 1f550 1f553 1f556")),
)  # fmt: skip

CATEGORIES: MappingProxyType[str, Category] = MappingProxyType({category.name: category for category in _ALL})
"""All kinds by name, in a fixed order: class indices of the tiny encoders follow it."""

SEEN = tuple(name for name, category in CATEGORIES.items() if not category.unseen)
UNSEEN = tuple(name for name, category in CATEGORIES.items() if category.unseen)

COLOURS: MappingProxyType[str, tuple[int, int, int]] = MappingProxyType(
    {
        "red": (225, 45, 45),
        "green": (55, 180, 65),
        "blue": (55, 95, 230),
        "yellow": (240, 210, 45),
        "purple": (155, 65, 200),
    }
)
"""Tints by name, RGB."""

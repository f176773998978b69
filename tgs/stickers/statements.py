"""What a statement about a scene is, and whom it can fit: the nouns under `seen.py`, `heard.py` and `facts.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tgs.stickers.scene import Scene


@dataclass(frozen=True)
class Query:
    """A statement: its type, a key of `RULES`, and the words it names (categories, colours, zones, levels)."""

    type: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fit:
    """Indices of the stickers that a statement clearly fits, and of those it arguably fits."""

    yes: frozenset[int]
    unsure: frozenset[int] = frozenset()

    @property
    def target(self) -> int | None:
        """The one it fits, None unless there is exactly one and no doubt."""
        return next(iter(self.yes)) if len(self.yes) == 1 and not self.unsure else None

    @property
    def is_nobody(self) -> bool:
        """Whether it fits nobody, without doubt."""
        return not self.yes and not self.unsure

    def both(self, other: Fit) -> Fit:
        """Those that two statements fit together."""
        yes = self.yes & other.yes
        return Fit(yes, ((self.yes | self.unsure) & (other.yes | other.unsure)) - yes)


class AnchorError(LookupError):
    """A statement names a category that two stickers have: nobody can tell which of them is meant."""


class View:
    """A scene with the lists that the rules ask for again and again; indices run from left to right."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.all = range(len(scene.stickers))
        self.categories = [sticker.category for sticker in scene.stickers]
        self.zones = [sticker.zone for sticker in scene.stickers]
        self.sounds = {i: s.sound for i, s in enumerate(scene.stickers) if s.sound is not None}
        self.silent = [i for i in self.all if i not in self.sounds]

    def of(self, category: str) -> list[int]:
        """Everybody of a category."""
        return [i for i in self.all if self.categories[i] == category]

    def anchor(self, category: str) -> int | None:
        """The only one of a category; None if there is none. Raises AnchorError if there are two."""
        found = self.of(category)
        if len(found) > 1:
            raise AnchorError(category)
        return found[0] if found else None


Rule = Callable[..., Fit]
"""Takes the view and the query's words; may raise AnchorError."""


def only(indices: Iterable[int], unsure: Iterable[int] = ()) -> Fit:
    """A fit from any iterables; whoever fits for sure is not arguable."""
    yes = frozenset(indices)
    return Fit(yes, frozenset(unsure) - yes)


NOBODY = Fit(frozenset())
"""Fits no sticker, without doubt."""

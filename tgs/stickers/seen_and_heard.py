"""Statements that need eyes and ears at once: the sounding one on the left, the one beside the sound."""

from __future__ import annotations

from collections.abc import Callable

from tgs.stickers.heard import HEARD_RULES
from tgs.stickers.seen import SEEN_RULES
from tgs.stickers.statements import Fit, Rule, View, only

BOTH_RULES: dict[str, Rule] = {}
"""Type of statement -> its rule, for statements by ear that name no sounding category."""

NAMED_RULES: dict[str, Rule] = {}
"""Type of statement -> its rule, for statements that name the category whose sound they speak of."""


def _beside(side: str, rule: str) -> Rule:
    """Those on one side of somebody whom a rule by ear fits."""
    return lambda view, anchor: SEEN_RULES[side](view, anchor).both(HEARD_RULES[rule](view))


BOTH_RULES["sounding_left_of"] = _beside("any_left_of", "sounding")
BOTH_RULES["sounding_right_of"] = _beside("any_right_of", "sounding")
BOTH_RULES["silent_left_of"] = _beside("any_left_of", "silent")
BOTH_RULES["silent_right_of"] = _beside("any_right_of", "silent")


def _end(pick: Callable[[list[int]], int], silent: bool) -> Rule:
    """The outermost of the sounding or of the silent ones, of whom there must be two."""

    def rule(view: View) -> Fit:
        among = view.silent if silent else sorted(view.sounds)
        return only([pick(among)]) if len(among) > 1 else only([], among)

    return rule


BOTH_RULES["leftmost_sounding"] = _end(min, silent=False)
BOTH_RULES["rightmost_sounding"] = _end(max, silent=False)
BOTH_RULES["leftmost_silent"] = _end(min, silent=True)
BOTH_RULES["rightmost_silent"] = _end(max, silent=True)


def _neighbour(step: int) -> Rule:
    """Whoever stands directly beside the only sounding one."""

    def rule(view: View) -> Fit:
        if len(view.sounds) > 1:
            return only([], view.all)
        return only([i + step for i in view.sounds if 0 <= i + step < len(view.all)])

    return rule


BOTH_RULES["left_of_sound"] = _neighbour(-1)
BOTH_RULES["right_of_sound"] = _neighbour(1)


def _named_sounding(view: View, category: str) -> Fit:
    return only([i for i in view.of(category) if i in view.sounds])


def _named_silent(view: View, category: str) -> Fit:
    return only([i for i in view.of(category) if i not in view.sounds])


def _named_level(view: View, category: str, level: str) -> Fit:
    return HEARD_RULES["level"](view, level).both(SEEN_RULES["named"](view, category))


NAMED_RULES["named_sounding"] = _named_sounding
NAMED_RULES["named_silent"] = _named_silent
NAMED_RULES["named_level"] = _named_level

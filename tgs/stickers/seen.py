"""Statements that eyes can check: places, looks and names."""

from __future__ import annotations

from collections.abc import Callable

from tgs.stickers.categories import CATEGORIES
from tgs.stickers.looks import looks_coloured
from tgs.stickers.scene import Zone
from tgs.stickers.statements import NOBODY, Fit, Rule, View, only

SEEN_RULES: dict[str, Rule] = {}
"""Type of statement -> its rule."""


def _rule(name: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        SEEN_RULES[name] = rule
        return rule

    return register


_rule("leftmost")(lambda v: only([0]))
_rule("rightmost")(lambda v: only([len(v.all) - 1]))
_rule("second_left")(lambda v: only([1]) if len(v.all) > 2 else only([], v.all))
_rule("second_right")(lambda v: only([len(v.all) - 2]) if len(v.all) > 2 else only([], v.all))


@_rule("middle")
def _middle(view: View) -> Fit:
    """The middle one of the row, if it also stands in the middle of the frame."""
    middle = len(view.all) // 2
    is_clear = len(view.all) % 2 and view.zones[middle] == Zone.center
    return only([middle]) if is_clear else only([], view.all)


@_rule("left_of")
def _left_of(view: View, anchor: str) -> Fit:
    at = view.anchor(anchor)
    return only([at - 1]) if at else NOBODY  # neither absent (None) nor the leftmost (0)


@_rule("right_of")
def _right_of(view: View, anchor: str) -> Fit:
    at = view.anchor(anchor)
    return only([at + 1]) if at is not None and at + 1 < len(view.all) else NOBODY


@_rule("between")
def _between(view: View, one: str, other: str) -> Fit:
    a, b = view.anchor(one), view.anchor(other)
    return NOBODY if a is None or b is None else only(range(min(a, b) + 1, max(a, b)))


@_rule("any_left_of")
def _any_left_of(view: View, anchor: str) -> Fit:
    at = view.anchor(anchor)
    return NOBODY if at is None else only(range(at))


@_rule("any_right_of")
def _any_right_of(view: View, anchor: str) -> Fit:
    at = view.anchor(anchor)
    return NOBODY if at is None else only(range(at + 1, len(view.all)))


@_rule("zone")
def zone_of(view: View, zone: str) -> Fit:
    """By zone; "left" may be said of the far left too, and the other way round."""
    side = zone.removeprefix("far-")
    return only(
        [i for i in view.all if view.zones[i] == zone],
        [i for i in view.all if view.zones[i].removeprefix("far-") == side],
    )


@_rule("named")
def _named(view: View, category: str) -> Fit:
    return only(view.of(category))


@_rule("group")
def _group(view: View, group: str) -> Fit:
    return only([i for i in view.all if CATEGORIES[view.categories[i]].group == group])


@_rule("colour")
def _colour(view: View, colour: str) -> Fit:
    """Tinted ones for sure; an untinted one whose own art may show the colour is arguable."""
    stickers = view.scene.stickers
    tinted = [i for i in view.all if stickers[i].colour == colour]
    plain = [i for i in view.all if not stickers[i].colour and looks_coloured(stickers[i].art, colour)]
    return only(tinted, plain)


@_rule("named_colour")
def _named_colour(view: View, colour: str, category: str) -> Fit:
    return _colour(view, colour).both(_named(view, category))


@_rule("named_zone")
def _namedzone_of(view: View, category: str, zone: str) -> Fit:
    return zone_of(view, zone).both(_named(view, category))


@_rule("pair_left")
def _pair_left(view: View, category: str) -> Fit:
    found = view.of(category)
    return only(found[:1]) if len(found) == 2 else only([], found)


@_rule("pair_right")
def _pair_right(view: View, category: str) -> Fit:
    found = view.of(category)
    return only(found[1:]) if len(found) == 2 else only([], found)


@_rule("pair_beside")
def _pair_beside(view: View, category: str, anchor: str) -> Fit:
    """The one of two that stands directly beside somebody, where the other does not."""
    found, at = view.of(category), view.anchor(anchor)
    if len(found) != 2 or at is None:
        return only([], found)
    return only([i for i in found if abs(i - at) == 1])

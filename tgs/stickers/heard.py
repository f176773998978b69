"""Statements that need ears: who sounds, how loud, when, and beside whom."""

from __future__ import annotations

from collections.abc import Callable

from tgs.stickers.scene import N_FRAMES, Level, Sounding
from tgs.stickers.statements import NOBODY, Fit, Rule, View, only

HEARD_RULES: dict[str, Rule] = {}
"""Type of statement -> its rule."""


def _rule(name: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        HEARD_RULES[name] = rule
        return rule

    return register


_rule("sounding")(lambda v: only(v.sounds))
_rule("silent")(lambda v: only(v.silent))


@_rule("level")
def _level(view: View, level: str) -> Fit:
    return only([i for i, sound in view.sounds.items() if sound.level == level])


def _extreme(view: View, key: Callable[[Sounding], int], margin: int) -> Fit:
    """The sound with the largest key; whoever comes within `margin` of it makes all of them arguable."""
    if len(view.sounds) < 2:  # "the loudest" presupposes others
        return only([], view.sounds)
    keys = {i: key(sound) for i, sound in view.sounds.items()}
    close = [i for i in keys if keys[i] > max(keys.values()) - margin]
    return only(close) if len(close) == 1 else only([], close)


_STRENGTH = {level: i for i, level in enumerate(Level)}
_rule("loudest")(lambda v: _extreme(v, lambda s: _STRENGTH[s.level], 1))
_rule("softest")(lambda v: _extreme(v, lambda s: -_STRENGTH[s.level], 1))
_rule("longest")(lambda v: _extreme(v, lambda s: s.end_s - s.start_s, 2))
_rule("shortest")(lambda v: _extreme(v, lambda s: s.start_s - s.end_s, 2))
_rule("first")(lambda v: _extreme(v, lambda s: -s.start_s, 1))
_rule("last")(lambda v: _extreme(v, lambda s: s.start_s, 1))
_rule("stops_first")(lambda v: _extreme(v, lambda s: -s.end_s, 1))
_rule("stops_last")(lambda v: _extreme(v, lambda s: s.end_s, 1))


@_rule("all_time")
def _all_time(view: View) -> Fit:
    seconds = {i: sound.end_s - sound.start_s for i, sound in view.sounds.items()}
    return only([i for i in seconds if seconds[i] == N_FRAMES], [i for i in seconds if seconds[i] == N_FRAMES - 1])


@_rule("second")
def _second(view: View) -> Fit:
    order = sorted(view.sounds, key=lambda i: view.sounds[i].start_s)
    starts = [view.sounds[i].start_s for i in order]
    if len(set(starts)) != len(starts) or len(order) == 1:
        return only([], order)
    return only(order[1:2])


@_rule("at_start")
def _at_start(view: View) -> Fit:
    starts = {i: sound.start_s for i, sound in view.sounds.items()}
    return only([i for i in starts if starts[i] == 0], [i for i in starts if starts[i] == 1])


@_rule("at_end")
def _at_end(view: View) -> Fit:
    rests = {i: N_FRAMES - sound.end_s for i, sound in view.sounds.items()}
    return only([i for i in rests if rests[i] == 0], [i for i in rests if rests[i] == 1])


@_rule("after")
def _after(view: View, anchor: str) -> Fit:
    """Starts when the anchor has ended; one second of overlap is arguable."""
    other = _sound_of(view, anchor)
    if other is None:
        return NOBODY
    starts = {i: sound.start_s for i, sound in view.sounds.items()}
    return only([i for i in starts if starts[i] >= other.end_s], [i for i in starts if starts[i] == other.end_s - 1])


@_rule("before")
def _before(view: View, anchor: str) -> Fit:
    other = _sound_of(view, anchor)
    return NOBODY if other is None else only([i for i, s in view.sounds.items() if s.start_s < other.start_s])


@_rule("during")
def _during(view: View, anchor: str) -> Fit:
    """Joins in while the anchor is going on, for two more seconds at least; one second is arguable."""
    other = _sound_of(view, anchor)
    if other is None:
        return NOBODY
    joins = {i: s.start_s for i, s in view.sounds.items() if other.start_s < s.start_s}
    return only([i for i in joins if joins[i] <= other.end_s - 2], [i for i in joins if joins[i] == other.end_s - 1])


@_rule("louder_than")
def _louder_than(view: View, anchor: str) -> Fit:
    """Any sound is louder than somebody silent, though nobody would say so: arguable."""
    other = _sound_of(view, anchor)
    if other is None:
        return NOBODY if view.anchor(anchor) is None else only([], view.sounds)
    return only([i for i, s in view.sounds.items() if _STRENGTH[s.level] > _STRENGTH[other.level]])


@_rule("softer_than")
def _softer_than(view: View, anchor: str) -> Fit:
    other = _sound_of(view, anchor)
    if other is None:
        return NOBODY
    return only([i for i, s in view.sounds.items() if _STRENGTH[s.level] < _STRENGTH[other.level]])


def _sound_of(view: View, anchor: str) -> Sounding | None:
    at = view.anchor(anchor)
    return None if at is None else view.sounds.get(at)

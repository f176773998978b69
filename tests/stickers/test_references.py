"""Every reference fits exactly the sticker it says, checked by rules written a second time and by hand-made scenes."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from tgs.stickers.categories import CATEGORIES, SEEN
from tgs.stickers.r2 import r2_expressions
from tgs.stickers.references import KIND_WEIGHTS, WORDINGS, choose, choose_null, expressions
from tgs.stickers.riddles import RIDDLES
from tgs.stickers.sample import muted, sample_scene
from tgs.stickers.scene import Scene

LOUDNESS = {"soft": 1, "medium": 2, "loud": 3}


class Thing:
    """A sticker as the second set of rules sees it."""

    def __init__(self, scene: Scene, index: int) -> None:
        s = scene.stickers[index]
        self.index, self.x, self.category, self.colour = index, s.x, s.category, s.colour
        self.zone = ["far-left", "left", "center", "right", "far-right"][int(s.x / 0.2)]
        self.on = s.sound is not None
        self.start, self.end, self.loud = (
            (s.sound.start_s, s.sound.end_s, LOUDNESS[s.sound.level]) if s.sound else (None, None, None)
        )

    def beside(self, other: Thing, things: list[Thing]) -> bool:
        low, high = sorted((self.x, other.x))
        return not any(low < t.x < high for t in things)


def _extreme(things, key):
    """Everybody with the largest key."""
    return [t for t in things if key(t) == max(key(u) for u in things)]


def judge(scene: Scene, name: str, args: tuple[str, ...]) -> set[int]:
    """Whom a statement fits, by plain list comprehensions."""
    all_ = [Thing(scene, i) for i in range(len(scene.stickers))]
    on, off = [t for t in all_ if t.on], [t for t in all_ if not t.on]
    called = [[t for t in all_ if t.category == arg] for arg in args]
    p = called[0][0] if called and called[0] else None
    q = called[1][0] if len(called) > 1 and called[1] else None
    a, b = (*args, None, None)[:2]
    lone = {
        "leftmost": lambda: [min(all_, key=lambda t: t.x)],
        "rightmost": lambda: [max(all_, key=lambda t: t.x)],
        "second_left": lambda: [t for t in all_ if sum(u.x < t.x for u in all_) == 1],
        "second_right": lambda: [t for t in all_ if sum(u.x > t.x for u in all_) == 1],
        "middle": lambda: [t for t in all_ if sum(u.x < t.x for u in all_) == sum(u.x > t.x for u in all_)],
        "colour": lambda: [t for t in all_ if t.colour == a],
        "named": lambda: [t for t in all_ if t.category == a],
        "group": lambda: [t for t in all_ if CATEGORIES[t.category].group == a],
        "zone": lambda: [t for t in all_ if t.zone == a],
        "named_colour": lambda: [t for t in all_ if t.colour == a and t.category == b],
        "named_zone": lambda: [t for t in all_ if t.category == a and t.zone == b],
        "named_sounding": lambda: [t for t in on if t.category == a],
        "named_silent": lambda: [t for t in off if t.category == a],
        "named_level": lambda: [t for t in on if t.category == a and t.loud == LOUDNESS[b]],
        "pair_left": lambda: _extreme(called[0], lambda t: -t.x),
        "pair_right": lambda: _extreme(called[0], lambda t: t.x),
        "sounding": lambda: on,
        "silent": lambda: off,
        "level": lambda: [t for t in on if t.loud == LOUDNESS[a]],
        "loudest": lambda: _extreme(on, lambda t: t.loud),
        "softest": lambda: _extreme(on, lambda t: -t.loud),
        "longest": lambda: _extreme(on, lambda t: t.end - t.start),
        "shortest": lambda: _extreme(on, lambda t: t.start - t.end),
        "all_time": lambda: [t for t in on if (t.start, t.end) == (0, 10)],
        "first": lambda: _extreme(on, lambda t: -t.start),
        "last": lambda: _extreme(on, lambda t: t.start),
        "second": lambda: [t for t in on if sum(u.start < t.start for u in on) == 1],
        "stops_first": lambda: _extreme(on, lambda t: -t.end),
        "stops_last": lambda: _extreme(on, lambda t: t.end),
        "at_start": lambda: [t for t in on if t.start == 0],
        "at_end": lambda: [t for t in on if t.end == 10],
        "leftmost_sounding": lambda: _extreme(on, lambda t: -t.x),
        "rightmost_sounding": lambda: _extreme(on, lambda t: t.x),
        "leftmost_silent": lambda: _extreme(off, lambda t: -t.x),
        "rightmost_silent": lambda: _extreme(off, lambda t: t.x),
        "left_of_sound": lambda: [t for t in all_ for u in on if t.x < u.x and t.beside(u, all_)],
        "right_of_sound": lambda: [t for t in all_ for u in on if t.x > u.x and t.beside(u, all_)],
    }
    anchored = {
        "left_of": lambda: [t for t in all_ if t.x < p.x and t.beside(p, all_)],
        "right_of": lambda: [t for t in all_ if t.x > p.x and t.beside(p, all_)],
        "any_left_of": lambda: [t for t in all_ if t.x < p.x],
        "any_right_of": lambda: [t for t in all_ if t.x > p.x],
        "sounding_left_of": lambda: [t for t in on if t.x < p.x],
        "sounding_right_of": lambda: [t for t in on if t.x > p.x],
        "silent_left_of": lambda: [t for t in off if t.x < p.x],
        "silent_right_of": lambda: [t for t in off if t.x > p.x],
        "after": lambda: [t for t in on if p.on and t.start >= p.end],
        "before": lambda: [t for t in on if p.on and t.start < p.start],
        "during": lambda: [t for t in on if p.on and p.start < t.start < p.end],
        "louder_than": lambda: [t for t in on if p.on and t.loud > p.loud],
        "softer_than": lambda: [t for t in on if p.on and t.loud < p.loud],
    }
    if name in lone:
        return {t.index for t in lone[name]()}
    if name == "pair_beside":
        return {t.index for t in called[0] if q is not None and t is not q and t.beside(q, all_)}
    if name == "between":
        return {t.index for t in all_ if p and q and min(p.x, q.x) < t.x < max(p.x, q.x)}
    return {t.index for t in anchored[name]()} if p is not None else set()


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    pools = (SEEN, tuple(CATEGORIES))
    drawn = [sample_scene(np.random.default_rng(s), "a_0_10000", categories=pools[s % 2]) for s in range(160)]
    return [*drawn, *(muted(scene) for scene in drawn[:30])]


def test_references_fit_exactly_their_target_or_nobody(scenes):
    seen = Counter()
    for seed, scene in enumerate(scenes):
        for e in expressions(scene, np.random.default_rng(seed), held_out_share=0.3):
            wanted = set() if e.target is None else {e.target}
            assert judge(scene, e.type, e.args) == wanted, (e, scene)
            assert (e.kind == "null") == (e.target is None)
            seen[e.type, e.target is None] += 1
    assert all(seen[name, False] >= 4 for name in WORDINGS), {n: seen[n, False] for n in WORDINGS}


def test_r2_references_fit_exactly_their_target_and_never_say_its_name(scenes):
    seen = Counter()
    for seed, scene in enumerate(scenes):
        for e in r2_expressions(scene, np.random.default_rng(seed), held_out_share=0.3):
            head, clue = e.type.split(".")
            fitting = judge(scene, "group" if head == "group" else "named", e.args[:1]) & judge(scene, clue, e.args[1:])
            assert fitting == {e.target}, (e, scene)
            assert scene.stickers[e.target].category not in re.findall(r"[a-z]+", e.text.lower())
            seen[head] += 1
            seen["words"] += len(e.text.split())
    assert seen["group"] > 300
    assert seen["riddle"] > 1200
    assert 10.5 < seen["words"] / (seen["group"] + seen["riddle"]) < 13.5


def test_riddles_name_no_category_at_all():
    assert set(RIDDLES) == set(CATEGORIES)
    assert len({text for texts in RIDDLES.values() for text in texts}) == 3 * len(CATEGORIES)
    for texts in RIDDLES.values():
        assert not set(CATEGORIES) & {word for text in texts for word in text.split()}


def test_training_never_shows_the_held_out_wordings(scenes):
    lone = {name: words for name, words in WORDINGS.items() if "{0}" not in "".join(words.train)}
    for scene in scenes[:25]:
        for e in expressions(scene, np.random.default_rng(1)):
            assert not e.held_out
            if e.type in lone:
                assert e.text.lower().rstrip(".") in lone[e.type].train
        for e in expressions(scene, np.random.default_rng(1), held_out_share=1.0):
            assert e.held_out
            if e.type in lone:
                assert e.text.lower().rstrip(".") in lone[e.type].held_out


def test_every_type_has_three_paraphrases_and_one_held_out():
    trained = {text for words in WORDINGS.values() for text in words.train}
    for words in WORDINGS.values():
        assert len(set(words.train)) >= 3
        assert 1 <= len(set(words.held_out) - trained) <= 2


def test_null_references_use_the_words_of_references_that_fit(scenes):
    rng = np.random.default_rng(0)
    fitting, null = set(), []
    for scene in scenes:
        candidates = expressions(scene, rng)
        fitting |= {(e.type, e.args) for e in candidates if e.target is not None}
        null += [(e.type, e.args) for e in choose_null(candidates, rng, 4)]
    assert len(null) > 700
    assert {name for name, _ in null} <= {name for name, _ in fitting}
    assert np.mean([key in fitting for key in null]) > 0.85


def test_choosing_never_repeats_a_type_and_reaches_every_kind(scenes):
    rng = np.random.default_rng(0)
    kinds = Counter()
    for scene in scenes[:160]:
        chosen = choose(expressions(scene, rng), rng, 7)
        assert len({e.type for e in chosen}) == len(chosen) == 7
        assert all(e.target is not None for e in chosen)
        kinds.update(e.kind for e in chosen)
    assert set(kinds) == set(KIND_WEIGHTS)
    assert min(kinds.values()) > 35

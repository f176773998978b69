"""What a sampled clip may and may not be."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tgs.errors import ConfigError
from tgs.stickers.categories import CATEGORIES, COLOURS, SEEN, UNSEEN
from tgs.stickers.sample import TAKES, muted, sample_scene
from tgs.stickers.scene import Scene, Zone

VID = "stkt00000_0_10000"


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [sample_scene(np.random.default_rng(seed), VID) for seed in range(400)]


def test_the_same_seed_gives_the_same_scene():
    one, same, other = (sample_scene(np.random.default_rng(seed), VID) for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_stickers_stand_from_left_to_right_in_zones_of_their_own(scenes):
    for scene in scenes:
        xs = [s.x for s in scene.stickers]
        assert 2 <= len(xs) <= 5
        assert min(np.diff(xs)) > 0.12
        zones = [list(Zone).index(s.zone) for s in scene.stickers]
        assert zones == sorted(set(zones))


def test_nobody_leaves_the_zone_by_drifting(scenes):
    for sticker in (s for scene in scenes for s in scene.stickers):
        path = [sticker.x + sticker.drift * (frame - 4.5) for frame in range(10)]
        zone = list(Zone).index(sticker.zone)
        assert zone / 5 < min(path)
        assert max(path) < (zone + 1) / 5


def test_about_three_scenes_in_ten_hold_a_pair_and_none_holds_three(scenes):
    most = [max(Counter(s.category for s in scene.stickers).values()) for scene in scenes]
    assert max(most) == 2
    assert 0.22 < most.count(2) / len(scenes) < 0.38


def test_one_to_three_sound_on_whole_seconds_for_two_seconds_at_least(scenes):
    for scene in scenes:
        sounds = [s.sound for s in scene.stickers if s.sound]
        assert 1 <= len(sounds) <= 3
        assert all(0 <= sound.start_s <= sound.end_s - 2 <= 8 for sound in sounds)
    counts = Counter(sum(s.sound is not None for s in scene.stickers) for scene in scenes)
    assert min(counts[n] for n in (1, 2, 3)) > 60


def test_sounds_come_together_one_after_another_and_overlapping(scenes):
    patterns = Counter()
    for scene in scenes:
        times = sorted({(s.sound.start_s, s.sound.end_s) for s in scene.stickers if s.sound})
        if sum(s.sound is not None for s in scene.stickers) > 1:
            apart = all(a[1] <= b[0] for a, b in pairwise(times))
            patterns["together" if len(times) == 1 else "after" if apart else "overlap"] += 1
    assert min(patterns[name] for name in ("together", "after", "overlap")) > 25


def test_two_alike_never_sound(scenes):
    for scene in scenes:
        names = [sticker.category for sticker in scene.stickers]
        assert all(sticker.sound is None for sticker in scene.stickers if names.count(sticker.category) == 2)


def test_training_and_test_takes_are_disjoint():
    def takes_of(kind: str) -> set[int]:
        drawn = [sample_scene(np.random.default_rng(seed), VID, takes=kind) for seed in range(60)]
        return {s.sound.take for scene in drawn for s in scene.stickers if s.sound}

    assert takes_of("train") == set(range(9))
    assert takes_of("test") == set(range(9, TAKES))


def test_sway_is_as_frequent_among_the_silent_as_among_the_sounding(scenes):
    swaying = {True: [], False: []}
    for sticker in (s for scene in scenes for s in scene.stickers):
        swaying[sticker.sound is not None].append(sticker.sway_deg > 0)
    assert abs(np.mean(swaying[True]) - np.mean(swaying[False])) < 0.08
    assert 0.45 < np.mean(swaying[True] + swaying[False]) < 0.65


def test_seen_categories_and_a_quarter_of_colours_by_default(scenes):
    stickers = [s for scene in scenes for s in scene.stickers]
    assert {s.category for s in stickers} == set(SEEN)
    assert 0.2 < np.mean([s.colour != "" for s in stickers]) < 0.3
    assert {s.colour for s in stickers} == {"", *COLOURS}
    for sticker in stickers:
        family, point = sticker.art.split("/")
        assert point in CATEGORIES[sticker.category].art[family]


def test_required_categories_are_there():
    for seed in range(50):
        scene = sample_scene(np.random.default_rng(seed), VID, categories=tuple(CATEGORIES), require=UNSEEN)
        assert any(s.category in UNSEEN for s in scene.stickers)


def test_muting_changes_nothing_but_the_sound(scenes):
    scene = next(scene for scene in scenes if any(s.sound for s in scene.stickers))
    quiet = muted(scene)
    assert all(s.sound is None for s in quiet.stickers)
    assert quiet == replace(scene, stickers=tuple(replace(s, sound=None) for s in scene.stickers))


@pytest.mark.parametrize(
    "bad",
    [{"categories": ("dog", "cat")}, {"categories": (*SEEN, "unicorn")}, {"takes": "both"}, {"require": ("ufo",)}],
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ConfigError, match="sample_scene"):
        sample_scene(np.random.default_rng(0), VID, **bad)

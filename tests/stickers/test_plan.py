"""What is planned before anything is drawn, and which settings are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tgs.errors import ConfigError
from tgs.stickers.plan import plan_clip
from tgs.stickers.settings import StickersSettings
from tgs.types import Split

SMALL = StickersSettings(train=5, val=1, test_s=2, test_u=2, test_n=3)


def test_no_clip_depends_on_how_many_others_there_are():
    assert plan_clip(SMALL, Split.test_s, 1) == plan_clip(replace(SMALL, test_s=50, train=0), Split.test_s, 1)
    assert plan_clip(SMALL, Split.test_s, 1) != plan_clip(replace(SMALL, seed=3), Split.test_s, 1)


def test_the_default_set_is_large_enough_to_score():
    settings = StickersSettings()
    tests = [split for split in Split if split.startswith("test")]
    rows = [
        len(folder.rows)
        for split in tests
        for index in range(getattr(settings, split))
        for folder in plan_clip(settings, split, index)
    ]
    assert len(rows) >= 60
    assert sum(rows) >= 300
    assert min(rows) >= 4


@pytest.mark.parametrize(
    "bad",
    [
        {"train": -1},
        {"train": 0, "val": 0, "test_s": 0, "test_u": 0, "test_n": 0},
        {"references": (8, 5)},
        {"references": (0, 3)},
        {"held_out_share": 1.5},
        {"stereo_share": -0.1},
        {"null_every": -1},
        {"null_references": 0},
        {"jpeg_quality": 100},
        {"width_px": 8},
        {"height_px": 0},
        {"sound_format": "MP3"},
    ],
)
def test_settings_that_cannot_be_made_are_refused_by_name(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        StickersSettings(**bad)

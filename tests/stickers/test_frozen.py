"""Version 1.0 of the benchmark is frozen: what the generator plans is what it planned when numbers were published."""

from __future__ import annotations

from pathlib import Path

import yaml

from tgs.digest import digest_value
from tgs.stickers.layout import csv_text, truth_of
from tgs.stickers.plan import plan_clip
from tgs.stickers.settings import VERSION, StickersSettings
from tgs.types import Split

FULL = Path(__file__).parents[2] / "conf/set/full.yaml"


def test_the_generator_plans_what_version_1_0_planned():
    """If this fails on purpose, raise `VERSION`: numbers on stickers then start anew."""
    settings = {k: v for k, v in yaml.safe_load(FULL.read_text())["settings"].items() if k != "_target_"}
    plans = [plan for split in Split for i in range(12) for plan in plan_clip(StickersSettings(**settings), split, i)]
    planned = [digest_value([truth_of(plan) for plan in plans]), csv_text(plans, r2=False), csv_text(plans, r2=True)]
    assert (VERSION, digest_value(planned)) == ("1.0", "35d4983f3f33ec04")

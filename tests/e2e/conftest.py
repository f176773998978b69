"""Models, for commands in forks to find, and made clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def imported() -> None:
    """Import here what every fork would: that takes longer than what most of them do."""
    import peft  # noqa: F401
    import transformers  # noqa: F401

    import tgs.ground.hf
    import tgs.lit.evaluate
    import tgs.lit.instruct
    import tgs.lit.training
    import tgs.report.page
    import tgs.segment.sam2
    import tgs.think.build  # noqa: F401


def only_asked_takes() -> None:
    """Let the sound bank make a take when it is asked for: the same sounds, without hundreds that nobody asks for."""
    from tgs.stickers.sounds import SoundBank, make_take

    class OnDemand(SoundBank):
        def take(self, category, index):
            return np.round(make_take(category, index) * 32767).astype(np.int16) * np.float32(1 / 32767)

    SoundBank.load = classmethod(lambda cls, *_, **__: OnDemand(np.zeros((0, 8, 0), np.int16), ()))  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def make_clips(tgs_command) -> Callable[..., None]:
    """make_clips(where, train=4, ...) -> stickers with these settings, and no other clips, in FOLDER/data."""

    def make(where: Path, **sizes: object) -> None:
        settings = dict.fromkeys(("train", "val", "test_s", "test_u", "test_n"), 0) | sizes
        words = [f"settings.{name}={value}" for name, value in settings.items()]
        tgs_command("stickers", *words, "workers=1", where=where, first=only_asked_takes)

    return make

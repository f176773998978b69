"""The caption rule."""

import numpy as np
import pytest

from tgs.ground.base import as_caption, check_frames


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ("Guitar", "guitar."),
        ("  The MUTED saw.  ", "the muted saw."),
        ("dog. cat", "dog. cat."),
        ("is it a dog?", "is it a dog?."),
    ],
)
def test_caption(text: str, caption: str) -> None:
    assert as_caption(text) == caption
    assert as_caption(caption) == caption


def test_a_blank_caption_is_refused() -> None:
    with pytest.raises(ValueError, match="blank"):
        as_caption("  \n")


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((2, 8, 8, 4), np.uint8),
        np.zeros((0, 8, 8, 3), np.uint8),
    ],
)
def test_bad_frames_are_refused(frames: np.ndarray) -> None:
    with pytest.raises(ValueError, match="frames_NHWC"):
        check_frames(frames)

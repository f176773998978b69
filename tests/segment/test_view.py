"""What the segmenter is shown, against a stand-in that remembers and against SAM 2 itself."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tgs.segment.sam2 import Sam2, build
from tgs.segment.view import Viewed, resized
from tgs.types import Masks

CONFIG = Path(__file__).parents[2] / "tgs" / "segment" / "configs" / "tiny.yaml"
FRAMES = np.random.default_rng(0).integers(0, 256, (2, 36, 64, 3), dtype=np.uint8)
BOXES = [[np.array([[8, 9, 32, 27]], np.float32), np.zeros((0, 4), np.float32)]]


class StandInSegmenter:
    """Remembers what it was shown."""

    def segment(self, frames_NHWC, boxes):
        self.frames, self.boxes = frames_NHWC, boxes
        return [Masks.empty(frames_NHWC.shape[:3]) for _ in boxes]


@pytest.fixture(scope="module")
def sam(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("segmenter")
    save_file(build(CONFIG).state_dict(), path / "model.safetensors")
    shutil.copyfile(CONFIG, path / "config.yaml")
    return Sam2(weights=path)


def bilinear(frame_HWC, size_px):
    """Each pixel from its four neighbours, written out; edges repeat."""
    height, width = frame_HWC.shape[:2]
    found = np.zeros((size_px, size_px, 3))
    for y in range(size_px):
        for x in range(size_px):
            v, u = (y + 0.5) * height / size_px - 0.5, (x + 0.5) * width / size_px - 0.5
            v, u = min(max(v, 0), height - 1), min(max(u, 0), width - 1)
            top, left = int(v), int(u)
            below, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = frame_HWC[top, left] * (1 - (u - left)) + frame_HWC[top, right] * (u - left)
            lower = frame_HWC[below, left] * (1 - (u - left)) + frame_HWC[below, right] * (u - left)
            found[y, x] = upper * (1 - (v - top)) + lower * (v - top)
    return found


@pytest.mark.parametrize("size_px", [24, 48])
def test_frames_are_resized_by_plain_bilinear_without_antialiasing(size_px):
    found = resized(FRAMES, size_px)
    assert found.shape == (2, size_px, size_px, 3)
    assert found.dtype == np.uint8
    expected = np.stack([bilinear(frame.astype(float), size_px) for frame in FRAMES])
    assert np.abs(found - expected).max() <= 1  # OpenCV rounds in fixed point


def test_boxes_follow_their_frames():
    """64 x 36 to 32 x 32: across by a half, down by 8/9."""
    shown = StandInSegmenter()
    (masks,) = Viewed(shown, size_px=32).segment(FRAMES, BOXES)
    np.testing.assert_allclose(shown.boxes[0][0], [[4, 8, 16, 24]])
    assert shown.boxes[0][1].shape == (0, 4)
    assert masks.soft_NHW.shape == shown.frames.shape[:3] == (2, 32, 32)


def test_swapped_channels_are_the_frames_backwards(sam):
    (swapped,) = Viewed(sam, swap_channels=True).segment(FRAMES, BOXES)
    (expected,) = sam.segment(FRAMES[..., [2, 1, 0]], BOXES)
    (plain,) = sam.segment(FRAMES, BOXES)
    np.testing.assert_array_equal(swapped.soft_NHW, expected.soft_NHW)
    assert (swapped.soft_NHW != plain.soft_NHW).any()


def test_both_are_what_the_released_script_does(sam):
    """Its two calls of OpenCV, and its boxes, which come as fractions of the frame."""
    import cv2

    (found,) = Viewed(sam, swap_channels=True, size_px=224).segment(FRAMES, BOXES)
    image = cv2.cvtColor(cv2.resize(FRAMES[0], (224, 224)), cv2.COLOR_BGR2RGB)
    box = np.array([[8 / 64, 9 / 36, 32 / 64, 27 / 36]], np.float32) * 224
    (expected,) = sam.segment(image[None], [[box]])
    np.testing.assert_array_equal(found.soft_NHW[0], expected.soft_NHW[0])
    assert found.soft_NHW[0].any()
    assert not found.soft_NHW[1].any()


def test_without_a_change_nothing_changes(sam):
    (found,) = Viewed(sam).segment(FRAMES, BOXES)
    (expected,) = sam.segment(FRAMES, BOXES)
    np.testing.assert_array_equal(found.soft_NHW, expected.soft_NHW)


def test_it_moves_with_its_segmenter(sam):
    assert {id(p) for p in Viewed(sam).parameters()} == {id(p) for p in sam.parameters()}

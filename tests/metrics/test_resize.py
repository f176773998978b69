"""What each protocol's resizing does to maps and truth."""

import numpy as np
import pytest

from tgs.metrics.jaccard import jaccard
from tgs.metrics.resize import soft_bilinear, truth_cv2_bilinear, truth_pil_bicubic

SIZES = [(720, 1280), (180, 320), (512, 512), (224, 224), (100, 90), (333, 257)]


def box_mask(height, width, top, left, rows, columns):
    mask = np.zeros((1, height, width), dtype=bool)
    mask[0, top : top + rows, left : left + columns] = True
    return mask


def test_nonzero_after_bicubic_widens_a_box():
    """A 300 x 200 px object in a 720p frame: 3455 px at 224, where taking the nearest pixel gives 3224."""
    mask = box_mask(720, 1280, 100, 100, 200, 300)
    widened = truth_pil_bicubic(mask, 224)
    rows, columns = (np.arange(224) * side // 224 for side in (720, 1280))
    nearest = mask[:, rows[:, None], columns]
    assert widened.sum() == 3455
    assert nearest.sum() == 3224
    assert jaccard(nearest, widened) == pytest.approx(0.933140, abs=1e-6)


def test_truth_of_the_protocol_s_own_size_is_untouched():
    mask = np.random.default_rng(0).random((2, 224, 224)) < 0.5
    assert (truth_pil_bicubic(mask, 224) == mask).all()
    assert (truth_cv2_bilinear(mask, 224) == mask).all()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.02, 0.5])
def test_truth_equals_opencv_s(size, share):
    cv2 = pytest.importorskip("cv2")
    mask = np.random.default_rng(1).random((1, *size)) < share
    image = np.repeat(mask[0, :, :, None].astype(np.uint8) * 255, 3, axis=2)
    theirs = cv2.cvtColor(cv2.resize(image, (256, 256)), cv2.COLOR_BGR2GRAY) > 0
    assert (truth_cv2_bilinear(mask, 256)[0] == theirs).all()


@pytest.mark.parametrize("size", SIZES)
def test_soft_maps_equal_torch_s_interpolation(size):
    torch = pytest.importorskip("torch")
    soft = np.random.default_rng(2).integers(0, 256, (2, *size), np.uint8)
    maps = torch.from_numpy(soft)[None] / 255
    theirs = torch.nn.functional.interpolate(maps, (224, 224), mode="bilinear")[0].numpy()
    ours = soft_bilinear(soft, (224, 224))
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs).max() < 5e-4  # float32 positions of up to 1280 are good to 1e-4 of a pixel


def test_soft_bilinear_by_hand():
    """Two pixels to four: centres at -0.25, 0.25, 0.75, 1.25, the outer two beyond the border."""
    soft = np.array([[[0, 255], [0, 255]]], np.uint8)
    assert soft_bilinear(soft, (4, 4))[0] == pytest.approx(np.tile([0, 0.25, 0.75, 1], (4, 1)))


def test_soft_maps_stay_in_zero_to_one():
    resized = soft_bilinear(np.full((1, 97, 131), 255, np.uint8), (224, 224))
    assert resized.max() <= 1
    assert resized.min() > 0.999999

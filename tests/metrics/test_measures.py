"""J, F and S against numbers worked out by hand on 8 x 8 frames."""

import numpy as np
import pytest

from tgs.metrics.fmeasure import BETA_SQUARED, CUTOFFS, f_curve, pool
from tgs.metrics.jaccard import jaccard, jaccard_per_frame
from tgs.metrics.null_s import null_set_s, pooled_s


def block(rows, columns, size=8):
    """One frame, True on rows x columns."""
    frame = np.zeros((size, size), dtype=bool)
    frame[slice(*rows), slice(*columns)] = True
    return frame


TRUTH = block((2, 6), (2, 6))  # 16 pixels
EMPTY = np.zeros((8, 8), dtype=bool)
SHIFTED = block((2, 6), (4, 8))  # 8 of the 16 hit, 8 claimed in vain
WIDE = block((2, 6), (2, 8))  # all 16 hit, 8 claimed in vain
NARROW = block((2, 6), (2, 4))  # 8 of the 16 hit
DISJOINT = block((0, 2), (0, 8))
FULL = np.ones((8, 8), dtype=bool)
FOUR = block((0, 2), (0, 2))

CASES = {
    "perfect": ([TRUTH], [TRUTH], 1, 1),
    "shifted by 2": ([SHIFTED], [TRUTH], 8 / 24, 0.5),
    "too wide": ([WIDE], [TRUTH], 16 / 24, 0.722222),
    "too narrow": ([NARROW], [TRUTH], 0.5, 0.8125),
    "empty": ([EMPTY], [TRUTH], 0, 0.302326),
    "disjoint": ([DISJOINT], [TRUTH], 0, 0.302326),
    "full": ([FULL], [TRUTH], 0.25, 0.302326),
    "both empty": ([EMPTY], [EMPTY], 1, 0),
    "nobody there, 4 px claimed": ([FOUR], [EMPTY], 60 / 64, 0),
    "perfect + missed": ([TRUTH, EMPTY], [TRUTH, TRUTH], 0.5, 0.5),
    "perfect + both empty": ([TRUTH, EMPTY], [TRUTH, EMPTY], 1, 1),
    "perfect + 4 px on an empty truth": ([TRUTH, FOUR], [TRUTH, EMPTY], 0.96875, 1),
    "perfect + shifted": ([TRUTH, SHIFTED], [TRUTH, TRUTH], 0.666667, 0.75),
}


@pytest.mark.parametrize("name", CASES)
def test_worked_numbers_of_j_and_f(name):
    pred, truth, expected_j, expected_f = CASES[name]
    pred_NHW, truth_NHW = np.stack(pred), np.stack(truth)
    assert jaccard(pred_NHW, truth_NHW) == pytest.approx(expected_j, abs=1e-6)
    assert f_curve(pred_NHW.astype(np.float32), truth_NHW).best == pytest.approx(expected_f, abs=1e-6)


def test_j_of_each_frame():
    pred_NHW = np.stack([TRUTH, SHIFTED, FOUR])
    truth_NHW = np.stack([TRUTH, TRUTH, EMPTY])
    assert jaccard_per_frame(pred_NHW, truth_NHW) == pytest.approx([1, 1 / 3, 15 / 16])


@pytest.mark.parametrize(("rows", "leak"), [(1, 0.156627), (2, 0.302326), (4, 0.565217), (8, 1.0)])
def test_an_empty_map_still_earns_f_at_cut_off_zero(rows, leak):
    """At cut-off 0 every pixel passes: precision is the object's share p of the frame, recall 1."""
    p = rows / 8
    curve = f_curve(np.zeros((1, 8, 8), np.float32), block((0, rows), (0, 8))[None])
    assert leak == pytest.approx(1.3 * p / (0.3 * p + 1), abs=1e-6)
    assert curve.best == pytest.approx(leak, abs=1e-6)
    assert curve.total[0] == pytest.approx(leak, abs=1e-6)
    assert not curve.total[1:].any()


def test_the_cut_off_is_shared_by_the_frames_of_a_clip():
    """Frame 0 is perfect above 0.9 only, frame 1 below 0.2 only: no cut-off serves both."""
    soft = np.stack([np.where(TRUTH, 1.0, 0.9), np.where(TRUTH, 0.2, 0.0)]).astype(np.float32)
    truth = np.stack([TRUTH, TRUTH])
    full_frame = 1.3 * 0.25 / (0.3 * 0.25 + 1)
    assert f_curve(soft[:1], truth[:1]).best == pytest.approx(1)
    assert f_curve(soft[1:], truth[1:]).best == pytest.approx(1)
    assert f_curve(soft, truth).best == pytest.approx((full_frame + 1) / 2)


def test_cut_offs_are_255_steps_that_end_at_exactly_one():
    assert CUTOFFS.shape == (255,)
    assert CUTOFFS.dtype == np.float32
    assert CUTOFFS[0] == 0
    assert CUTOFFS[-1] == 1
    assert CUTOFFS[127] == np.float32(0.5)
    assert np.allclose(np.diff(CUTOFFS), 1 / 254, atol=1e-7)


def plain_f_curve(soft_NHW, truth_NHW, cutoffs):
    """The definition, one cut-off and one frame at a time."""
    total, frames = np.zeros(len(cutoffs)), 0
    for soft_HW, truth_HW in zip(soft_NHW, truth_NHW, strict=True):
        if not truth_HW.any():
            continue
        frames += 1
        for k, cutoff in enumerate(cutoffs):
            passed = soft_HW.astype(np.float32) >= cutoff
            hits = float((passed & truth_HW).sum())
            precision = hits / (float(passed.sum()) + 1e-20)
            recall = hits / (float(truth_HW.sum()) + 1e-20)
            if precision + recall > 0:
                total[k] += (1 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
    return total, frames


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_histogram_equals_the_plain_loop(dtype, seed):
    rng = np.random.default_rng(seed)
    truth_NHW = rng.random((5, 17, 23)) < 0.3
    truth_NHW[2] = False
    soft_NHW = np.clip(0.5 * truth_NHW + rng.normal(0.3, 0.3, truth_NHW.shape), 0, 1).astype(dtype)
    soft_NHW[0, 0] = rng.choice(CUTOFFS, 23)  # on the cut-offs themselves
    soft_NHW[1, 0, :3] = (0, 1, 0.5)
    total, frames = plain_f_curve(soft_NHW, truth_NHW, CUTOFFS)
    curve = f_curve(soft_NHW, truth_NHW)
    assert curve.frames == frames == 4
    assert curve.total == pytest.approx(total, abs=1e-9)


def test_every_cut_off_is_passed_by_itself_and_by_nothing_below_it():
    """In float32 the number just below 143/254, times 254, is rounded up to 143."""
    assert np.nextafter(CUTOFFS[143], np.float32(0)) * np.float32(254) == 143
    for value_P, passed in ((CUTOFFS[1:], range(1, 255)), (np.nextafter(CUTOFFS[1:], np.float32(0)), range(254))):
        for value, last in zip(value_P, passed, strict=True):
            curve = f_curve(np.full((1, 2, 2), value), np.ones((1, 2, 2), dtype=bool))
            assert np.flatnonzero(curve.total)[-1] == last


def test_the_cut_offs_of_the_released_code_give_the_same_f():
    """torch.linspace differs from k/254 in the last bit of ten cut-offs."""
    torch = pytest.importorskip("torch")
    released = torch.linspace(0, 1 - 1e-10, 255).numpy()
    assert np.abs(released - CUTOFFS).max() < 1e-7
    rng = np.random.default_rng(3)
    truth_NHW = rng.random((2, 20, 20)) < 0.4
    soft_NHW = np.clip(0.4 * truth_NHW + 0.6 * rng.random(truth_NHW.shape), 0, 1).astype(np.float32)
    total, frames = plain_f_curve(soft_NHW, truth_NHW, released)
    assert f_curve(soft_NHW, truth_NHW).best == pytest.approx((total / frames).max(), abs=1e-6)


def test_pooled_curves_share_one_cut_off():
    perfect = f_curve(TRUTH[None].astype(np.float32), TRUTH[None])
    missed = f_curve(EMPTY[None].astype(np.float32), TRUTH[None])
    assert pool([perfect, missed]).best == pytest.approx(0.5)
    assert (perfect.best + missed.best) / 2 == pytest.approx(0.651163, abs=1e-6)
    assert pool([]).best == 0


def areas(*claimed_px):
    """One frame of 64 px for each area."""
    frames = np.zeros((len(claimed_px), 64), dtype=bool)
    for frame, area in zip(frames, claimed_px, strict=True):
        frame[:area] = True
    return frames.reshape(-1, 8, 8)


@pytest.mark.parametrize(
    ("claimed_px", "pooled", "per_frame"),
    [
        ((16, 16), 0.5, 0.5),
        ((16, 0), 0.353553, 0.25),
        ((64, 0), 0.707107, 0.5),
        ((64, *[0] * 9), 0.316228, 0.1),
        ((1,) * 10, 0.125, 0.125),
        ((0, 0), 0, 0),
    ],
)
def test_worked_numbers_of_null_s(claimed_px, pooled, per_frame):
    pred_NHW = areas(*claimed_px)
    assert null_set_s(pred_NHW) == pytest.approx(per_frame, abs=1e-6)
    assert pooled_s(sum(claimed_px), pred_NHW.size) == pytest.approx(pooled, abs=1e-6)


MASKS = np.zeros((2, 4, 4), dtype=bool)


@pytest.mark.parametrize("bad", [MASKS.astype(np.uint8), MASKS[0], MASKS[:0]], ids=["type", "axes", "no frame"])
def test_what_is_no_mask_is_refused(bad):
    with pytest.raises(ValueError, match="must be bool"):
        jaccard(bad, bad)
    with pytest.raises(ValueError, match="must be bool"):
        null_set_s(bad)
    with pytest.raises(ValueError, match="must be bool"):
        f_curve(np.zeros(bad.shape, np.float32), bad)


def test_two_shapes_are_refused_with_both_named():
    with pytest.raises(ValueError, match=r"pred_NHW \(1, 4, 4\), truth_NHW \(2, 4, 4\)"):
        jaccard(MASKS[:1], MASKS)
    with pytest.raises(ValueError, match=r"soft_NHW \(1, 4, 4\), truth_NHW \(2, 4, 4\)"):
        f_curve(np.zeros((1, 4, 4), np.float32), MASKS)


@pytest.mark.parametrize("value", [-0.1, 1.5, np.nan])
def test_a_map_that_leaves_zero_to_one_is_refused(value):
    soft_NHW = np.zeros((2, 4, 4), np.float32)
    soft_NHW[1, 2, 3] = value
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        f_curve(soft_NHW, MASKS)


@pytest.mark.parametrize("counts", [(-1, 4), (5, 4), (0, 0)])
def test_impossible_areas_are_refused(counts):
    with pytest.raises(ValueError, match="claimed_px"):
        pooled_s(*counts)

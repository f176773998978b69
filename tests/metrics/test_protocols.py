"""Whole protocols: from masks at a clip's own size to a reference's score."""

# ruff: noqa: SIM300 - the measures J, F and S look like constants to this rule

import numpy as np
import pytest

from tgs.errors import ConfigError, DataError
from tgs.metrics.base import Prepared
from tgs.metrics.protocols import PROTOCOLS, protocol
from tgs.types import Masks, Reference, Split

TRUTH = np.zeros((1, 8, 8), dtype=bool)
TRUTH[0, 2:6, 2:6] = True


def reference(split=Split.test_s, category="dog", row=0, kind="sound"):
    uid = f"clip_0_10000_{category}_{row}"
    return Reference(row, uid, "clip_0_10000", split, 1, category, "The dog.", kind)


def masks(soft_NHW):
    return Masks(np.rint(255 * np.asarray(soft_NHW)).astype(np.uint8))


def boxes(height, width, frames=2):
    """A box in the left part of every frame."""
    truth = np.zeros((frames, height, width), dtype=bool)
    truth[:, height // 4 : height // 2, width // 8 : width // 2] = True
    return truth


def at_8px(name, soft_NHW, truth_NHW=TRUTH):
    """Score without any resizing: the protocol's cut-offs on arrays that are at their size already."""
    soft = np.asarray(soft_NHW, np.float32)
    cut = {"tgs": (0.5, 0.5), "refavs": (0.4, 0.5)}[name]
    return PROTOCOLS[name].measure(reference(), Prepared(soft > cut[0], soft > cut[1], soft, truth_NHW))


@pytest.mark.parametrize("name", ["tgs", "refavs"])
def test_perfect_maps_of_0_and_1_are_perfect(name):
    """Soft maps are probabilities already: no second sigmoid turns 0 into 0.5."""
    score = at_8px(name, TRUTH)
    assert (score.J, score.F, score.S) == (1, pytest.approx(1), None)


def test_a_timid_map_passes_eemc_s_cut_off_only():
    """0.45 on the object, 0.1 elsewhere: above 0.4, below 0.5. F finds its own cut-off in both."""
    timid = np.where(TRUTH, 0.45, 0.1)
    assert at_8px("refavs", timid).J == 1
    assert at_8px("tgs", timid).J == 0
    assert at_8px("refavs", timid).F == at_8px("tgs", timid).F == pytest.approx(1)


@pytest.mark.parametrize(("name", "size_px"), [("tgs", 224), ("refavs", 256)])
def test_prepare_brings_everything_to_the_protocol_s_size(name, size_px):
    truth = boxes(90, 160)
    prepared = PROTOCOLS[name].prepare(masks(truth), truth)
    shapes = {array.shape for array in vars(prepared).values()}
    assert shapes == {(2, size_px, size_px)}
    assert prepared.soft_NHW.dtype == np.float32


@pytest.mark.parametrize("name", ["tgs", "refavs"])
def test_exact_masks_of_a_large_frame_nearly_reach_one(name):
    truth = boxes(354, 630)
    score = PROTOCOLS[name].score(reference(), masks(truth), truth)
    assert 0.9 < score.J < 1  # the truth's rim has grown, the prediction's has not
    assert 0.9 < score.F <= 1
    assert (score.frames, score.curve.frames) == (2, 2)


def test_tgs_loses_more_than_eemc_on_an_exact_mask():
    truth = boxes(360, 640)
    exact = {name: PROTOCOLS[name].score(reference(), masks(truth), truth).J for name in ("tgs", "refavs")}
    assert exact["tgs"] < exact["refavs"]


@pytest.mark.parametrize(("split", "category"), [(Split.test_n, "null"), (Split.val, "null"), (Split.test_n, "dog")])
def test_references_that_fit_nobody_get_s_and_need_no_truth(split, category):
    claim = np.zeros((2, 16, 16))
    claim[0] = 1  # frame 0 full, frame 1 empty
    scores = {n: p.score(reference(split, category), masks(claim), None) for n, p in PROTOCOLS.items()}
    assert [(s.J, s.F, s.Fb, s.curve) for s in scores.values()] == [(None, None, None, None)] * 5
    assert scores["tgs"].S == pytest.approx(0.5)
    assert scores["refavs"].S == pytest.approx(0.707107, abs=1e-6)
    assert (scores["refavs"].claimed_px, scores["refavs"].all_px) == (256 * 256, 2 * 256 * 256)


def test_eemc_claims_at_one_half_and_overlaps_at_four_tenths():
    """Its `metric_s_for_null` cuts at 0.5, its `mask_iou` at 0.4."""
    timid = masks(np.full((1, 256, 256), 0.45))
    assert PROTOCOLS["refavs"].score(reference(Split.test_n, "null"), timid, None).S == 0
    assert PROTOCOLS["refavs"].score(reference(), timid, np.ones((1, 256, 256), dtype=bool)).J == 1


def test_a_score_carries_what_slices_and_reports_need():
    truth = boxes(20, 30)
    score = PROTOCOLS["tgs"].score(reference(row=7), masks(truth), truth)
    assert score.key == ("clip_0_10000_dog_7", 7)
    record = score.as_record()
    assert record["kind"] == "sound"
    assert record["split"] == "test_s"
    assert record["shown_frames"] == 2
    assert "curve" not in record


def test_truth_of_another_number_of_frames_is_refused_with_both_numbers():
    truth = boxes(20, 30)
    with pytest.raises(DataError, match=r"2 frames and the truth 1.*gt_mask/clip_0_10000/fid_1"):
        PROTOCOLS["refavs"].score(reference(), masks(truth), truth[:1])


@pytest.mark.parametrize("name", ["simtoken", "article", "strict"])
def test_protocols_of_the_clip_s_own_size_lose_nothing_on_exact_masks(name):
    truth = boxes(90, 160)
    score = PROTOCOLS[name].score(reference(), masks(truth), truth)
    assert (score.J, score.F) == (1, pytest.approx(1))
    assert score.all_px == 2 * 90 * 160


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_a_prediction_of_another_size_is_brought_to_the_truth_s(name):
    """Half as many pixels each way: the box's edges lie on whole pixels of both."""
    small, truth = boxes(48, 80), boxes(96, 160)
    score = PROTOCOLS[name].score(reference(), masks(small), truth)
    assert 0.9 < score.J <= 1


def test_strict_looks_at_outlines_and_judges_empty_frames_by_the_union():
    truth = boxes(96, 160)
    truth[1] = False
    claim = truth.copy()
    claim[1, :2, :2] = True  # four pixels where nobody is
    score = PROTOCOLS["strict"].score(reference(), masks(claim), truth)
    assert (score.J, score.F, score.Fb) == (0.5, pytest.approx(0.5), 0.5)
    assert score.as_record()["Fb"] == 0.5
    assert "Fb" not in PROTOCOLS["tgs"].score(reference(), masks(claim), truth).as_record()


def test_the_article_takes_areas_without_a_root():
    claim = np.zeros((2, 16, 16))
    claim[0, :4, :4] = 1  # 16 of 512 pixels
    assert PROTOCOLS["article"].score(reference(Split.test_n, "null"), masks(claim), None).S == 1 / 32
    assert PROTOCOLS["strict"].score(reference(Split.test_n, "null"), masks(claim), None).S == 1 / 8


def test_missing_truth_of_a_present_object_is_refused():
    truth = boxes(20, 30)
    with pytest.raises(DataError, match="without true masks"):
        PROTOCOLS["tgs"].score(reference(), masks(truth), None)
    prepared = PROTOCOLS["tgs"].prepare(masks(truth), None)
    with pytest.raises(ValueError, match="truth_NHW"):
        PROTOCOLS["tgs"].measure(reference(), prepared)


def test_protocols_are_found_by_name():
    assert [protocol(name).label for name in ("tgs", "refavs")] == ["tgs@1", "refavs@1"]
    with pytest.raises(ConfigError, match="tgs, refavs, simtoken, article, strict"):
        protocol("davis")

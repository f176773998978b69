"""Pooling: means over references or batches, seen and unseen and mix, and the refusal of partial headlines."""

# ruff: noqa: SIM300 - the measures J, F and S look like constants to this rule

import json

import numpy as np
import pytest

from tgs.errors import ConfigError, DataError
from tgs.metrics.base import Prepared
from tgs.metrics.bootstrap import resample
from tgs.metrics.protocols import PROTOCOLS
from tgs.types import Measure, Reference, Split

TRUTH = np.zeros((1, 8, 8), dtype=bool)
TRUTH[0, 2:6, 2:6] = True
EMPTY = np.zeros_like(TRUTH)
FULL = np.ones_like(TRUTH)
SHIFTED = np.roll(TRUTH, 2, axis=2)
NARROW = TRUTH & (np.arange(8) < 4)


def rows(*splits):
    """One reference per split given, in csv order; test_n rows are null."""
    names = ["null" if split is Split.test_n else "dog" for split in splits]
    return [
        Reference(row, f"v_{name}_{row}", "v", split, 0, name, "It.")
        for row, (split, name) in enumerate(zip(splits, names, strict=True))
    ]


def scored(name, references, predictions, truth=TRUTH):
    """Scores of 8 x 8 predictions, without resizing."""
    protocol = PROTOCOLS[name]
    return [
        protocol.measure(reference, Prepared(pred, pred, pred.astype(np.float32), truth))
        for reference, pred in zip(references, predictions, strict=True)
    ]


def test_tgs_is_the_mean_over_references_and_mix_the_mean_of_seen_and_unseen():
    references = rows(*[Split.test_s] * 3, Split.test_u, Split.test_n, Split.test_n)
    predictions = [TRUTH, TRUTH, SHIFTED, NARROW, FULL, EMPTY]
    summary = PROTOCOLS["tgs"].summarise(scored("tgs", references, predictions), references)
    assert summary.seen.J == pytest.approx((1 + 1 + 1 / 3) / 3)
    assert summary.seen.F == pytest.approx((1 + 1 + 0.5) / 3)
    assert summary.seen.JF == pytest.approx((7 / 9 + 5 / 6) / 2)
    assert (summary.unseen.J, summary.unseen.F) == (0.5, pytest.approx(0.8125))
    assert summary.mix.J == pytest.approx((7 / 9 + 0.5) / 2)
    assert summary.mix.JF == pytest.approx((summary.seen.JF + summary.unseen.JF) / 2)
    assert summary.null_s == 0.5
    assert summary.coverage == "6 of 6 references"
    assert not summary.is_partial


def test_the_article_s_mix_is_one_pool_of_frames():
    """J 1, 1 and 1/3 on Seen and 1/2 on Unseen: their mean, where other protocols take that of 7/9 and 1/2."""
    references = rows(*[Split.test_s] * 3, Split.test_u)
    scores = scored("article", references, [TRUTH, TRUTH, SHIFTED, NARROW])
    summary = PROTOCOLS["article"].summarise(scores, references)
    assert summary.mix.J == pytest.approx((1 + 1 + 1 / 3 + 1 / 2) / 4)
    assert summary.mix.F == pytest.approx((1 + 1 + 1 / 2 + 2 / 3) / 4)
    assert resample(PROTOCOLS["article"], scores, resamples=3)[Measure.mix].value == pytest.approx(summary.mix.JF)


def test_one_batch_shares_the_cut_off_where_references_do_not():
    """Batch of {perfect, missed}: F 0.5, mean of the two references 0.651163."""
    references = rows(Split.test_s, Split.test_s)
    by_name = {
        name: PROTOCOLS[name].summarise(scored(name, references, [TRUTH, EMPTY]), references).seen for name in PROTOCOLS
    }
    assert by_name["refavs"].F == pytest.approx(0.5)
    assert by_name["tgs"].F == pytest.approx(0.651163, abs=1e-6)
    assert by_name["refavs"].J == by_name["tgs"].J == 0.5


def test_one_batch_takes_the_root_after_pooling():
    """Batch of {full, empty}: S 0.707107, mean of the two references 0.5."""
    references = rows(Split.test_n, Split.test_n)
    by_name = {
        name: PROTOCOLS[name].summarise(scored(name, references, [FULL, EMPTY]), references).null_s
        for name in PROTOCOLS
    }
    assert by_name["refavs"] == pytest.approx(0.707107, abs=1e-6)
    assert by_name["tgs"] == 0.5


def test_batches_hold_four_references_in_csv_order_and_weigh_the_same():
    """Five references: the first four make one batch, the fifth counts as much as all of them."""
    references = rows(*[Split.test_s] * 5)
    scores = scored("refavs", references, [TRUTH, TRUTH, TRUTH, EMPTY, SHIFTED])
    seen = PROTOCOLS["refavs"].summarise(reversed(scores), references).seen
    assert seen.J == pytest.approx((0.75 + 1 / 3) / 2)
    assert seen.F == pytest.approx((0.75 + 0.5) / 2)


def test_batches_weigh_frames_not_references():
    """A batch of one frame that is missed and three that are perfect."""
    references = rows(Split.test_s, Split.test_s)
    three = np.repeat(TRUTH, 3, axis=0)
    scores = scored("refavs", references[:1], [EMPTY]) + scored("refavs", references[1:], [three], three)
    assert PROTOCOLS["refavs"].summarise(scores, references).seen.J == 0.75


def test_batches_do_not_cross_splits():
    references = rows(Split.test_s, Split.test_u)
    summary = PROTOCOLS["refavs"].summarise(scored("refavs", references, [TRUTH, EMPTY]), references)
    assert (summary.seen.J, summary.unseen.J) == (1, 0)


def test_a_uid_that_occurs_twice_counts_twice():
    twin = Reference(5, "v_saw_4", "v", Split.test_s, 4, "saw", "The muted saw.")
    other = Reference(9, "v_saw_4", "v", Split.test_s, 0, "saw", "The saw.")
    scores = scored("tgs", [twin, other], [TRUTH, EMPTY])
    assert PROTOCOLS["tgs"].summarise(scores, [twin, other]).seen.J == 0.5


def test_splits_that_were_not_asked_for_give_no_number():
    references = rows(Split.test_s)
    summary = PROTOCOLS["tgs"].summarise(scored("tgs", references, [TRUTH]), references)
    assert summary.seen.J == 1
    assert (summary.unseen, summary.mix, summary.null_s) == (None, None, None)


def test_null_rows_of_val_are_kept_out_of_j_and_f():
    val = rows(Split.val, Split.val)
    null = Reference(2, "null_c-v_null_1", "null_c-v", Split.val, 0, "null", "It")
    scores = scored("tgs", val, [TRUTH, EMPTY]) + scored("tgs", [null], [FULL])
    part = PROTOCOLS["tgs"].summarise(scores, [*val, null]).splits[Split.val]
    assert (part.pair.J, part.S, part.scored) == (0.5, 1, 3)


def test_missing_references_refuse_a_headline_and_name_the_first():
    references = rows(Split.test_s, Split.test_s, Split.test_n)
    scores = scored("tgs", references[:1], [TRUTH])
    with pytest.raises(ConfigError, match=r"1 of 3 references.*v_dog_1 \(csv row 1, split test_s\).*allow_partial"):
        PROTOCOLS["tgs"].summarise(scores, references)
    summary = PROTOCOLS["tgs"].summarise(scores, references, allow_partial=True)
    assert summary.is_partial
    assert summary.coverage == "1 of 3 references"
    assert (summary.splits[Split.test_s].scored, summary.splits[Split.test_s].expected) == (1, 2)
    assert summary.null_s is None


def test_scores_that_do_not_belong_are_refused():
    references = rows(Split.test_s, Split.test_s)
    scores = scored("tgs", references, [TRUTH, TRUTH])
    with pytest.raises(DataError, match=r"v_dog_1 \(csv row 1, split test_s\).*not among the 1 expected"):
        PROTOCOLS["tgs"].summarise(scores, references[:1])
    with pytest.raises(DataError, match="scored twice"):
        PROTOCOLS["tgs"].summarise([*scores, scores[0]], references)
    with pytest.raises(ConfigError, match="no reference is expected"):
        PROTOCOLS["tgs"].summarise([], [])


def test_the_record_is_plain_json_and_says_what_was_scored():
    references = rows(Split.test_s, Split.test_u, Split.test_n)
    summary = PROTOCOLS["tgs"].summarise(scored("tgs", references, [TRUTH, SHIFTED, EMPTY]), references)
    record = json.loads(json.dumps(summary.as_record()))
    assert record["protocol"] == "tgs@1"
    assert (record["scored"], record["expected"], record["partial"]) == (3, 3, False)
    assert record["mix"] == {"J": pytest.approx(2 / 3), "F": 0.75, "JF": pytest.approx((2 / 3 + 0.75) / 2)}
    assert record["null_s"] == 0
    assert record["splits"]["test_n"] == {"J": None, "F": None, "JF": None, "S": 0, "scored": 1, "expected": 1}

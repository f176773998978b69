"""Intervals: against hand arithmetic, the normal law, and a naive loop that repeats references one by one."""

import numpy as np
import pytest

from tgs.errors import DataError
from tgs.metrics import bootstrap
from tgs.metrics.bootstrap import Resampled, draw, highest, lowest, mean, resample, share
from tgs.metrics.fmeasure import N_CUTOFFS, FCurve, pool
from tgs.metrics.protocols import PROTOCOLS
from tgs.metrics.score import Score
from tgs.types import Measure, Split


def score(row, clip, split=Split.test_s, J=0.5, F=0.5, S=None, curve=None, frames=10, claimed_px=0):
    if S is not None:
        J = F = None
    elif curve is None:
        curve = FCurve(np.linspace(0, F * frames, N_CUTOFFS), frames)
    return Score(f"{clip}_dog_{row}", row, split, "named", J, F, S, frames, curve, claimed_px, 100 * frames)


def some_scores(seed=0, clips=7):
    """References of several clips, in numbers and frames that differ, with curves that peak at different cut-offs."""
    rng, found = np.random.default_rng(seed), []
    for clip in range(clips):
        for _ in range(rng.integers(1, 5)):
            frames = int(rng.integers(1, 11))
            curve = FCurve(rng.random(N_CUTOFFS) * frames, int(rng.integers(0, frames + 1)))
            found.append(score(len(found), f"s{clip}", J=rng.random(), F=curve.best, curve=curve, frames=frames))
    for clip in range(clips):
        for _ in range(rng.integers(1, 4)):
            claimed = int(rng.integers(0, 1000))
            found.append(score(len(found), f"n{clip}", Split.test_n, S=rng.random(), claimed_px=claimed))
    return found


def weights_of(scores, resamples):
    """The same draws, looked up clip by clip."""
    clips = sorted({s.uid.rsplit("_", 2)[0] for s in scores})
    rows = np.concatenate(list(draw(clips, resamples, seed=0)))
    return [{clip: int(n) for clip, n in zip(clips, row, strict=True)} for row in rows]


def naive_tgs(scores, weights):
    again = [s for s in scores for _ in range(weights[s.folder])]
    return PROTOCOLS["tgs"].pool_pairs(again)


def naive_refavs(scores, weights):
    """Every batch with its references repeated in place, a batch as often as its references on average."""
    J, F, often = [], [], []
    for start in range(0, len(scores), 4):
        batch = scores[start : start + 4]
        again = [s for s in batch for _ in range(weights[s.folder])]
        if not again:
            continue
        J.append(sum(s.frames * s.J for s in again) / sum(s.frames for s in again))
        F.append(pool(s.curve for s in again).best)
        often.append(len(again) / len(batch))
    return np.average(J, weights=often), np.average(F, weights=often)


def naive_refavs_s(scores, weights):
    roots, often = [], []
    for start in range(0, len(scores), 4):
        batch = scores[start : start + 4]
        again = [s for s in batch for _ in range(weights[s.folder])]
        if again:
            roots.append(np.sqrt(sum(s.claimed_px for s in again) / sum(s.all_px for s in again)))
            often.append(len(again) / len(batch))
    return np.average(roots, weights=often)


def test_a_draw_takes_as_many_clips_as_there_are_and_follows_from_seed_and_names():
    first = np.concatenate(list(draw(["a", "b", "c"], 1200, seed=0)))
    assert first.shape == (1200, 3)
    assert set(first.sum(axis=1)) == {3}
    assert abs(first.mean(axis=0) - 1).max() < 0.1
    np.testing.assert_array_equal(first, np.concatenate(list(draw(["a", "b", "c"], 1200, seed=0))))
    assert (first != np.concatenate(list(draw(["a", "b", "c"], 1200, seed=1)))).any()
    assert (first != np.concatenate(list(draw(["a", "b", "d"], 1200, seed=0)))).any()


def test_draws_do_not_depend_on_how_many_are_held_at_once(monkeypatch):
    together = np.concatenate(list(draw(["a", "b", "c"], 20, seed=0)))
    monkeypatch.setattr(bootstrap, "AT_ONCE", 7)
    parts = list(draw(["a", "b", "c"], 20, seed=0))
    assert [len(part) for part in parts] == [7, 7, 6]
    np.testing.assert_array_equal(np.concatenate(parts), together)


def test_two_clips_by_hand():
    """Clip a: one reference, J 1; clip b: three, J 0. Drawn (2, 0): 1; (1, 1): 1/4; (0, 2): 0."""
    scores = [score(0, "a", J=1.0), *(score(row, "b", J=0.0) for row in (1, 2, 3))]
    found = resample(PROTOCOLS["tgs"], scores, resamples=300)[Measure.seen_j]
    assert found.value == 0.25
    drawn = np.concatenate(list(draw(["a", "b"], 300, seed=0)))[:, 0]
    np.testing.assert_array_equal(found.values_R, np.array([0, 0.25, 1])[drawn])
    assert set(found.values_R) == {0, 0.25, 1}


def test_the_interval_leaves_a_fortieth_on_either_side():
    assert Resampled(0, np.arange(401.0), "x").interval == (pytest.approx(10), pytest.approx(390))


def test_many_clips_follow_the_normal_law():
    """400 clips of one reference, half of them right: 0.5 +- 1.96 x sqrt(0.25 / 400)."""
    scores = [score(row, f"c{row}", J=float(row % 2)) for row in range(400)]
    low, high = resample(PROTOCOLS["tgs"], scores)[Measure.seen_j].interval
    assert (low, high) == (pytest.approx(0.451, abs=0.004), pytest.approx(0.549, abs=0.004))


@pytest.mark.parametrize("name", ["tgs", "refavs"])
def test_where_every_reference_counts_once_the_headline_comes_out(name):
    scores, protocol = some_scores(), PROTOCOLS[name]
    pairs, nulls = [s for s in scores if s.S is None], [s for s in scores if s.S is not None]
    J_R, F_R = protocol.weighted_pairs(pairs, np.ones((1, len(pairs)), int))
    assert (J_R[0], F_R[0]) == (
        pytest.approx(protocol.pool_pairs(pairs).J),
        pytest.approx(protocol.pool_pairs(pairs).F),
    )
    assert protocol.weighted_s(nulls, np.ones((1, len(nulls)), int))[0] == pytest.approx(protocol.pool_s(nulls))


def test_tgs_agrees_with_repeating_the_references_of_each_drawn_clip():
    scores = some_scores()
    found = resample(PROTOCOLS["tgs"], list(reversed(scores)), resamples=60)
    pairs, nulls = [s for s in scores if s.S is None], [s for s in scores if s.S is not None]
    naive = [naive_tgs(pairs, weights) for weights in weights_of(pairs, 60)]
    np.testing.assert_allclose(found[Measure.seen_j].values_R, [pair.J for pair in naive])
    np.testing.assert_allclose(found[Measure.seen_f].values_R, [pair.F for pair in naive])
    np.testing.assert_allclose(found[Measure.seen].values_R, [pair.JF for pair in naive])
    sizes = [np.mean([s.S for s in nulls for _ in range(w[s.folder])]) for w in weights_of(nulls, 60)]
    np.testing.assert_allclose(found[Measure.null_s].values_R, sizes)


def test_refavs_agrees_with_repeating_references_in_their_own_batches():
    scores = some_scores()
    found = resample(PROTOCOLS["refavs"], scores, resamples=60)
    pairs, nulls = [s for s in scores if s.S is None], [s for s in scores if s.S is not None]
    naive = np.array([naive_refavs(pairs, weights) for weights in weights_of(pairs, 60)])
    np.testing.assert_allclose(found[Measure.seen_j].values_R, naive[:, 0])
    np.testing.assert_allclose(found[Measure.seen_f].values_R, naive[:, 1])
    sizes = [naive_refavs_s(nulls, weights) for weights in weights_of(nulls, 60)]
    np.testing.assert_allclose(found[Measure.null_s].values_R, sizes)


def test_mix_is_the_mean_of_seen_and_unseen_on_every_resample():
    scores = [score(row, f"s{row}", J=row / 10, F=row / 10) for row in range(5)]
    scores += [score(9 + row, f"u{row}", Split.test_u, J=row / 5, F=row / 5) for row in range(3)]
    found = resample(PROTOCOLS["tgs"], scores, resamples=50)
    assert found[Measure.mix].value == pytest.approx((0.2 + 0.2) / 2)
    halves = (found[Measure.seen].values_R + found[Measure.unseen].values_R) / 2
    np.testing.assert_array_equal(found[Measure.mix].values_R, halves)


def test_a_split_is_resampled_alike_whatever_else_was_scored():
    seen = [score(row, f"s{row}", J=row / 10) for row in range(5)]
    unseen = [score(9 + row, f"u{row}", Split.test_u) for row in range(3)]
    alone, beside = (resample(PROTOCOLS["tgs"], s, resamples=50) for s in (seen, [*unseen, *seen]))
    np.testing.assert_array_equal(alone[Measure.seen_j].values_R, beside[Measure.seen_j].values_R)
    assert Measure.mix not in alone


def test_val_has_pairs_and_sizes():
    scores = [score(0, "a", Split.val, J=1.0), score(1, "b", Split.val, J=0.0), score(2, "null_m-a", Split.val, S=0.5)]
    found = resample(PROTOCOLS["tgs"], scores, resamples=10)
    assert (found[Measure.val_j].value, found[Measure.val_s].value) == (0.5, 0.5)


def test_differences_of_the_same_clips_are_paired():
    """The second evaluation is better by a tenth everywhere: no draw of clips changes that."""
    worse = [score(row, f"c{row}", J=row / 20) for row in range(10)]
    better = [score(row, f"c{row}", J=row / 20 + 0.1) for row in range(10)]
    a, b = (resample(PROTOCOLS["tgs"], s, resamples=200)[Measure.seen_j] for s in (better, worse))
    assert (a - b).value == pytest.approx(0.1)
    assert (a - b).interval == (pytest.approx(0.1), pytest.approx(0.1))
    assert a.interval[1] - a.interval[0] > 0.1


def test_what_a_number_falls_short_of():
    short = 1.0 - Resampled(0.75, np.array([0.5, 1.0]), "x")
    assert (short.value, short.values_R.tolist(), short.clips) == (0.25, [0.5, 0.0], "x")


def test_different_clips_are_not_paired():
    a, b = (
        resample(PROTOCOLS["tgs"], [score(0, "a"), score(1, other)], resamples=5)[Measure.seen] for other in ("b", "c")
    )
    with pytest.raises(DataError, match="different clips"):
        a - b
    with pytest.raises(DataError, match="different clips"):
        mean([a, b])


def test_seeds_are_averaged_on_every_resample():
    one, two = Resampled(0.2, np.array([0.1, 0.4]), "x"), Resampled(0.4, np.array([0.3, 0.2]), "x")
    assert mean([one, two]).value == pytest.approx(0.3)
    np.testing.assert_allclose(mean([one, two]).values_R, [0.2, 0.3])
    np.testing.assert_array_equal(lowest([one, two]).values_R, [0.1, 0.2])
    np.testing.assert_array_equal(highest([one, two]).values_R, [0.3, 0.4])
    assert (lowest([one, two]).value, highest([one, two]).value) == (0.2, 0.4)


def test_one_clip_tells_no_interval():
    found = resample(PROTOCOLS["tgs"], [score(0, "a", J=1.0), score(1, "a", J=0.0)], resamples=5)[Measure.seen_j]
    assert found.value == 0.5
    assert np.isnan(found.interval).all()


def test_a_share_counts_references_and_draws_their_clips():
    clips, right = ["b", "a", "b", "b"], [True, False, False, True]
    found = share(clips, right, resamples=200)
    assert found.value == 0.5
    by_hand = [(2 * b) / (a + 3 * b) for a, b in np.concatenate(list(draw(["a", "b"], 200, seed=0)))]
    assert found.values_R == pytest.approx(by_hand)
    assert np.isnan(share(["a", "a"], [True, False], resamples=10).values_R).all()

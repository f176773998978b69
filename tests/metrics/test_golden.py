"""Every protocol against numbers that the public functions gave for the same arrays.

Sources: `utils/metric/utility.py` of Ref-AVS 82eb688 (refavs) and of SimToken 6975001 (simtoken), `utils/avss_utils.py`
of TGS-Agent 4e144c9 (tgs), the article's listing (article). They were run once, on logits whose sigmoid is the map; the
mean over batches, videos or references was taken as their scripts do.
"""

import numpy as np
import pytest

from tgs.metrics.base import Prepared
from tgs.metrics.protocols import PROTOCOLS
from tgs.types import Reference, Split

FOLDERS = ("a", "a", "b", "b", "a", "a")

EXPECTED = {
    ("refavs", 0): (0.3940326, 0.7298974, 0.3884717),
    ("refavs", 1): (0.3822248, 0.6496691, 0.3682606),
    ("refavs", 2): (0.3663618, 0.7297546, 0.3911659),
    ("simtoken", 0): (0.3842029, 0.6924472, 0.3783903),
    ("simtoken", 1): (0.3898151, 0.7072652, 0.3782720),
    ("simtoken", 2): (0.3528846, 0.6969531, 0.3832245),
    ("tgs", 0): (0.4871020, 0.6732842, 0.3741533),
    ("tgs", 1): (0.4876740, 0.7021540, 0.3742926),
    ("tgs", 2): (0.4332505, 0.6990946, 0.3798163),
    ("article", 0): (0.2900316, 0.4023557, 0.1441623),
    ("article", 1): (0.2751523, 0.3886782, 0.1438368),
    ("article", 2): (0.2827948, 0.4078459, 0.1468750),
}
"""J, F and S by protocol and seed."""

CUTOFFS = {"refavs": (0.4, 0.5), "simtoken": (0.4, 0.5), "tgs": (0.5, 0.5), "article": (0.5, 0.5)}


def random_case(seed):
    """Six references, 10 frames of 24 x 32: truths with empty frames, soft maps that half know them."""
    rng = np.random.default_rng(seed)
    truths_KNHW = np.zeros((6, 10, 24, 32), dtype=bool)
    for truth_NHW in truths_KNHW:
        top, left = rng.integers(0, (14, 20))
        truth_NHW[rng.random(10) < 0.8, top : top + 10, left : left + 12] = True
    soft_KNHW = 0.44 * truths_KNHW * rng.random((6, 1, 1, 1)) + 0.55 * rng.random(truths_KNHW.shape)
    return soft_KNHW.astype(np.float32), truths_KNHW


@pytest.mark.parametrize(("name", "seed"), EXPECTED)
def test_what_the_public_functions_give(name, seed):
    soft_KNHW, truths_KNHW = random_case(seed)
    rule, (region, claim) = PROTOCOLS[name], CUTOFFS[name]
    pairs, nulls = [], []
    for row, (folder, soft_NHW, truth_NHW) in enumerate(zip(FOLDERS, soft_KNHW, truths_KNHW, strict=True)):
        prepared = Prepared(soft_NHW > region, soft_NHW > claim, soft_NHW, truth_NHW)
        for scores, word, split in ((pairs, "dog", Split.test_s), (nulls, "null", Split.test_n)):
            reference = Reference(row, f"{folder}_{word}_{row}", folder, split, 0, word, "It.")
            scores.append(rule.measure(reference, prepared))
    pair = rule.pool_pairs(pairs)
    assert (pair.J, pair.F, rule.pool_s(nulls)) == pytest.approx(EXPECTED[name, seed], abs=2e-6)

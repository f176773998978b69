"""Two runs: differences, tests and flips, with numbers worked out by hand."""

import json

import numpy as np
import pytest

from tgs.errors import DataError
from tgs.report.compared import Compared, told_p
from tgs.report.comparison import Contest, Pairing, own
from tgs.report.flips import flips, flips_grid
from tgs.types import Measure

A = {"seen": [0.2, 0.6, 0.8, 0.9], "unseen": [0.4, 0.6], "null": [0.0, 0.2, 0.3]}
B = {"seen": [0.7, 0.7, 0.4, 1.0], "unseen": [0.6, 0.8], "null": [0.1, 0.0, 0.0]}
KINDS = ["pair", "pair", "sound", "sound", "pair", "sound", "null", "null", "null"]


@pytest.fixture
def paths(write):
    a = write("a", **A, kinds=KINDS, named=["cat", "dog", "dog", "dog", "dog", "dog"])
    b = write("b", **B, kinds=KINDS, named=["dog", "dog", "cat", "dog", "dog", "dog"], policy="fine", checkpoint="c1")
    return a, b


@pytest.fixture
def pairing(paths):
    return Pairing.of(*paths)


def test_differences_and_their_tests(pairing):
    found = {one.measure: one for one in pairing.differences()}
    values = {measure: (one.b - one.a).value for measure, one in found.items()}
    assert values == pytest.approx(
        {Measure.seen: 0.075, Measure.unseen: 0.2, Measure.mix: 0.1375, Measure.null_s: -0.4 / 3, Measure.named: 0}
    )
    p = {measure: one.p for measure, one in found.items()}
    assert p[Measure.seen] == 10 / 16  # of 0.5, 0.1, -0.4, 0.1, either way: 0.9 with any 0.1, or 0.1 with both
    assert p[Measure.unseen] == 2 / 4
    assert p[Measure.null_s] == 4 / 8  # 0.1, -0.2, -0.3: at least 0.4 with both large ones on one side
    assert p[Measure.named] == 1  # one won, one lost


def test_mix_is_tested_with_both_splits_weighing_the_same(pairing):
    """Each Seen clip counts 1/8, each Unseen clip 1/4."""
    terms = np.array([0.5, 0.1, -0.4, 0.1]) / 8
    sums = [*terms, 0.05, 0.05]
    signs = np.array(np.meshgrid(*[[1, -1]] * 6)).reshape(6, -1)
    expected = np.mean(np.abs(np.array(sums) @ signs) >= abs(sum(sums)) - 1e-12)
    assert pairing.p(Measure.mix) == expected


def test_own_values(pairing):
    assert own(pairing.a, Measure.null_s) == [None] * 6 + [0.0, 0.2, 0.3]
    assert own(pairing.a, Measure.seen) == [0.2, 0.6, 0.8, 0.9] + [None] * 5
    assert own(pairing.a, Measure.named) == [0, 1, 1, 1, 1, 1] + [None] * 3
    assert set(own(pairing.a, Measure.seen_fb)) == {None}


def test_contests_count_right_references(pairing):
    seen, unseen, null = pairing.contests()
    assert seen == Contest(Measure.seen, both=2, only_a=1, only_b=1, neither=0)
    assert unseen == Contest(Measure.unseen, both=1, only_a=0, only_b=1, neither=0)
    assert null == Contest(Measure.null_s, both=0, only_a=1, only_b=2, neither=0)
    assert null.p == 1  # three coins, one of them heads: (1 + 3) / 8 on either side
    assert Contest(Measure.seen, 0, 0, 5, 0).p == 2 / 32


def test_a_p_is_never_printed_as_nought():
    assert [told_p(p) for p in (1, 0.0601, 0.0001, 2e-9)] == ["1.0000", "0.0601", "0.0001", "<0.0001"]


def test_slices_of_kinds(pairing):
    found = {(one.measure, one.name): (one.b - one.a).value for one in pairing.by_slice()}
    assert found == pytest.approx({
        (Measure.seen, "kind: pair"): 0.3, (Measure.seen, "kind: sound"): -0.15,
        (Measure.unseen, "kind: pair"): 0.2, (Measure.unseen, "kind: sound"): 0.2,
    })  # fmt: skip


def test_flips_are_those_that_changed_sides_lost_ones_first(pairing):
    found = flips(pairing)
    assert [(flip.a["row"], flip.won) for flip in found] == [
        (2, False),
        (6, False),
        (0, True),
        (8, True),
        (4, True),
        (7, True),
    ]
    assert [flip.change for flip in found] == pytest.approx([-0.4, -0.1, 0.5, 0.3, 0.2, 0.2])
    record = found[0].as_record()
    assert (record["right"], record["text"], record["a"]["named"], record["b"]["named"]) == ("a", "It.", "dog", "cat")
    assert (record["b"]["J"], record["b"]["S"]) == (0.4, None)
    grid = flips_grid(found)
    assert list(grid.rows[0])[-2:] == ["80.0", "40.0"]
    assert list(grid.rows[1])[-2:] == ["S 0.000", "S 0.100"]


def test_only_the_largest_flips_are_listed(write):
    a, b = write("a", seen=[0.9] * 11), write("b", seen=[0.1] * 11)
    found = flips(Pairing.of(a, b))
    grid = flips_grid(found)
    assert (len(found), len(grid.rows)) == (11, 8)
    assert "3 more are right in A only" in grid.notes[1]


def test_settings_in_which_they_differ(pairing):
    assert pairing.settings() == {"policy": ("simple", "fine"), "checkpoint": ("c0", "c1")}


def test_the_record_is_json_with_every_flip(pairing, paths):
    record = json.loads(json.dumps(Compared(pairing, *paths).as_record(), allow_nan=False))
    assert len(record["flipped"]) == 6
    assert record["settings"]["policy"] == ["simple", "fine"]
    seen = record["numbers"][0]
    assert (seen["measure"], seen["difference"]) == ("seen", pytest.approx(0.075))
    assert record["right"][0] == {"measure": "seen", "both": 2, "only_a": 1, "only_b": 1, "neither": 0, "p": 1}
    assert record["slices"][-1]["low"] is None  # a single clip


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({**A, "benchmark_digest": "bb"}, r"benchmark_digest is aa \(stickers\) and bb \(stickers\)"),
        ({**A, "protocol": "refavs"}, r"protocol is tgs \(stickers\) and refavs"),
        (
            {**A, "null": [0.0, 0.2, 0.3, 0.4]},
            r"9 references and .* 10; 1 are only in .*b, the first is test_nclip3_dog_9",
        ),
        ({**A, "null": [0.0, 0.2]}, r"1 are only in .*a, the first is test_nclip2_dog_8.*limit_clips"),
    ],
)
def test_what_cannot_be_paired_is_refused(write, other, message):
    with pytest.raises(DataError, match=message):
        Pairing.of(write("a", **A), write("b", **other))

"""Verdicts on claims, on evaluations whose differences are known."""

import pytest

from tgs.config.table import ClaimConfig
from tgs.report.claims import Answer, claims_grid, judge
from tgs.report.results import read_rows
from tgs.types import Measure

LOW, HIGH = [0.1, 0.2, 0.3, 0.4], [0.2, 0.3, 0.4, 0.5]  # a tenth apart on every clip


def claim(metric=Measure.seen, larger="simple", smaller="raw", **more):
    return ClaimConfig("a claim", metric, {"prompt": larger}, {"prompt": smaller}, **more)


@pytest.fixture
def rows(write):
    return read_rows(
        [
            write("raw", seen=LOW, null=[0.4, 0.6], policy="raw"),
            write("simple", seen=HIGH, null=[0.1, 0.1], policy="simple"),
            write("fine", seen=[0.5, 0.3, 0.1, 0.5], null=[0.2, 0.1], policy="fine"),
        ]
    )


def test_a_claim_holds_where_the_whole_interval_is_above_the_bound(rows):
    verdict = judge(claim(), rows)
    assert verdict.answer is Answer.holds
    assert verdict.difference == pytest.approx(0.1)
    assert verdict.interval == (pytest.approx(0.1), pytest.approx(0.1))
    assert judge(claim(by=9.9), rows).answer is Answer.holds
    assert judge(claim(by=10.1), rows).answer is Answer.fails


def test_a_claim_does_not_hold_where_none_of_it_is(rows):
    assert judge(claim(larger="raw", smaller="simple"), rows).answer is Answer.fails


def test_equal_rows_beat_each_other_by_nothing(rows, write):
    again = read_rows([write("again", seen=LOW, policy="category")])
    verdict = judge(claim(larger="category"), [*rows, *again])
    assert (verdict.answer, verdict.difference) == (Answer.fails, 0)


def test_an_interval_on_both_sides_tells_nothing(rows):
    verdict = judge(claim(larger="simple", smaller="fine"), rows)
    assert verdict.answer is Answer.open
    assert verdict.interval.low < 0 < verdict.interval.high


def test_sizes_are_compared_in_their_own_unit(rows):
    less = claim(Measure.null_s, larger="raw", smaller=["simple", "fine"], by=0.19, published=0.234)
    verdict = judge(less, rows)
    assert verdict.difference == pytest.approx(0.5 - 0.15)
    assert verdict.answer is Answer.holds  # drawn clips give 0.4 - 0.2 at the least
    assert claims_grid([verdict]).rows[0][1:3] == ["holds (more than 0.19)", "0.234"]


def test_no_smaller_row_means_the_best_of_all_others(rows):
    best = ClaimConfig("best", Measure.seen, {"prompt": "simple"}, {})
    # others: raw 0.25, fine 0.35; 0.35 - 0.35 on the clips themselves
    assert judge(best, rows).difference == pytest.approx(0)
    worst = ClaimConfig("all above raw", Measure.seen, {"prompt": ["simple", "fine"]}, {})
    assert judge(worst, rows).difference == pytest.approx(0.35 - 0.25)


def test_drops_are_compared(write):
    """raw falls 0.5 -> 0.2, simple 0.6 -> 0.5, on the same clips."""
    rows = read_rows(
        write(f"{policy}{benchmark}", seen=[value - 0.1, value + 0.1], policy=policy, benchmark=benchmark)
        for policy, benchmark, value in (
            ("raw", "stickers", 0.5), ("raw", "stickers_r2", 0.2), ("simple", "stickers", 0.6),
            ("simple", "stickers_r2", 0.5),
        )
    )  # fmt: skip
    ends = {"drop_from": {"benchmark": "stickers"}, "drop_to": {"benchmark": "stickers_r2"}}
    verdict = judge(claim(larger="raw", smaller="simple", **ends), rows)
    assert (verdict.answer, verdict.difference) == (Answer.holds, pytest.approx(0.3 - 0.1))
    loose = judge(claim(larger="raw", smaller="simple", drop_from={"benchmark": "stickers"}), rows)
    assert loose.answer is Answer.missing
    assert "more than two rows" in loose.reason


def test_kinds_narrow_a_claim(write):
    kinds = ["pair", "pair", "named", "named"]
    rows = read_rows(
        [write("f", seen=[0.9, 0.8, 0.1, 0.1], kinds=kinds, policy="fine"), write("s", seen=[0.5] * 4, kinds=kinds)]
    )
    assert judge(claim(larger="fine", smaller="simple"), rows).answer is Answer.open
    assert judge(claim(larger="fine", smaller="simple", kinds=["pair"]), rows).answer is Answer.holds


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (claim(larger="box"), "no seen of a row with prompt=box"),
        (claim(Measure.unseen), "no unseen of a row with prompt=simple"),
        (claim(kinds=["order"]), "no seen of kind order"),
        (ClaimConfig("c", Measure.seen, {"thresholds.bbox": 0.1}), "no setting 'thresholds.bbox'"),
    ],
)
def test_a_claim_about_rows_that_are_not_there_is_not_evaluated(rows, asked, reason):
    verdict = judge(asked, rows)
    assert verdict.answer is Answer.missing
    assert reason in verdict.reason
    assert claims_grid([verdict]).rows[0][1].startswith(f"not evaluated: {verdict.reason}")


def test_rows_of_different_clips_are_not_compared(rows, write):
    other = read_rows([write("val", seen=[0.1, 0.2], policy="category")])
    assert "different clips" in judge(claim(larger="category"), [*rows, *other]).reason


def test_an_answer_from_fewer_clips_says_so(write):
    rows = read_rows([write("r", seen=LOW, policy="raw", missing=1), write("s", seen=HIGH)])
    assert claims_grid([judge(claim(), rows)]).rows[0][1] == "holds PARTIAL"


def test_the_grid_shows_published_and_ours(rows):
    table = claims_grid([judge(claim(published=20.7), rows)])
    assert list(table.columns) == ["claim", "here", "published", "ours"]
    assert table.rows == [["a claim", "holds", "20.7", "10.0 [10.0, 10.0]"]]

"""Our table: cells, which columns are there, and what stands below."""

import pytest

from tgs.metrics.bootstrap import Interval
from tgs.report.results import read_rows
from tgs.report.tables import bracket, flat, main_grid, told
from tgs.types import Measure


def grid(*folders):
    return main_grid(read_rows(folders))


def column(table, name):
    return [row[table.columns.index(name)] for row in table.rows]


def test_percent_with_intervals_but_for_s(write):
    """Two clips of J&F 0.2 and 0.6: a draw gives 0.2, 0.4 or 0.6, the ends once in four draws each."""
    table = grid(write("a", seen=[0.2, 0.6], unseen=[0.5, 0.5], null=[0.0, 0.0694]))
    assert list(table.columns) == [
        "benchmark", "prompt", "Seen J&F", "Unseen J&F", "Mix J&F", "Null S", "bad", "seeds", "scored",
    ]  # fmt: skip
    assert list(table.rows[0]) == [
        "stickers", "T_s (simple)", "40.0 [20.0, 60.0]", "50.0 [50.0, 50.0]", "45.0 [35.0, 55.0]",
        "0.035 [0.000, 0.069]", "2", "1", "6",
    ]  # fmt: skip


def test_names_are_a_share_without_an_interval(write):
    table = grid(write("a", seen=[0.2, 0.6, 0.4], named=["dog", "cat", "dog"]), write("raw", seen=[0.1], policy="raw"))
    assert column(table, "named") == ["66.7", "-"]


def test_only_what_was_scored_is_a_column(write):
    alone = grid(write("a", val=[0.2, 0.4]))
    assert list(alone.columns) == ["benchmark", "prompt", "Val J&F", "bad", "seeds", "scored"]
    both = grid(write("b", seen=[0.2, 0.4]), write("c", val=[0.2, 0.4], policy="fine"))
    assert column(both, "Seen J&F") == ["30.0 [20.0, 40.0]", "-"]


def test_settings_in_which_rows_differ_become_columns(write):
    loose = {"box": 0.05, "text": 0.25, "choice": "best"}
    table = grid(write("a", seen=[0.2, 0.4]), write("b", seen=[0.2, 0.4], thresholds=loose))
    assert column(table, "thresholds.box") == ["0.1", "0.05"]
    assert "thresholds.box" not in table.notes[0]
    assert "Protocol tgs@1, scale tiny, thresholds.choice best" in table.notes[0]


def test_what_only_the_adaptive_prompt_reads_is_no_column_because_of_another_prompt(write):
    rows = [
        write(name, seen=[0.2, 0.4], policy=policy, rival_share=share)
        for name, policy, share in (("a", "simple", 0.6), ("b", "adaptive", 0.3), ("c", "adaptive", 0.4))
    ]
    assert column(grid(*rows), "prompt.rival_share") == ["-", "0.3", "0.4"]
    assert "prompt.rival_share" not in grid(*rows[:2]).columns


def quirky(write, name, quirk, choice="best", **more):
    thresholds = {"box": 0.1, "text": 0.25, "choice": choice}
    return write(name, seen=[0.2, 0.4], quirk=quirk, thresholds=thresholds, settings=name, **more)


def test_a_quirk_is_a_column_and_what_follows_from_it_is_not(write):
    table = grid(quirky(write, "a", "none"), quirky(write, "b", "first_box", "first"))
    assert column(table, "quirk") == ["none", "first_box"]
    assert "thresholds.choice" not in table.columns
    assert "thresholds.box 0.1" in table.notes[0]
    assert "thresholds.choice" not in table.notes[0]  # the rows have no one choice
    more = grid(quirky(write, "c", "none", "all"), quirky(write, "d", "none"), quirky(write, "e", "first_box", "first"))
    assert column(more, "thresholds.choice") == ["all", "best", "first"]


def test_rows_of_one_quirk_say_so_below(write):
    table = grid(quirky(write, "a", "all", "first"))
    assert "quirk" not in table.columns
    assert "thresholds.choice first, quirk all." in table.notes[0]


def test_records_that_say_nothing_of_quirks_have_none(write):
    old = write("old", seen=[0.2, 0.4], settings="old")
    none = grid(old, quirky(write, "new", "none"))
    assert "quirk" not in [*none.columns, *" ".join(none.notes).split()]
    assert column(grid(old, quirky(write, "first", "first_box", "first")), "quirk") == ["none", "first_box"]


def test_rows_that_look_alike_are_told_apart_by_their_settings(write):
    table = grid(write("a", seen=[0.2, 0.4]), write("b", seen=[0.2, 0.4], settings="fedcba9876"))
    assert column(table, "settings") == ["012345", "fedcba"]


def test_seeds_are_one_row_with_their_spread_below(write):
    table = grid(
        write("a", seen=[0.2, 0.4], null=[0.1, 0.1]), write("b", seen=[0.4, 0.8], null=[0.3, 0.3], checkpoint="c1")
    )
    assert (column(table, "Seen J&F"), column(table, "seeds"), column(table, "bad")) == (
        ["45.0 [30.0, 60.0]"],
        ["2"],
        ["4"],
    )
    assert any("mean of 2 seeds of phase 2, which give Seen J&F 30.0 to 60.0, Null S 0.100 to 0.300" in n
               for n in table.notes)  # fmt: skip


def test_checkpoints_of_different_trainings_are_no_seeds_of_each_other(write):
    table = grid(
        write("a", seen=[0.2, 0.4]),
        write("b", seen=[0.4, 0.8], checkpoint="c1", training="t1"),
        write("raw", seen=[0.1, 0.1], policy="raw", checkpoint=None, training=None),
    )
    assert (column(table, "training"), column(table, "seeds")) == (["t0", "t1", "-"], ["1", "1", "1"])


def test_a_policy_without_training_adds_no_column(write):
    raw = write("raw", seen=[0.1, 0.1], policy="raw", checkpoint=None, training=None)
    assert "training" not in grid(write("a", seen=[0.2, 0.4]), raw).columns


def test_partial_and_synthetic_rows_say_so(write):
    table = grid(write("a", seen=[0.2, 0.4], missing=3))
    assert column(table, "scored") == ["2 of 5"]
    assert any("PARTIAL" in note for note in table.notes)
    assert any("synthetic" in note for note in table.notes)
    real = grid(write("b", seen=[0.2, 0.4], benchmark="ref_avsbench"))
    assert not any("PARTIAL" in note or "synthetic" in note for note in real.notes)


def test_one_clip_shows_no_interval(write):
    assert column(grid(write("a", seen=[0.2])), "Seen J&F") == ["20.0 [?]"]


@pytest.mark.parametrize(
    ("value", "measure", "text"),
    [(0.4751, Measure.seen, "47.5"), (-0.0001, Measure.seen, "0.0"), (0.0347, Measure.null_s, "0.035"),
     (-0.0001, Measure.val_s, "0.000")],
)  # fmt: skip
def test_numbers_as_they_are_printed(value, measure, text):
    assert told(value, measure) == text
    assert bracket(Interval(value, value), measure) == f"[{text}, {text}]"


def test_nested_settings_are_named_by_dots():
    assert flat({"a": 1, "b": {"c": 2, "d": {"e": 3}, "f": None}}) == {"a": 1, "b.c": 2, "b.d.e": 3}

"""Differences from one row, paired, on evaluations whose differences are known."""

import pytest

from tgs.config.table import TableConfig
from tgs.report.differences import differences_grid
from tgs.report.page import Page
from tgs.report.provenance import Made
from tgs.report.results import read_rows

AGAINST = {"quirk": "none"}


def test_differences_are_paired_over_clips(write):
    """The second loses a tenth on every clip: 10 points, whichever clips are drawn."""
    rows = read_rows(
        [
            write("none", seen=[0.5, 0.9], unseen=[0.4, 0.4], null=[0.1, 0.3], named=["dog", "dog"], quirk="none"),
            write("first", seen=[0.4, 0.8], unseen=[0.3, 0.5], null=[0.2, 0.2], named=["dog", "cat"], quirk="first"),
        ]
    )
    table = differences_grid(rows, AGAINST)
    assert table.title == "Difference from quirk=none"
    assert list(table.columns) == [
        "benchmark", "prompt", "quirk", "Seen J&F", "Unseen J&F", "Mix J&F", "Null S", "named",
    ]  # fmt: skip
    assert table.rows == [
        [
            "stickers", "T_s (simple)", "first", "-10.0 [-10.0, -10.0]", "0.0 [-10.0, 10.0]", "-5.0 [-10.0, 0.0]",
            "0.000 [-0.100, 0.100]", "-50.0 [-100.0, 0.0]",
        ]
    ]  # fmt: skip


def test_a_row_is_held_against_the_one_of_its_own_prompt(write):
    rows = read_rows(
        write(f"{policy}{quirk}", seen=[value, value + 0.2], policy=policy, quirk=quirk)
        for policy, quirk, value in (
            ("simple", "none", 0.5), ("fine", "none", 0.2), ("simple", "first", 0.4), ("fine", "first", 0.4),
        )
    )  # fmt: skip
    table = differences_grid(rows, AGAINST)
    assert [row[1:4] for row in table.rows] == [
        ["T_s (simple)", "first", "-10.0 [-10.0, -10.0]"], ["T_f (fine)", "first", "20.0 [20.0, 20.0]"],
    ]  # fmt: skip


@pytest.mark.parametrize("base", [[0.5], []])
def test_a_row_that_cannot_be_held_against_any_is_named(write, base):
    """There is no row without a quirk, or it is of other clips."""
    folders = [write("first", seen=[0.4, 0.8], quirk="first"), write("other", seen=[0.4, 0.8], quirk="other")]
    folders += [write("none", seen=base, quirk="none")] if base else []
    table = differences_grid(read_rows(folders), AGAINST)
    assert table.rows == []
    assert [note for note in table.notes if "stickers T_s (simple) first is not held against any" in note]
    assert len(table.notes) == 3


def test_a_page_shows_them_under_its_table(write):
    folders = [write("none", seen=[0.5, 0.9], quirk="none"), write("first", seen=[0.4, 0.8], quirk="first")]
    made = Made("python -m tgs.eval +sweep=x", "2026-01-02", "abc", 60)
    text = Page.of(TableConfig(against=AGAINST), folders).markdown(made)
    assert "**Difference from quirk=none**" in text
    assert text.index("| 60.0 [40.0, 80.0] |") < text.index("| -10.0 [-10.0, -10.0] |")
    assert "Difference" not in Page.of(TableConfig(), folders).markdown(made)

"""Tables before they are printed."""

from io import StringIO

from rich.console import Console

from tgs.report.grid import Grid

GRID = Grid(["who", "empty", "x"], [["a|b", "-", "1"], ["[c]", "", "22"]], "Title", ["One.", "Two."], words=2)


def test_markdown_aligns_and_escapes():
    assert GRID.markdown().splitlines() == [
        "**Title**", "",
        "| who | empty | x |", "|---|---|---:|", r"| a\|b | - | 1 |", "| [c] |  | 22 |", "",
        "One.", "Two.",
    ]  # fmt: skip


def test_columns_that_say_nothing_are_left_out():
    kept = GRID.without_empty()
    assert (list(kept.columns), kept.rows, kept.words) == (["who", "x"], [["a|b", "1"], ["[c]", "22"]], 1)


def test_without_rows_only_words_are_left():
    bare = Grid(["who"], [], "Title", ["One."])
    assert bare.markdown() == "**Title**\n\nOne."
    assert str(bare.console()) == "Title\nOne."


def test_the_console_shows_brackets_as_they_are():
    printed = StringIO()
    Console(width=60, file=printed).print(GRID.console())
    assert "[c]" in printed.getvalue()

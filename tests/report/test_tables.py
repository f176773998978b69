"""Cells of the main table, from a summary written by hand."""

from tgs.report.tables import cells, markdown_table

NUMBERS = {
    "protocol": "tgs@1", "scored": 9, "expected": 10, "partial": True, "null_s": 0.0347,
    "seen": {"J": 0.5, "F": 0.6, "JF": 0.55}, "unseen": {"J": None, "F": None, "JF": None},
    "mix": {"J": None, "F": None, "JF": None},
}  # fmt: skip
ORIGIN = {"benchmark": "stickers", "policy": "simple", "scale": "tiny", "thresholds": {"box": 0.1}}
SUMMARY = {"numbers": NUMBERS, "origin": ORIGIN, "bad_thoughts": 2}


def test_percent_but_for_s_and_dashes_for_what_was_not_scored():
    assert cells(SUMMARY) == ["stickers", "T_s (simple)", "50.0", "60.0", "55.0", "-", "-", "0.035", "2", "9 of 10"]


def test_markdown_says_where_the_numbers_come_from_and_what_is_partial():
    text = markdown_table([SUMMARY, SUMMARY])
    assert text.count("| stickers |") == 2
    assert "protocol tgs@1, scale tiny, box > 0.1" in text
    assert "PARTIAL" in text
    assert "synthetic" in text

"""Names in place of others, counted by hand."""

from tgs.report.confusion import SHOWN, UNREADABLE, Confusion, confusion_grid, confusions
from tgs.types import Split


def record(category, said, split="test_s", status="ok"):
    thought = {"status": status, "simple": said, "is_null": said == "null"}
    return {"split": split, "category": category, "thought": thought}


RECORDS = [
    *[record("dog", "cat")] * 2, record("dog", "Dog"), record("cat", "null"), record("car", "cat"),
    record("dog", None, status="cut"), record("null", "dog", "test_n"), record("null", "null", "test_n"),
    record("dog", "car", "val"), {"split": "test_s", "category": "dog", "thought": None},
]  # fmt: skip


def test_the_most_frequent_come_first_split_by_split():
    s, n = Split.test_s, Split.test_n
    assert confusions(RECORDS) == [
        Confusion(Split.val, "dog", "car", 1, 1),
        Confusion(s, "dog", "cat", 2, 4),
        Confusion(s, "car", "cat", 1, 1),
        Confusion(s, "cat", "null", 1, 1),
        Confusion(s, "dog", UNREADABLE, 1, 4),
        Confusion(n, "null", "dog", 1, 2),
    ]


def test_rare_ones_are_only_counted():
    found = [Confusion(Split.test_s, "dog", f"{i}", 2, 40) for i in range(SHOWN + 3)]
    grid = confusion_grid([*found, Confusion(Split.test_n, "null", "dog", 1, 2)])
    assert len(grid.rows) == SHOWN + 1
    assert list(grid.notes) == ["test_s: 3 rarer ones, 6 references."]
    assert list(grid.rows[-1]) == ["test_n", "null", "dog", "1", "2"]

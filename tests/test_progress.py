"""Lines of a log: when they come, and what time they say is left."""

import logging

from tgs import progress
from tgs.progress import Lines, shown


def test_a_line_now_and_then_with_the_time_left(monkeypatch, caplog):
    at = iter([0, 10, 20, 30, 40, 100, 104, 116])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(at))
    caplog.set_level(logging.INFO, logger="tgs")
    lines = Lines(every_s=15)
    for done in (1, 2, 3, 4, 5):
        lines("sounds", done, 9)
    for done in (1, 2, 5):
        lines("clips", done, 20)
    assert [record.message for record in caplog.records] == [
        "sounds 3/9, 1.0 min left",  # 2 in 20 s, 6 to come
        "sounds 5/9, 0.7 min left",  # 4 in 40 s, 4 to come
        "clips 5/20, 1.0 min left",  # 4 in 16 s, 15 to come
    ]


def test_no_bar_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: False)
    with shown() as told:
        assert isinstance(told, Lines)
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    with shown() as told:
        assert not isinstance(told, Lines)

"""Which code and which versions a table comes from."""

from tgs.report.provenance import Made, duration, versions
from tgs.report.results import read


def test_how_a_table_came_about():
    assert Made("tgs", "2026-01-02", "abc", 554.4).sentence() == "`tgs` (2026-01-02, commit abc, 9 min 14 s)."
    assert Made("tgs", "2026-01-02", None, None).sentence().endswith("not from a git checkout, rebuilt from records).")
    assert duration(59.4) == "59 s"


def test_every_version_is_named_once(write):
    folders = [write("a", seen=[0.1]), write("b", seen=[0.1], checkpoint="c1"),
               write("raw", seen=[0.1], policy="raw", checkpoint=None, benchmark_version=None)]  # fmt: skip
    assert versions([read(folder) for folder in folders]) == [
        "Benchmarks: stickers (csv aa), stickers 0.2 (csv aa).", "Protocol: tgs@1.", "Scale: tiny.",
        "Shipped weights: zz.", "Phase 2: c0, c1.", "tgs: 0.1.0.",
    ]  # fmt: skip
